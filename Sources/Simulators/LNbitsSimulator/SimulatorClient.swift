import EventLoop
import Transport
import WebSocketProtocol

/// One connection to the simulated server, and what it has become. Belongs to the server's loop, as
/// the server that owns it does.
final class SimulatorClient {
  enum Mode {
    /// Requests one after another. While an answer is held back the next waits.
    case requests(HTTPRequestReader, isAnswering: Bool)
    case webSocket(itemID: String, WebSocketConnection)
    /// Nothing is read or said any more.
    case silent
  }

  let connection: Connection
  var address = ""
  var mode = Mode.requests(HTTPRequestReader(), isAnswering: false)
  /// The next ping, or the deadline of the pong to the last one.
  var heartbeat: TimerID?
  var awaitsPong = false
  /// The end of our patience with a peer that does not answer our Close frame.
  var closingDeadline: TimerID?

  init(_ connection: Connection) {
    self.connection = connection
  }

  var isWebSocket: Bool {
    if case .webSocket = mode { true } else { false }
  }

  /// The item that it listens for, while its WebSocket is open.
  var openItemID: String? {
    guard case .webSocket(let itemID, let webSocket) = mode, webSocket.state == .open else {
      return nil
    }
    return itemID
  }

  /// Works on the WebSocket and sends what that leaves to send. Nil when there is no WebSocket.
  func withWebSocket<Result>(_ work: (inout WebSocketConnection) -> Result) -> Result? {
    guard case .webSocket(let itemID, var webSocket) = mode else { return nil }
    // Taken out meanwhile, so that its buffers have one owner and are not copied.
    mode = .silent
    let result = work(&webSocket)
    let output = webSocket.takeOutput()
    mode = .webSocket(itemID: itemID, webSocket)
    if !output.isEmpty { connection.send(output) }
    return result
  }
}
