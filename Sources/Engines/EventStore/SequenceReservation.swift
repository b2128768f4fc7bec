/// Which sequences may be given out. A value; the store writes down what it decides.
///
/// A commit in WAL mode with `synchronous=NORMAL` survives the end of the process, not a power cut.
/// So that no sequence is given out twice even then, they are reserved in blocks, and a block is
/// used only once its reservation is known to be on the disk.
struct SequenceReservation {
  /// Sequences in the first block.
  static let block: Int64 = 1024
  private static let largestBlock: Int64 = 64 * 1024

  /// The next sequence to give out.
  private(set) var next: Int64
  /// Reserved, and synced: may be given out.
  private(set) var usableThrough: Int64
  /// Reserved by a commit that may not be synced yet. Not below ``usableThrough``.
  private(set) var writtenThrough: Int64
  /// Sequences in the next block: twice as many whenever the disk was slower than the events.
  private var size = block

  /// Begins after everything that an earlier run may have given out.
  init(after reservedThrough: Int64) {
    next = reservedThrough + 1
    usableThrough = reservedThrough
    writtenThrough = reservedThrough
  }

  func suffices(for count: Int) -> Bool {
    next + Int64(count) - 1 <= usableThrough
  }

  /// How far to reserve, at once and synced, before `count` sequences can be given out.
  func target(for count: Int) -> Int64 {
    max(writtenThrough, next + Int64(count) - 1) + size
  }

  /// How far to reserve along with a commit of `count` events, to be synced behind everybody's
  /// back; nil while there is enough, or while an earlier one is not synced yet.
  func targetAhead(for count: Int) -> Int64? {
    guard writtenThrough == usableThrough,
      usableThrough - (next + Int64(count) - 1) < size / 2
    else { return nil }
    return writtenThrough + size
  }

  /// An append had to wait for the disk, because the block was used up before the next one was
  /// synced.
  mutating func noteWaited() {
    size = min(2 * size, Self.largestBlock)
  }

  mutating func noteWritten(through sequence: Int64) {
    writtenThrough = max(writtenThrough, sequence)
  }

  mutating func noteSynced(through sequence: Int64) {
    usableThrough = max(usableThrough, sequence)
    noteWritten(through: sequence)
  }

  mutating func noteGivenOut(_ count: Int) {
    precondition(suffices(for: count), "only reserved sequences are given out")
    next += Int64(count)
  }
}
