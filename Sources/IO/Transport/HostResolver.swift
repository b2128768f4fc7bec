import DequeModule
import EventLoop
import Synchronization

/// Finds the addresses of a host.
package protocol HostResolver: Sendable {
  /// Calls `completion` exactly once, from any thread, with at least one address or with
  /// `nameNotFound` or `nameLookupFailed`. Must not block.
  func resolve(
    _ endpoint: Endpoint,
    _ completion: @escaping @Sendable (Result<[SocketAddress], TransportError>) -> Void)
}

/// The system's resolver: `/etc/hosts`, DNS, and whatever else nsswitch.conf names, such as mDNS
/// for `.local`.
///
/// `getaddrinfo` blocks, for half a minute when a name server is silent, so it runs on a few
/// threads that come with the work and end with it.
package final class SystemHostResolver: HostResolver {
  /// One resolver for the process is enough.
  package static let shared = SystemHostResolver()

  /// A silent name server holds up this many lookups before the others have to wait.
  private static let maximumThreads = 4
  /// Beyond this the answer is an error at once.
  private static let maximumWaitingLookUps = 256

  private struct LookUp: Sendable {
    let endpoint: Endpoint
    let completion: @Sendable (Result<[SocketAddress], TransportError>) -> Void
  }

  private struct State {
    var waiting = Deque<LookUp>()
    var threads = 0
  }

  private enum Admission {
    case queued, startThread, refused
  }

  private let state = Mutex(State())

  package init() {}

  package func resolve(
    _ endpoint: Endpoint,
    _ completion: @escaping @Sendable (Result<[SocketAddress], TransportError>) -> Void
  ) {
    if let address = SocketAddress(literal: endpoint.host, port: endpoint.port) {
      completion(.success([address]))
      return
    }
    let admission = state.withLock { state -> Admission in
      guard state.waiting.count < Self.maximumWaitingLookUps else { return .refused }
      state.waiting.append(LookUp(endpoint: endpoint, completion: completion))
      guard state.threads < Self.maximumThreads else { return .queued }
      state.threads += 1
      return .startThread
    }
    switch admission {
    case .queued: break
    case .refused:
      completion(.failure(.nameLookupFailed(host: endpoint.host, reason: "too many lookups wait")))
    case .startThread: startThread()
    }
  }

  private func startThread() {
    do {
      try SystemThread.start(name: "resolver") { self.work() }
    } catch {
      let (abandoned, reason) = state.withLock { state in
        state.threads -= 1
        // While another thread lives it will take what waits.
        guard state.threads == 0 else { return (Deque<LookUp>(), "") }
        defer { state.waiting.removeAll() }
        return (state.waiting, error.description)
      }
      for lookUp in abandoned {
        lookUp.completion(
          .failure(.nameLookupFailed(host: lookUp.endpoint.host, reason: reason)))
      }
    }
  }

  private func work() {
    while let lookUp = nextLookUp() {
      do throws(TransportError) {
        lookUp.completion(.success(try SocketAddress.lookUp(lookUp.endpoint, flags: 0)))
      } catch {
        lookUp.completion(.failure(error))
      }
    }
  }

  private func nextLookUp() -> LookUp? {
    state.withLock { state in
      if let next = state.waiting.popFirst() { return next }
      state.threads -= 1
      return nil
    }
  }
}
