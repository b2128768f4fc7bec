import EventLoop

/// The open streams of a server: which there are, and how each of them stands.
///
/// A connection with a stream was taken over from microhttpd: its bytes are written by
/// `StreamSender`, and it is closed with its stream.
final class StreamTable {
  enum Phase {
    case free
    /// Has nothing to send until it is resumed.
    case waiting
    /// Is asked for bytes in the next turn.
    case due
    /// Its reader has to take what was sent before more can be.
    case blocked
  }

  /// One stream's place.
  struct Slot {
    fileprivate(set) var generation: UInt32 = 0
    fileprivate(set) var phase = Phase.free
    /// Resumed since it was last asked for bytes: there may be more than it found then.
    fileprivate var isWoken = false
    fileprivate(set) var connection: StreamConnection?
    /// What the socket has not taken yet, from `unsentStart` on.
    var unsent: [UInt8] = []
    var unsentStart = 0
    /// HTTP/1.0 knows no chunks (RFC 9112, section 7.1).
    fileprivate(set) var isChunked = true
    /// Nothing follows what is unsent.
    var isComplete = false
    /// When a reader that takes nothing is given up.
    var cutOff: TimerID?
  }

  /// Called when a stream becomes due.
  var onDue: () -> Void = {}

  private(set) var slots: [Slot] = []
  private var free: [UInt32] = []
  private var due: [UInt32] = []
  private(set) var count = 0
  private(set) var waitingCount = 0
  /// The server stops: a stream that has nothing to send ends.
  private(set) var isClosing = false

  /// Opens a stream, whose response begins with `head`, in a free place.
  func open(on connection: StreamConnection, head: [UInt8], isChunked: Bool) -> StreamID {
    let index: UInt32
    if let last = free.popLast() {
      index = last
    } else {
      index = UInt32(slots.count)
      slots.append(Slot())
    }
    let place = Int(index)
    slots[place].connection = connection
    slots[place].unsent = head
    slots[place].isChunked = isChunked
    count += 1
    setDue(index)
    return StreamID(index: index, generation: slots[place].generation)
  }

  /// Frees the place of a stream that is over.
  ///
  /// - Returns: Its connection, to be closed; nil where there is none.
  func remove(at place: Int) -> StreamConnection? {
    guard slots[place].phase != .free else { return nil }
    if slots[place].phase == .waiting { waitingCount -= 1 }
    let connection = slots[place].connection
    let next = slots[place].generation &+ 1
    slots[place] = Slot()
    slots[place].generation = next
    free.append(UInt32(place))
    count -= 1
    return connection
  }

  /// The place of a stream that is open.
  func place(of id: StreamID) -> Int? {
    let place = Int(id.index)
    guard place < slots.count, slots[place].generation == id.generation,
      slots[place].phase != .free
    else { return nil }
    return place
  }

  func id(at place: Int) -> StreamID {
    StreamID(index: UInt32(place), generation: slots[place].generation)
  }

  func withSlot<Result>(at place: Int, _ body: (inout Slot) -> Result) -> Result {
    body(&slots[place])
  }

  // MARK: - How they stand

  /// There may be something to send.
  func resume(_ id: StreamID) {
    if let place = place(of: id) { resume(at: place) }
  }

  func resumeAll() {
    due.reserveCapacity(count)
    for place in slots.indices { resume(at: place) }
  }

  private func resume(at place: Int) {
    switch slots[place].phase {
    case .waiting:
      waitingCount -= 1
      setDue(UInt32(place))
    case .due:
      slots[place].isWoken = true
    case .free, .blocked:
      break
    }
  }

  /// The reader takes bytes again.
  func unblock(at place: Int) {
    slots[place].cutOff = nil
    setDue(UInt32(place))
  }

  private func setDue(_ index: UInt32) {
    slots[Int(index)].phase = .due
    due.append(index)
    onDue()
  }

  var hasDue: Bool { !due.isEmpty }

  /// The places of streams that have become due, each to be seen to; some may not be any more.
  func takeDue() -> [UInt32] {
    defer { due = [] }
    return due
  }

  /// It stays due, for the next turn.
  func keepDue(at place: Int) { due.append(UInt32(place)) }

  /// It is about to be asked for bytes.
  func beginFill(at place: Int) { slots[place].isWoken = false }

  /// It had none.
  ///
  /// - Returns: Whether it waits now: not if it was resumed in the meantime.
  func wait(at place: Int) -> Bool {
    guard !slots[place].isWoken else { return false }
    slots[place].phase = .waiting
    waitingCount += 1
    return true
  }

  /// Its reader has until `cutOff` to take something.
  func block(at place: Int, until cutOff: TimerID) {
    slots[place].phase = .blocked
    slots[place].cutOff = cutOff
  }

  /// From now on a stream that has nothing to send ends.
  func close() {
    isClosing = true
    resumeAll()
  }
}
