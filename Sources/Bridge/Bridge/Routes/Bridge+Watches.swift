import BridgeModel
import HTTPServer
import JSON
import Storage
import Transport

/// `/api/v1/watches`: what is followed at the mints. A quote's id comes in by `POST` and never goes
/// out again; the random handle stands for it.
extension Bridge {
  /// Of one mint, those that are over among them: more than a mint can be asked about in good time.
  static let maximumWatches = 1000
  /// 128 bits: nobody guesses another's.
  private static let handleBytes = 16
  private static let maximumIDBytes = 256

  private struct Order {
    var mint: String?
    var kind: String
    var id: String

    /// Nil where the body is something else.
    init?(_ body: [UInt8]) {
      guard let root = JSONDocument(body)?.root, let kind = root["kind"]?.string,
        let id = root["id"]?.string
      else { return nil }
      if let mint = root["mint"] {
        guard let name = mint.string else { return nil }
        self.mint = name
      }
      self.kind = kind
      self.id = id
    }
  }

  /// What a request may not have: the answer to it.
  private struct Refusal: Error {
    var response: HTTPResponse

    init(_ response: HTTPResponse) { self.response = response }

    init(_ name: String, _ allowed: String) {
      response = .problem(400, "Bad Request", "The field \(name) must be \(allowed).")
    }
  }

  // MARK: Reading

  func watches(_ request: HTTPRequest) async -> HTTPResponse {
    let name = request.query["mint"]
    let mints = mints.filter { name == nil || $0.name == name }
    guard name == nil || !mints.isEmpty else { return .unknownSource("mint") }
    do throws(StorageError) {
      var rows: [(record: WatchRecord, mint: String)] = []
      for mint in mints {
        for record in try await watches(of: mint) { rows.append((record, mint.name)) }
      }
      return .json(
        JSONWriter.document { json in
          json.object { json in
            json.field("watches") { json in
              json.array(rows) { $0.watch($1.record, mint: $1.mint) }
            }
          }
        })
    } catch {
      return .storageProblem(error)
    }
  }

  func watch(_ handle: String) async -> HTTPResponse {
    do throws(StorageError) {
      for mint in mints {
        if let record = try await watches(of: mint).first(where: { $0.handle.text == handle }) {
          return .json(JSONWriter.document { $0.watch(record, mint: mint.name) })
        }
      }
      return Self.unknownWatch
    } catch {
      return .storageProblem(error)
    }
  }

  // MARK: Coming and going

  /// Begins to watch. Who asks for the same once more gets the watch that there is.
  func openWatch(_ request: HTTPRequest) async -> HTTPResponse {
    do throws(Refusal) {
      let (mint, kind, secret) = try order(request)
      let (record, isNew) = try await openWatch(kind, secret, at: mint)
      var response = HTTPResponse.json(
        JSONWriter.document { $0.watch(record, mint: mint.name) }, status: isNew ? 201 : 200)
      response.headers.append(
        name: "Location",
        value: "\(configuration.server.basePath)/api/v1/watches/\(record.handle.text)")
      return response
    } catch {
      return error.response
    }
  }

  /// Written down first, then followed.
  private func openWatch(
    _ kind: WatchKind, _ secret: WatchSecret, at mint: Mint
  ) async throws(Refusal) -> (record: WatchRecord, isNew: Bool) {
    let record = WatchRecord(
      handle: WatchHandle("w_" + Cryptography.randomBytes(Self.handleBytes).hexadecimal),
      kind: kind, secret: secret)
    switch try await add(record, of: mint.origin) {
    case .added:
      mint.driver.feed(.watch([record]))
      return (record, true)
    case .present(let twin):
      guard twin.kind == kind else {
        throw Refusal(
          .problem(409, "Conflict", "This id is watched already, as \(twin.kind.rawValue)."))
      }
      return (twin, false)
    case .tooMany:
      throw Refusal(
        .problem(
          409, "Conflict",
          "\(mint.name) has \(Self.maximumWatches) watches; DELETE those that are over."))
    }
  }

  private func add(
    _ record: WatchRecord, of origin: String
  ) async throws(Refusal) -> AddedWatch {
    do throws(StorageError) {
      guard let storage else { throw StorageError(.closed, path: configuration.storage.path) }
      return try await storage.addWatch(record, of: origin, limit: Self.maximumWatches)
    } catch {
      throw Refusal(.storageProblem(error))
    }
  }

  func closeWatch(_ handle: String) async -> HTTPResponse {
    do throws(StorageError) {
      guard try await forgetWatch(handle) else { return Self.unknownWatch }
      return HTTPResponse(status: 204, headers: ["Cache-Control": "no-store"])
    } catch {
      return .storageProblem(error)
    }
  }

  /// - Returns: Whether there was one.
  private func forgetWatch(_ handle: String) async throws(StorageError) -> Bool {
    let handle = WatchHandle(handle)
    guard let origin = try await storage?.deleteWatch(handle) else { return false }
    for mint in mints where mint.origin == origin { mint.driver.feed(.unwatch(handle)) }
    return true
  }

  // MARK: From within the process

  /// What `POST /api/v1/watches` does.
  ///
  /// - Parameter mint: its name in the configuration.
  /// - Returns: the handle; nil where it was refused.
  package func watchMintQuote(_ id: String, at mint: String) async -> String? {
    guard let mint = mints.first(where: { $0.name == mint }) else { return nil }
    return try? await openWatch(.bolt11MintQuote, WatchSecret(id), at: mint).record.handle.text
  }

  /// What `DELETE /api/v1/watches/{handle}` does.
  package func stopWatching(_ handle: String) async {
    _ = try? await forgetWatch(handle)
  }

  // MARK: Orders

  private func order(
    _ request: HTTPRequest
  ) throws(Refusal) -> (Mint, WatchKind, WatchSecret) {
    guard let order = Order(request.body) else {
      throw Refusal(
        .problem(
          400, "Bad Request", #"The body must be {"mint": "...", "kind": "...", "id": "..."}."#))
    }
    guard let mint = mints.first(where: { order.mint == nil || $0.name == order.mint }) else {
      throw Refusal(.unknownSource("mint"))
    }
    guard let kind = WatchKind(rawValue: order.kind) else {
      throw Refusal(
        "kind", "one of \(WatchKind.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    guard let secret = Self.secret(order.id, kind) else {
      throw Refusal(
        "id",
        kind == .proofState
          ? "the proof's Y: 66 hexadecimal digits that begin with 02 or 03"
          : "the quote's id: 1 to \(Self.maximumIDBytes) characters without blanks")
    }
    return (mint, kind, secret)
  }

  /// Nil for what no mint would know.
  private static func secret(_ text: String, _ kind: WatchKind) -> WatchSecret? {
    guard kind == .proofState else {
      let isID =
        (1...maximumIDBytes).contains(text.utf8.count)
        && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
      return isID ? WatchSecret(text) : nil
    }
    // A compressed point of secp256k1; mints spell it in lower case (NUT-07).
    let point = text.lowercased()
    let isPoint =
      point.utf8.count == 66 && (point.hasPrefix("02") || point.hasPrefix("03"))
      && point.utf8.allSatisfy {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
          || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
      }
    return isPoint ? WatchSecret(point) : nil
  }

  // MARK: Mints

  private struct Mint {
    var name: String
    /// Under which the store keeps its watches.
    var origin: String
    var driver: SourceDriver
  }

  private var mints: [Mint] {
    entries.compactMap { entry in
      entry.watchOrigin.map { Mint(name: entry.name, origin: $0, driver: entry.driver) }
    }
  }

  private func watches(of mint: Mint) async throws(StorageError) -> [WatchRecord] {
    try await storage?.watches(of: mint.origin) ?? []
  }

  /// How many watches each mint has in each state, for `GET /metrics`; none where the store cannot
  /// be read.
  func watchCounts() async -> [(mint: String, states: [WatchState: Int])] {
    var counts: [(mint: String, states: [WatchState: Int])] = []
    for mint in mints {
      let records = (try? await watches(of: mint)) ?? []
      counts.append((mint.name, records.reduce(into: [:]) { $0[$1.state, default: 0] += 1 }))
    }
    return counts
  }

  private static let unknownWatch = HTTPResponse.problem(
    404, "Not Found", "There is no watch of this handle; GET /api/v1/watches lists them.")
}
