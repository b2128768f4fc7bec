import EventLoop
import HTTPClientProtocol
import Transport

/// A connection that carries one HTTP exchange after the other.
///
/// On the loop. While an exchange is under way its events go there; between exchanges anything that
/// comes in, the end included, makes the channel unfit for another.
actor HTTPChannel {
  private nonisolated let loop: EventLoop
  private let connection: Connection
  private var onEvent: (@Sendable (ConnectionEvent) -> Void)?
  private var isFit = true

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  init(loop: EventLoop, route: UpstreamRoute, timeout: Duration) {
    self.loop = loop
    connection = Connection(to: route.endpoint, options: route.options(timeout: timeout), on: loop)
  }

  /// Whether another exchange may begin.
  nonisolated var isOpen: Bool { assumeIsolated { $0.isFit } }

  /// Connects; `opened` or `closed` follows.
  nonisolated func open(_ onEvent: @escaping @Sendable (ConnectionEvent) -> Void) {
    assumeIsolated { channel in
      channel.onEvent = onEvent
      channel.connection.open { event in channel.assumeIsolated { $0.take(event) } }
    }
  }

  /// Takes another exchange's events.
  nonisolated func reuse(_ onEvent: @escaping @Sendable (ConnectionEvent) -> Void) {
    assumeIsolated { $0.onEvent = onEvent }
  }

  /// No exchange is under way any more.
  nonisolated func rest() {
    assumeIsolated { $0.onEvent = nil }
  }

  nonisolated func send(_ bytes: [UInt8]) {
    assumeIsolated { $0.connection.send(bytes) }
  }

  nonisolated func close() {
    assumeIsolated { channel in
      channel.isFit = false
      channel.onEvent = nil
      channel.connection.close()
    }
  }

  private func take(_ event: ConnectionEvent) {
    if case .closed = event { isFit = false }
    if let onEvent {
      onEvent(event)
    } else if isFit {
      isFit = false
      connection.abort()
    }
  }
}
