import Bridge
import EventLoop
import HTTPClientProtocol
import ServerSentEvents
import Transport

/// Follows a bridge's event stream for good: after a loss it waits as long as the server asked, and
/// goes on behind the last event (WHATWG HTML §9.2).
actor WatchConnection {
  enum Notice: Sendable {
    case event(EventStreamDecoder.Event)
    case opened
    /// It tries again by itself. The words are for people.
    case lost(String)
    /// The bridge will not let us in; there is no other attempt.
    case refused(String)
  }

  /// Bounds of the head and of one chunk; the stream itself has no end.
  private static let limits = HTTPResponseLimits(maximumBodyBytes: 16 * 1024 * 1024)
  /// Until the server says otherwise.
  private static let defaultRetry = Duration.seconds(2)
  /// Several heartbeats of a bridge as it comes; a needless attempt costs nothing, for it resumes.
  private static let maximumSilence = Duration.seconds(90)

  private nonisolated let loop: EventLoop
  private let url: UpstreamURL
  private let options: ConnectionOptions
  private let token: Secret?
  private let onNotice: @Sendable (Notice) -> Void

  private var connection: Connection?
  private var response = HTTPResponseStream(limits: limits)
  private var decoder = EventStreamDecoder()
  private var retry = defaultRetry
  private var silence: TimerID?
  private var isOver = false

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  /// - Parameters:
  ///   - url: the bridge's, with its base path.
  ///   - onNotice: called on the loop, which waits meanwhile: a slow reader slows the stream down.
  /// - Throws: when the system's certificate authorities cannot be used.
  init(
    to url: UpstreamURL, token: Secret?, on loop: EventLoop,
    onNotice: @escaping @Sendable (Notice) -> Void
  ) throws(TransportError) {
    self.url = url
    self.token = token
    self.loop = loop
    self.onNotice = onNotice
    options = ConnectionOptions(tls: url.scheme == .https ? try TLSContext() : nil)
  }

  /// Begins. It lives until the process ends.
  nonisolated func start() {
    loop.execute { self.assumeIsolated { $0.connect() } }
  }

  private func connect() {
    response = HTTPResponseStream(limits: Self.limits)
    decoder = EventStreamDecoder(lastEventID: decoder.lastEventID)
    let fresh = Connection(
      to: Endpoint(host: url.host, port: url.port), options: options, on: loop)
    connection = fresh
    fresh.open { event in self.assumeIsolated { $0.take(event, from: fresh) } }
  }

  private func take(_ event: ConnectionEvent, from source: Connection) {
    // One that was given up has nothing more to say.
    guard source === connection else { return }
    switch event {
    case .completed: break
    case .opened:
      listenForSilence()
      request(on: source)
    case .received(let bytes):
      listenForSilence()
      receive(bytes)
    case .closed(let error): lose(error?.description ?? "the connection was closed")
    }
  }

  private func request(on connection: Connection) {
    var headers: HTTPHeaders = [
      "Accept": "text/event-stream", "Cache-Control": "no-store", "User-Agent": "walletwire",
    ]
    if let token { headers.append(name: "Authorization", value: "Bearer \(token.revealed)") }
    if !decoder.lastEventID.isEmpty {
      headers.append(name: "Last-Event-ID", value: decoder.lastEventID)
    }
    do throws(HTTPRequestError) {
      let request = try HTTPClientRequest(
        target: url.prefix + "/api/v1/events", host: url.hostField, headers: headers)
      connection.send(request.encoded())
    } catch {
      refuse("the request cannot be written (\(error)): check the URL and the token")
    }
  }

  private func receive(_ bytes: [UInt8]) {
    do {
      for item in try response.receive(bytes) {
        switch item {
        case .head(let status, _): try judge(status)
        case .content(let content): try decode(content)
        case .end: return lose("the bridge ended the stream")
        }
        // A refusal ends everything.
        if isOver { return }
      }
    } catch {
      lose("\(error)")
    }
  }

  private func judge(_ status: Int) throws(BadStatus) {
    switch status {
    case 200: onNotice(.opened)
    case 401 where token != nil:
      refuse(
        "the access token that was sent is wrong: see --token-file, or $WALLETWIRE_ACCESS_TOKEN")
    case 401:
      refuse("the bridge wants its access token: --token-file FILE, or $WALLETWIRE_ACCESS_TOKEN")
    case 403, 421: refuse("the bridge refuses us (HTTP \(status)): see allowed_hosts")
    default: throw BadStatus(status: status)
    }
  }

  private func decode(_ content: [UInt8]) throws(EventStreamError) {
    let items = try decoder.receive(content)
    if let milliseconds = decoder.retryMilliseconds { retry = .milliseconds(milliseconds) }
    for case .event(let event) in items { onNotice(.event(event)) }
  }

  // MARK: Losses

  private func listenForSilence() {
    if let silence { loop.cancel(silence) }
    silence = loop.schedule(after: Self.maximumSilence) {
      self.assumeIsolated { $0.lose("nothing was heard for \(Self.maximumSilence)") }
    }
  }

  private func lose(_ reason: String) {
    giveUp()
    guard !isOver else { return }
    onNotice(.lost(reason))
    _ = loop.schedule(after: retry) { self.assumeIsolated { $0.connect() } }
  }

  private func refuse(_ reason: String) {
    isOver = true
    giveUp()
    onNotice(.refused(reason))
  }

  private func giveUp() {
    if let silence { loop.cancel(silence) }
    silence = nil
    connection?.abort()
    connection = nil
  }
}

/// What answers is no event stream.
private struct BadStatus: Error, CustomStringConvertible {
  let status: Int

  var description: String { "HTTP \(status) instead of the event stream: check the URL's path" }
}
