import BridgeModel
import EventLoop
import SQLiteStorage
import Storage
import StorageTesting
import Glibc
import JSON
import Logging
import TestSupport
import Testing

@testable import Bridge
@testable import HTTPServer

/// Whatever an older bridge, a broken upstream or a stray hand has left in the store: a request for
/// it is answered.
@Suite("Stored extremes")
struct StoredExtremesTests {
  private static let amounts: [Int64] = [
    .min, .min + 1, -2_100_000_000_000_000_000, -1, 0, 1, 1000, 2_100_000_000_000_000_000, .max,
  ]
  private static let times: [Int64] = [
    .min, -62_167_219_200_001, -1, 0, 1_795_225_293_120, 253_402_300_800_000, .max,
  ]
  private static let texts = [
    "", "\0", "\u{301}", "\u{301}\u{301}=1+1", "=cmd|' /C calc'!A0", "a\r\n\"b\";\tc", "\u{202E}⚡",
    "\u{2028}", "\u{FFFF}\u{FEFF}", "👨‍👩‍👧", String(repeating: "ß", count: 300_000),
    "a" + String(repeating: "\u{301}", count: 100_000),
  ]
  private static let key = Secret("0123456789abcdef0123456789abcdef")

  /// At most: a thousand payments with texts of a few kB each.
  private static let maximumBodyBytes = 16 << 20

  @Test("No stored row ends the bridge, whatever is asked", arguments: 1...6 as ClosedRange<UInt64>)
  func everyEndpoint(seed: UInt64) async throws {
    var random = SeededGenerator(seed: seed)
    let configuration = try Self.configuration(seed)
    defer { Self.removeStore(configuration.storage.path) }
    let handle = try Self.fillStore(configuration, using: &random)
    let loop = try EventLoop(name: "extremes")
    let bridge = Bridge(
      configuration: configuration, loop: loop, version: "0",
      log: Logger(label: "extremes") { _ in SwiftLogNoOpLogHandler() })
    _ = try await bridge.start()
    // The wallet's book is read while the bridge serves already.
    for _ in 0..<500 where try await Self.get("/api/v1/balance", from: bridge).status != 200 {
      try await Task.sleep(for: .milliseconds(10))
    }
    for path in Self.paths(handle) {
      let response = try await Self.get(path, from: bridge)
      #expect(response.status == 200, "\(path): \(response.status)")
      #expect(response.body.count < Self.maximumBodyBytes, "\(path)")
      if response.headers["Content-Type"]?.hasPrefix("application/json") == true {
        #expect(JSONDocument(response.body) != nil, "\(path)")
      }
    }
    let snapshot = await bridge.snapshot()
    #expect(JSONDocument(snapshot)?.root["balances"]?.elements?.count == 1)
    await bridge.stop()
    await loop.shutDown()
  }

  private static func paths(_ handle: String) -> [String] {
    [
      "balance", "balance?wallet=main", "balances", "status", "watches", "watches/\(handle)",
      "payments?limit=1000", "payments?status=pending&direction=outgoing", "payments?q=%3D",
      "payments?q=%00", "payments/p1", "payments.csv", "history", "history?group=hour",
      "history?group=day&since=1970-01-01", "history?group=month", "config",
    ]
    .map { "/api/v1/" + $0 } + ["/metrics", "/healthz"]
  }

  private static func get(_ path: String, from bridge: Bridge) async throws -> HTTPResponse {
    let endpoint = HTTPEndpoint(host: "127.0.0.1", port: 2121)
    let request = try HTTPRequest(
      method: "GET", target: path, headers: ["Host": "127.0.0.1:2121"], remoteAddress: endpoint,
      localAddress: endpoint)
    return await bridge.answer(to: request)
  }

  // MARK: The store

  private static func configuration(_ seed: UInt64) throws -> Configuration {
    var configuration = Configuration()
    configuration.storage.path = "/tmp/walletwire-extremes-\(getpid())-\(seed)/walletwire.db"
    configuration.server.listen = ListenAddress(host: "127.0.0.1", port: 0)
    var upstream = UpstreamSettings()
    // Nobody answers there; a source that tries has to live with what it loads as well.
    upstream.isEnabled = seed.isMultiple(of: 2)
    let url = try #require(UpstreamURL("http://127.0.0.1:9"))
    configuration.wallets = [
      WalletSettings(name: "main", url: url, invoiceKey: key, upstream: upstream)
    ]
    configuration.mints = [MintSettings(name: "mint", url: url, upstream: upstream)]
    return configuration
  }

  /// - Returns: the handle of a watch.
  private static func fillStore(
    _ configuration: Configuration, using random: inout SeededGenerator
  ) throws -> String {
    let url = configuration.wallets[0].url
    let workers = StorageWorkers(
      write: { $0() }, readLog: { $0() }, work: { $0() }, deliver: { $0() })
    let store = PromptStorage(
      try SQLiteStorage(
        path: configuration.storage.path, keepEvents: 10, using: &random, workers: workers))
    defer { store.close() }
    let identity = BookIdentity(
      origin: url.description, keyFingerprint: Bridge.fingerprint(key, at: url), walletID: "w")
    for _ in 0..<4 {
      let book = BookRecord(
        identity: identity, opening: amount(&random), effects: amount(&random),
        unexplained: amount(&random),
        balance: Balance(
          amount: amount(&random), confirmedAt: time(&random), changedAt: time(&random)),
        importedAt: time(&random))
      let payments = (0..<50).map { payment("p\($0)", &random) }
      try store.append(LogEntry(commit: Commit(book: book, payments: payments), events: []))
    }
    for kind in WatchKind.allCases {
      var watch = WatchRecord(
        handle: WatchHandle("w_\(kind.rawValue)"), kind: kind, secret: WatchSecret(kind.rawValue))
      watch.state = kind.firstState
      watch.amount = amount(&random).value
      watch.unit = text(&random)
      watch.expiry = time(&random)
      watch.observedAt = time(&random)
      try store.addWatch(watch, of: url.description)
    }
    return "w_\(WatchKind.proofState.rawValue)"
  }

  private static func payment(_ id: String, _ random: inout SeededGenerator) -> Payment {
    Payment(
      paymentID: id, paymentHash: text(&random).prefix(100).description,
      direction: [.incoming, .outgoing].randomElement(using: &random) ?? .incoming,
      status: [.pending, .settled, .failed].randomElement(using: &random) ?? .settled,
      amount: amount(&random), fee: amount(&random), memo: text(&random),
      extra: PaymentExtra(
        tag: text(&random), comment: text(&random),
        fiatAmount: [-.infinity, .infinity, .nan, -0.0, 1e300].randomElement(using: &random),
        fiatCurrency: text(&random)),
      createdAt: time(&random), settledAt: time(&random), observedAt: time(&random), isLate: true)
  }

  private static func amount(_ random: inout SeededGenerator) -> Millisatoshi {
    Millisatoshi(amounts.randomElement(using: &random) ?? 0)
  }

  private static func time(_ random: inout SeededGenerator) -> Timestamp {
    Timestamp(milliseconds: times.randomElement(using: &random) ?? 0)
  }

  private static func text(_ random: inout SeededGenerator) -> String {
    texts.randomElement(using: &random) ?? ""
  }

  private static func removeStore(_ path: String) {
    for suffix in ["", "-wal", "-shm", ".lock", "-lock"] { unlink(path + suffix) }
    rmdir(String(path.dropLast("/walletwire.db".count)))
  }
}

extension Bridge {
  func answer(to request: HTTPRequest) async -> HTTPResponse {
    switch respond(to: request) {
    case .response(let response): response
    case .later(let work):
      await withCheckedContinuation { continuation in
        work { continuation.resume(returning: $0) }
      }
    case .stream: HTTPResponse(status: 500)
    }
  }
}
