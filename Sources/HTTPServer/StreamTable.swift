/// The open streams of a server, and the one place that knows which of them are suspended.
///
/// To suspend what is suspended, or to resume what is not, is undefined in microhttpd, and to stop
/// with something suspended ends the process. So nobody else does either.
///
/// The places are allocated once and never move: the C library carries the address of a stream's
/// place, so a delivery looks nothing up and allocates nothing.
final class StreamTable {
  /// One stream's place.
  struct Slot {
    fileprivate enum Phase: UInt8 {
      case free
      /// microhttpd asks for bytes when it can write.
      case running
      /// microhttpd leaves the connection alone.
      case suspended
    }

    /// Not counted, so that a delivery costs no reference counting: the table frees its places, so
    /// it outlives them.
    fileprivate unowned(unsafe) let table: StreamTable
    fileprivate let index: UInt32
    fileprivate var generation: UInt32 = 0
    fileprivate var phase = Phase.free
    /// Resumed since the last fill began: there may be more than that fill saw.
    fileprivate var isWoken = false
    fileprivate var connection: MicroHTTPConnection?
    /// Whose connection it is; set while the place is taken. Not counted: it closes its connections,
    /// and so frees their places, before it goes.
    fileprivate unowned(unsafe) var daemon: MicroHTTPDaemon?
    /// Until the first fill.
    var head: MicroHTTPStreamHead?
    /// The next place on the list of free ones.
    fileprivate var nextFree: UInt32?

    var id: StreamID { StreamID(index: index, generation: generation) }
  }

  /// What microhttpd is told to do next.
  enum Fill: Equatable {
    case bytes(Int)
    case suspended
    case end
  }

  /// Called when a connection was resumed: the server has to run microhttpd for it to take effect.
  var onResume: () -> Void = {}

  private let handler: any HTTPHandler
  private let capacity: Int
  /// Owned by the table: allocated in `init`, freed in `deinit`. `initialized` places from the front
  /// hold a slot; the rest is untouched memory.
  private let slots: UnsafeMutablePointer<Slot>
  private var initialized = 0
  private var firstFree: UInt32?
  private(set) var count = 0
  private(set) var suspendedCount = 0
  private var isClosing = false

  init(capacity: Int, handler: any HTTPHandler) {
    precondition(capacity > 0 && capacity <= UInt32.max)
    self.capacity = capacity
    self.handler = handler
    slots = .allocate(capacity: capacity)
  }

  deinit {
    precondition(count == 0, "the connections of a table are closed before it goes")
    slots.deinitialize(count: initialized)
    slots.deallocate()
  }

  /// Opens a stream in a free place. There is one: a connection carries one stream at a time, and
  /// the capacity is that of connections.
  ///
  /// - Returns: The place, valid until `close`.
  func open(
    on connection: MicroHTTPConnection, of daemon: MicroHTTPDaemon
  ) -> UnsafeMutablePointer<Slot> {
    let slot: UnsafeMutablePointer<Slot>
    if let free = firstFree {
      slot = slots + Int(free)
      firstFree = slot.pointee.nextFree
    } else {
      precondition(initialized < capacity, "more streams than connections")
      slot = slots + initialized
      slot.initialize(to: Slot(table: self, index: UInt32(initialized)))
      initialized += 1
    }
    assert(slot.pointee.phase == .free)
    slot.pointee.phase = .running
    slot.pointee.isWoken = false
    slot.pointee.connection = connection
    slot.pointee.daemon = daemon
    slot.pointee.nextFree = nil
    count += 1
    return slot
  }

  /// Takes the next bytes of a stream from the handler, and suspends it where there are none.
  static func fill(
    _ slot: UnsafeMutablePointer<Slot>, into buffer: StreamBuffer
  ) -> Fill {
    slot.pointee.table.fill(slot, into: buffer)
  }

  private func fill(
    _ slot: UnsafeMutablePointer<Slot>, into buffer: StreamBuffer
  ) -> Fill {
    assert(slot.pointee.phase == .running)
    slot.pointee.isWoken = false
    if let head = slot.pointee.head {
      head.free()
      slot.pointee.head = nil
    }
    switch handler.fill(slot.pointee.id, into: buffer) {
    case .bytes(let written):
      precondition((1...buffer.capacity).contains(written), "a fill writes what the buffer holds")
      return .bytes(written)
    case .end:
      return .end
    case .wait where isClosing:
      return .end
    case .wait:
      slot.pointee.connection?.suspend()
      slot.pointee.phase = .suspended
      suspendedCount += 1
      if slot.pointee.isWoken { resume(slot) }
      return .suspended
    }
  }

  /// Frees the place of a stream whose response microhttpd has let go, and tells the handler.
  static func close(_ slot: UnsafeMutablePointer<Slot>) {
    slot.pointee.table.close(slot)
  }

  private func close(_ slot: UnsafeMutablePointer<Slot>) {
    let id = slot.pointee.id
    assert(slot.pointee.phase != .free)
    if slot.pointee.phase == .suspended { suspendedCount -= 1 }
    slot.pointee.phase = .free
    slot.pointee.connection = nil
    slot.pointee.daemon = nil
    slot.pointee.head = nil
    slot.pointee.generation &+= 1
    slot.pointee.nextFree = firstFree
    firstFree = slot.pointee.index
    count -= 1
    handler.streamClosed(id)
  }

  func resume(_ id: StreamID) {
    guard id.index < initialized else { return }
    let slot = slots + Int(id.index)
    guard slot.pointee.generation == id.generation else { return }
    resume(slot)
  }

  func resumeAll() {
    for index in 0..<initialized { resume(slots + index) }
  }

  /// From now on a stream that has nothing to send ends.
  func close() {
    isClosing = true
    resumeAll()
  }

  private func resume(_ slot: UnsafeMutablePointer<Slot>) {
    switch slot.pointee.phase {
    case .free:
      break
    case .running:
      slot.pointee.isWoken = true
    case .suspended:
      slot.pointee.phase = .running
      suspendedCount -= 1
      slot.pointee.connection?.resume()
      slot.pointee.daemon?.isDue = true
      onResume()
    }
  }
}
