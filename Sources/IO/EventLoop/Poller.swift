import CLinux
import Glibc

/// Owns an epoll instance and the handlers of the descriptors in it. Used by one thread.
final class Poller {
  typealias Handler = @Sendable (EventLoop.Readiness) -> Void

  /// How many descriptors one `wait` reports at most; the rest follow in the next turn.
  private static let maximumEventsPerTurn = 256

  /// The token of the loop's own wake-up descriptor. No watch has it: descriptors are not negative.
  private static let wakeUpToken = UInt64.max

  private struct Watch {
    var interest: EventLoop.Interest
    /// Tells this watch from an earlier one of the same descriptor number, whose events may still
    /// be in the batch being dispatched.
    let generation: UInt32
    let handler: Handler
  }

  private let epoll: CInt
  private let wakeUp: CInt
  private var watches: [CInt: Watch] = [:]
  private var nextGeneration: UInt32 = 0
  private let events: UnsafeMutableBufferPointer<epoll_event>

  /// - Parameter wakeUp: an eventfd owned by the caller, which ends a `wait` and is emptied by it.
  /// - Throws: `EventLoopError.system` when the system is out of descriptors.
  init(wakeUp: CInt) throws(EventLoopError) {
    let epoll = epoll_create1(CInt(EPOLL_CLOEXEC))
    guard epoll >= 0 else { throw .system(call: "epoll_create1", code: errno) }
    self.epoll = epoll
    self.wakeUp = wakeUp
    events = .allocate(capacity: Self.maximumEventsPerTurn)
    events.initialize(repeating: epoll_event())
    try control(EPOLL_CTL_ADD, wakeUp, events: EPOLLIN.rawValue, token: Self.wakeUpToken)
  }

  deinit {
    events.deallocate()
    close(epoll)
  }

  func watch(
    _ descriptor: CInt, for interest: EventLoop.Interest, _ handler: @escaping Handler
  ) throws(EventLoopError) {
    guard watches[descriptor] == nil else { throw .alreadyWatched(descriptor) }
    let generation = nextGeneration
    nextGeneration &+= 1
    if !interest.isEmpty {
      try control(EPOLL_CTL_ADD, descriptor, interest, generation)
    }
    watches[descriptor] = Watch(interest: interest, generation: generation, handler: handler)
  }

  /// A descriptor without interest leaves epoll, which would report its hang-up unasked and for
  /// ever.
  func change(_ descriptor: CInt, to interest: EventLoop.Interest) throws(EventLoopError) {
    guard let watch = watches[descriptor] else { throw .notWatched(descriptor) }
    guard watch.interest != interest else { return }
    let operation =
      if interest.isEmpty { EPOLL_CTL_DEL } else if watch.interest.isEmpty { EPOLL_CTL_ADD } else {
        EPOLL_CTL_MOD
      }
    try control(operation, descriptor, interest, watch.generation)
    watches[descriptor]?.interest = interest
  }

  func unwatch(_ descriptor: CInt) {
    guard let watch = watches.removeValue(forKey: descriptor), !watch.interest.isEmpty else {
      return
    }
    // Fails only when the descriptor was closed before, and then epoll has forgotten it already.
    try? control(EPOLL_CTL_DEL, descriptor, [], 0)
  }

  func unwatchAll() {
    for descriptor in Array(watches.keys) { unwatch(descriptor) }
  }

  /// Waits for events, at most `timeoutMilliseconds` (−1: without end), and returns how many there
  /// are for `dispatch`.
  func wait(timeoutMilliseconds: CInt) -> Int {
    let count = epoll_wait(
      epoll, events.baseAddress, CInt(events.count), timeoutMilliseconds)
    if count >= 0 { return Int(count) }
    precondition(errno == EINTR, "epoll_wait: \(systemErrorText(errno))")
    return 0
  }

  /// Calls the handlers of the last `wait`. A handler may watch and unwatch anything.
  func dispatch(_ count: Int) {
    for index in 0..<count {
      let token = events[index].data.u64
      if token == Self.wakeUpToken {
        var value: UInt64 = 0
        _ = read(wakeUp, &value, MemoryLayout<UInt64>.size)
        continue
      }
      let descriptor = CInt(truncatingIfNeeded: token & 0xFFFF_FFFF)
      guard let watch = watches[descriptor],
        watch.generation == UInt32(truncatingIfNeeded: token >> 32)
      else { continue }
      // An earlier handler of this turn may have narrowed the interest.
      let readiness = Self.readiness(events[index].events).subtracting(unwanted(by: watch))
      if !readiness.isEmpty { watch.handler(readiness) }
    }
  }

  private func unwanted(by watch: Watch) -> EventLoop.Readiness {
    if watch.interest.isEmpty { return [.read, .write, .hangUp, .error] }
    var unwanted: EventLoop.Readiness = []
    if !watch.interest.contains(.read) { unwanted.insert(.read) }
    if !watch.interest.contains(.write) { unwanted.insert(.write) }
    return unwanted
  }

  private static func readiness(_ events: UInt32) -> EventLoop.Readiness {
    var readiness: EventLoop.Readiness = []
    if events & EPOLLIN.rawValue != 0 { readiness.insert(.read) }
    if events & EPOLLOUT.rawValue != 0 { readiness.insert(.write) }
    if events & EPOLLHUP.rawValue != 0 { readiness.insert(.hangUp) }
    if events & EPOLLERR.rawValue != 0 { readiness.insert(.error) }
    return readiness
  }

  private func control(
    _ operation: CInt, _ descriptor: CInt, _ interest: EventLoop.Interest, _ generation: UInt32
  ) throws(EventLoopError) {
    var events: UInt32 = 0
    if interest.contains(.read) { events |= EPOLLIN.rawValue }
    if interest.contains(.write) { events |= EPOLLOUT.rawValue }
    let token = UInt64(generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
    try control(operation, descriptor, events: events, token: token)
  }

  private func control(
    _ operation: CInt, _ descriptor: CInt, events: UInt32, token: UInt64
  ) throws(EventLoopError) {
    var event = epoll_event(events: events, data: epoll_data_t(u64: token))
    guard epoll_ctl(epoll, operation, descriptor, &event) == 0 else {
      throw .system(call: "epoll_ctl", code: errno)
    }
  }
}
