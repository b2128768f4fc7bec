import Glibc

/// Why a server could not start.
package enum HTTPServerError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Another process listens there (EADDRINUSE).
  case addressInUse(String)
  /// The process may not listen there (EACCES), as with ports below 1024.
  case permissionDenied(String)
  /// The address is not one of this machine's (EADDRNOTAVAIL).
  case addressNotAvailable(String)
  /// The name has no address; `reason` is the resolver's.
  case unresolvable(host: String, reason: String)
  /// Any other refusal of the operating system, with its `errno`.
  case system(operation: String, errno: CInt)
  /// The event loop refuses to watch the server; `reason` is the loop's.
  case loop(reason: String)
  /// `start` was called before.
  case alreadyStarted

  package var description: String {
    switch self {
    case .addressInUse(let address):
      "\(address) is in use: stop the program that listens there, or choose another port"
    case .permissionDenied(let address):
      "no permission to listen on \(address): choose a port above 1023"
    case .addressNotAvailable(let address):
      "\(address) is not an address of this machine"
    case .unresolvable(let host, let reason):
      "the listen address \(host) can't be resolved: \(reason)"
    case .system(let operation, let code):
      "\(operation) failed: \(String(cString: strerror(code)))"
    case .loop(let reason):
      "the event loop can't take the server: \(reason)"
    case .alreadyStarted:
      "the server was started before; make a new one"
    }
  }

  init(operation: String, address: String, errno code: CInt) {
    switch code {
    case EADDRINUSE: self = .addressInUse(address)
    case EACCES, EPERM: self = .permissionDenied(address)
    case EADDRNOTAVAIL: self = .addressNotAvailable(address)
    default: self = .system(operation: "\(operation) \(address)", errno: code)
    }
  }
}
