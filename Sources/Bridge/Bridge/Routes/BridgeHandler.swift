import HTTPServer

/// Between the server and the bridge: requests go to the bridge, streams to the hub. All on one
/// loop.
struct BridgeHandler: HTTPHandler {
  unowned let bridge: Bridge
  let hub: EventHub

  func respond(to request: HTTPRequest) -> HTTPReply {
    bridge.respond(to: request)
  }

  func fill(_ stream: StreamID, into buffer: StreamBuffer) -> StreamFill {
    hub.fill(stream, into: buffer)
  }

  func streamClosed(_ stream: StreamID) {
    hub.unsubscribe(stream)
    bridge.subscriberLeft(stream)
  }

  func refusedTLS(from client: HTTPEndpoint) {
    bridge.refusedTLS(from: client)
  }
}
