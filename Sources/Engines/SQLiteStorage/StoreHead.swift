import Glibc
import Storage

/// How far the log had come, in a small file beside the store.
///
/// A store that is put back from an older copy would give out ids again that subscribers have seen,
/// and what came under them anew would never reach those. This file is not part of the copy, so it
/// tells: it is of another epoch then, or further than the store, or missing.
final class StoreHead {
  /// In place, so that writing needs no space; in one sector, so that it is whole or not there.
  private static let bytes = 64
  private static let mark = "walletwire-head"

  private let descriptor: CInt
  private let path: String

  /// Opens the file, and makes it if there is none.
  ///
  /// - Throws: ``StorageError``: `cannotOpen` where something else stands in its place.
  init(beside database: String) throws(StorageError) {
    path = database + "-head"
    descriptor = try StoreFile.open(path, reportedAs: database, flags: O_NOFOLLOW)
  }

  deinit {
    close(descriptor)
  }

  /// Whether it was written for a store of this epoch that ended no later than this.
  ///
  /// - Throws: ``StorageError``: `cannotOpen` where it is somebody else's file.
  func agrees(withEpoch epoch: String, last: Int64) throws(StorageError) -> Bool {
    var buffer = [UInt8](repeating: 0, count: Self.bytes + 1)
    let count = pread(descriptor, &buffer, buffer.count, 0)
    let content = buffer.prefix(max(0, count))
    // Empty, or nothing but zeros, is what the power may leave of one that was never written out.
    guard content.contains(where: { $0 != 0 }) else { return false }
    let words = String(decoding: content, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    guard count == Self.bytes, words.count == 3, words[0] == Self.mark,
      let known = Int64(words[2])
    else {
      throw StorageError(
        .cannotOpen, path: path, detail: "it is not Walletwire's: move it away")
    }
    return words[1] == epoch && known <= last
  }

  /// Notes how far the log has come. It may be lost with the power: then the store is further,
  /// which is no harm. A failure is none either, for the same reason.
  func write(epoch: String, last: Int64) {
    let digits = String(last)
    var line = Array("\(Self.mark) \(epoch) \(digits)".utf8)
    line += repeatElement(UInt8(ascii: " "), count: max(0, Self.bytes - 1 - line.count))
    line.append(UInt8(ascii: "\n"))
    _ = pwrite(descriptor, line, line.count, 0)
  }

  /// Waits until it is on the disk.
  func sync() throws(StorageError) {
    guard fsync(descriptor) == 0 else { throw StorageError(systemError: errno, path: path) }
  }
}
