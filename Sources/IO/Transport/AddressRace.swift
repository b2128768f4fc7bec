import EventLoop
import Glibc

/// Tries the addresses of a host in turn, a new one every `attemptDelay` or as soon as the last one
/// has failed, until the first connects: Happy Eyeballs in the simple form (RFC 8305, sections 4
/// and 5).
///
/// Lives on the loop it was made for. The completion is called at most once, never after `cancel`.
actor AddressRace {
  /// RFC 8305, section 8: the recommended delay between attempts.
  static let attemptDelay: Duration = .milliseconds(250)

  typealias Completion = @Sendable (Result<Socket, TransportError>) -> Void

  private let loop: EventLoop
  private let deadline: Duration
  private var waiting: ArraySlice<SocketAddress>
  private var attempts: [CInt: Attempt] = [:]
  private var nextAttempt: TimerID?
  private var failure: TransportError?
  private var completion: Completion?

  private struct Attempt {
    let socket: Socket
    let address: SocketAddress
  }

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  /// - Parameters:
  ///   - addresses: in the resolver's order, at least one.
  ///   - deadline: only named in an error; the caller keeps the time.
  ///   - loop: where all of it happens.
  ///   - completion: with the first socket that connected, or with the failure that says most.
  init(
    to addresses: [SocketAddress], deadline: Duration, on loop: EventLoop,
    _ completion: @escaping Completion
  ) {
    self.loop = loop
    self.deadline = deadline
    self.completion = completion
    waiting = Self.interleaved(addresses)[...]
  }

  /// Only on its loop.
  nonisolated func start() {
    assumeIsolated { $0.attemptNext() }
  }

  /// Only on its loop. Closes what is open; idempotent.
  nonisolated func cancel() {
    assumeIsolated { _ = $0.end() }
  }

  /// Alternates between IPv6 and IPv4, beginning with the family that the resolver put first.
  static func interleaved(_ addresses: [SocketAddress]) -> [SocketAddress] {
    guard let first = addresses.first else { return [] }
    let preferred = addresses.filter { $0.isIPv6 == first.isIPv6 }
    let others = addresses.filter { $0.isIPv6 != first.isIPv6 }
    var result: [SocketAddress] = []
    for index in 0..<max(preferred.count, others.count) {
      if index < preferred.count { result.append(preferred[index]) }
      if index < others.count { result.append(others[index]) }
    }
    return result
  }

  private func attemptNext() {
    stopWaiting()
    while completion != nil, let address = waiting.popFirst() {
      if attempt(address) {
        // `attempt` may have won already.
        if completion != nil, !waiting.isEmpty { waitForNext() }
        return
      }
    }
    if attempts.isEmpty { lose() }
  }

  /// True when the attempt is under way or has won; false when it failed at once.
  private func attempt(_ address: SocketAddress) -> Bool {
    do throws(TransportError) {
      let socket = try Socket(family: address.family)
      switch socket.connect(to: address) {
      case .done: win(socket)
      case .failed(let code):
        throw TransportError(connecting: address, code: code, deadline: deadline)
      case .inProgress: try watch(Attempt(socket: socket, address: address))
      }
      return true
    } catch {
      note(error)
      return false
    }
  }

  private func watch(_ attempt: Attempt) throws(TransportError) {
    let descriptor = attempt.socket.descriptor
    do throws(EventLoopError) {
      try loop.watch(descriptor, for: .write) { [self] _ in
        assumeIsolated { $0.attemptEnded(descriptor) }
      }
    } catch {
      throw TransportError(error)
    }
    attempts[descriptor] = attempt
  }

  private func attemptEnded(_ descriptor: CInt) {
    guard let attempt = attempts.removeValue(forKey: descriptor) else { return }
    loop.unwatch(descriptor)
    let code = attempt.socket.pendingError()
    if code == 0 { return win(attempt.socket) }
    note(TransportError(connecting: attempt.address, code: code, deadline: deadline))
    attemptNext()
  }

  private func waitForNext() {
    nextAttempt = loop.schedule(after: Self.attemptDelay) { [self] in
      assumeIsolated { $0.attemptNext() }
    }
  }

  private func stopWaiting() {
    if let nextAttempt { loop.cancel(nextAttempt) }
    nextAttempt = nil
  }

  private func win(_ socket: Socket) {
    end()?(.success(socket))
  }

  private func lose() {
    guard let failure else { preconditionFailure("a race needs an address") }
    end()?(.failure(failure))
  }

  /// Keeps the failure that says most: a refusal proves that the host is there.
  private func note(_ error: TransportError) {
    if failure == nil || error.category == .refused { failure = error }
  }

  private func end() -> Completion? {
    stopWaiting()
    waiting = []
    for descriptor in attempts.keys { loop.unwatch(descriptor) }
    attempts = [:]
    defer { completion = nil }
    return completion
  }
}
