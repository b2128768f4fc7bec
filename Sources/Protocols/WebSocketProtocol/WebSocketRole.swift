/// Which end of the connection this is. A client masks every frame that it sends and refuses masked
/// ones; a server does the opposite (RFC 6455, section 5.1).
package enum WebSocketRole: Sendable {
  case client
  case server
}
