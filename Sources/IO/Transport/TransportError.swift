import EventLoop
import Glibc

/// Why there is no connection, or no longer one. The description is for people and names a remedy.
package enum TransportError: Error, Hashable, Sendable {
  /// The name has no address.
  case nameNotFound(host: String)
  /// The resolver gave no answer; the reason is its own words.
  case nameLookupFailed(host: String, reason: String)
  /// A name of Tor's, which no resolver may be asked for (RFC 7686, section 2).
  case onionWithoutProxy(host: String)
  /// Nobody listens at that address.
  case refused(address: String)
  /// No way to that address; the reason is the kernel's words.
  case unreachable(address: String, reason: String)
  case timedOut(ConnectStep, after: Duration)
  case tls(TLSFailure)
  /// The SOCKS proxy answered with a refusal, or with something that is not SOCKS5.
  case proxy(reason: String)
  /// The other side ended the connection in good order.
  case closedByPeer
  /// The other side vanished without TLS's farewell: what was being received may be incomplete.
  case truncated
  case reset
  /// More was sent than the other side read. The limit is in bytes.
  case outgoingBufferFull(limit: Int)
  /// A system call failed for a reason of this machine, such as a lack of descriptors.
  case system(call: String, code: CInt)

  /// What kind of trouble it is, for states, metrics and decisions.
  package enum Category: String, Sendable, CaseIterable {
    case nameResolution = "name_resolution"
    case refused, unreachable
    case timedOut = "timed_out"
    case tls, proxy
    case closedByPeer = "closed_by_peer"
    case reset
    case bufferOverflow = "buffer_overflow"
    case system
  }

  package var category: Category {
    switch self {
    case .nameNotFound, .nameLookupFailed, .onionWithoutProxy: .nameResolution
    case .refused: .refused
    case .unreachable: .unreachable
    case .timedOut: .timedOut
    case .tls: .tls
    case .proxy: .proxy
    case .closedByPeer, .truncated: .closedByPeer
    case .reset: .reset
    case .outgoingBufferFull: .bufferOverflow
    case .system: .system
    }
  }
}

extension TransportError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .nameNotFound(let host) where Endpoint.isLocal(host),
      .nameLookupFailed(let host, _) where Endpoint.isLocal(host):
      "no address found for \(host), a name of mDNS: install avahi-daemon and libnss-mdns on this "
        + "machine, or use the server's IP address"
    case .onionWithoutProxy(let host):
      "\(host) can be reached through Tor only: set proxy to Tor's address, such as "
        + "socks5h://127.0.0.1:9050"
    case .nameNotFound(let host):
      "no address found for \(host): check the spelling of the name and this machine's DNS"
    case .nameLookupFailed(let host, let reason):
      "looking up \(host) failed (\(reason)): check this machine's DNS and network"
    case .refused(let address):
      "\(address) refused the connection: check that the server runs and listens on that port"
    case .unreachable(let address, let reason):
      "\(address) cannot be reached (\(reason)): check the address, the network and the firewall"
    case .timedOut(.tls, let limit):
      "\(ConnectStep.tls.words) took longer than \(limit): the server is not answering, "
        + "or the port speaks no TLS (then try http://)"
    case .timedOut(let step, let limit):
      "\(step.words) took longer than \(limit): the server or the network between is not answering"
    case .tls(let failure):
      failure.description
    case .proxy(let reason):
      "the SOCKS proxy could not connect: \(reason)"
    case .closedByPeer:
      "the server closed the connection"
    case .truncated:
      "the server dropped the connection without ending TLS"
    case .reset:
      "the connection was reset by the server or by something between"
    case .outgoingBufferFull(let limit):
      "the other side reads too slowly: more than \(limit) bytes were waiting to be sent"
    case .system(let call, let code):
      "\(call) failed: \(systemErrorText(code))"
    }
  }

  /// What `errno` says about an attempt to connect.
  init(connecting address: SocketAddress, code: CInt, deadline: Duration) {
    switch code {
    case ECONNREFUSED: self = .refused(address: address.description)
    case ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL, EAFNOSUPPORT, ENETDOWN, EHOSTDOWN:
      self = .unreachable(address: address.description, reason: systemErrorText(code))
    case ETIMEDOUT: self = .timedOut(.connect, after: deadline)
    case ECONNRESET: self = .reset
    default: self = .system(call: "connect", code: code)
    }
  }

  /// What `errno` says about an open connection.
  init(call: String, code: CInt) {
    switch code {
    case ECONNRESET, EPIPE, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, ENETDOWN: self = .reset
    default: self = .system(call: call, code: code)
    }
  }

  init(_ error: EventLoopError) {
    switch error {
    case .system(let call, let code): self = .system(call: call, code: code)
    case .alreadyWatched: self = .system(call: "epoll_ctl", code: EEXIST)
    case .notWatched: self = .system(call: "epoll_ctl", code: ENOENT)
    case .stopped: self = .system(call: "epoll_ctl", code: ESHUTDOWN)
    }
  }
}
