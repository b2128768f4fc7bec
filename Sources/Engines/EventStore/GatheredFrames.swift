/// The frames of a commit on their way to the WAL.
///
/// SQLite writes each page of a commit to the WAL in two pieces, a frame's header and the page, and
/// the commit is there with the last of them: until then nobody reads any. Here they are gathered,
/// and written in one piece with the last. The file holds the same bytes afterwards.
struct GatheredFrames {
  /// The corresponding C function is `pwrite`; returns SQLite's result code.
  typealias Write = (UnsafeRawBufferPointer, Int64) -> CInt

  /// As the WAL's format has it ("WAL File Format" in SQLite's documentation).
  private static let headerBytes = 24
  /// Where the header of a commit's last frame has the size of the database, and others have zero.
  private static let commitMark = 4..<8
  /// A transaction larger than this is written in several pieces. SQLite's own VFS takes less than
  /// 128 KiB at once, and a page has up to 64 KiB.
  static let maximumBytes = 48 * 1024
  private static let success: CInt = 0

  private var bytes: [UInt8] = []
  private var start: Int64 = 0
  private var endsCommit = false
  /// Where the file's frames end, as far as they were written here. What lies before is written
  /// over in place: that is SQLite's way to mend the checksums of a transaction that writes a page
  /// twice.
  private var end: Int64 = 0

  /// Takes a piece, or writes it with what there is.
  mutating func take(_ piece: UnsafeRawBufferPointer, at offset: Int64, write: Write) -> CInt {
    if offset == 0 { end = 0 }
    if !bytes.isEmpty, offset != start + Int64(bytes.count) {
      let code = flush(write)
      guard code == Self.success else { return code }
    }
    if bytes.isEmpty {
      guard piece.count == Self.headerBytes, offset >= end, offset > 0 else {
        end = max(end, offset + Int64(piece.count))
        return write(piece, offset)
      }
      start = offset
    }
    bytes.append(contentsOf: piece)
    if piece.count == Self.headerBytes {
      endsCommit = piece[Self.commitMark].contains { $0 != 0 }
      return Self.success
    }
    return endsCommit || bytes.count >= Self.maximumBytes ? flush(write) : Self.success
  }

  /// Writes what there is. After a failure it is forgotten, as SQLite undoes the transaction.
  mutating func flush(_ write: Write) -> CInt {
    guard !bytes.isEmpty else { return Self.success }
    end = max(end, start + Int64(bytes.count))
    defer { bytes.removeAll(keepingCapacity: true) }
    return bytes.withUnsafeBytes { write($0, start) }
  }
}
