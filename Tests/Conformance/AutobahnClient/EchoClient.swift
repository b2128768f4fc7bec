import EventLoop
import Transport

/// Carries out one `EchoSession` on a socket.
actor EchoClient {
  /// The suite itself gives up on a case after 100 s at most.
  private static let deadline: Duration = .seconds(120)
  /// The server may be slow to read the echo of its largest messages, which have 16 MiB.
  private static let maximumOutgoingBytes = 64 * 1024 * 1024

  private nonisolated let loop: EventLoop
  private let connection: Connection
  private var session: EchoSession
  private var whenDone: CheckedContinuation<String?, any Error>?

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  init(_ session: EchoSession, to endpoint: Endpoint, on loop: EventLoop) {
    self.session = session
    self.loop = loop
    var options = ConnectionOptions()
    options.maximumOutgoingBytes = Self.maximumOutgoingBytes
    connection = Connection(to: endpoint, options: options, on: loop)
  }

  /// Returns the first text that the server sent. Throws `AutobahnFailure` when there was no
  /// WebSocket.
  func run() async throws -> String? {
    let timer = loop.schedule(after: Self.deadline) { [self] in
      assumeIsolated { $0.finish(AutobahnFailure("not done within \(Self.deadline)")) }
    }
    defer { loop.cancel(timer) }
    return try await withCheckedThrowingContinuation { continuation in
      whenDone = continuation
      connection.open { [self] event in assumeIsolated { $0.handle(event) } }
    }
  }

  private func handle(_ event: ConnectionEvent) {
    switch event {
    case .completed:
      return
    case .opened:
      break
    case .received(let bytes):
      session.receive(bytes)
    case .closed(let error):
      session.receiveEOF()
      let cause = error.map { ": \($0)" } ?? ""
      return finish(session.failure.map { AutobahnFailure($0.description + cause) })
    }
    connection.send(session.takeOutput())
    if session.isFinished { connection.close() }
  }

  private func finish(_ failure: AutobahnFailure?) {
    guard let whenDone else { return }
    self.whenDone = nil
    connection.abort()
    if let failure {
      whenDone.resume(throwing: failure)
    } else {
      whenDone.resume(returning: session.firstText)
    }
  }
}
