import Glibc
import Storage

/// The store's file and the lock beside it. While this lives, no other process opens the same
/// store.
///
/// The lock is `flock` on a file of its own: SQLite's locks are `fcntl` locks, which a process
/// loses when it closes any descriptor of the locked file.
final class StoreFile {
  /// Without symbolic links, so that two names of one file meet at one lock.
  let path: String
  private let lock: CInt

  /// Makes what is missing: directories with mode 0700, files with mode 0600.
  ///
  /// - Throws: ``StorageError``: `cannotOpen`, `readOnly`, `full`, or `inUse` when another process
  ///   has the lock.
  init(path: String) throws(StorageError) {
    let directory = Self.directory(of: path)
    try Self.createDirectory(directory)
    let isNew = access(path, F_OK) != 0
    close(try Self.open(path, reportedAs: path))
    guard let resolved = realpath(path, nil) else {
      throw StorageError(systemError: errno, path: path)
    }
    self.path = String(cString: resolved)
    free(resolved)
    // A link in the lock's place would have us write into another file. The database itself may be
    // behind one, as its owner likes.
    lock = try Self.open(self.path + "-lock", reportedAs: path, flags: O_NOFOLLOW)
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      let holder = Self.processNumber(in: lock)
      close(lock)
      throw StorageError(.inUse, path: path, detail: holder.map { "process \($0)" } ?? "")
    }
    guard lseek(lock, 0, SEEK_END) == 0 || Self.processNumber(in: lock) != nil else {
      close(lock)
      throw StorageError(
        .cannotOpen, path: path,
        detail: "\(self.path)-lock is not a lock of Walletwire's: move it away")
    }
    writeProcessNumber()
    if isNew { try syncDirectory() }
  }

  deinit {
    close(lock)
  }

  /// Lets another process open the store. Nothing of it may be open here any more.
  func unlock() {
    flock(lock, LOCK_UN)
  }

  /// Waits until the names in the store's directory are on the disk.
  func syncDirectory() throws(StorageError) {
    let directory = Self.directory(of: path)
    let descriptor = Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw StorageError(systemError: errno, path: path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw StorageError(systemError: errno, path: path) }
  }

  /// Opens a file of the store, and makes it with mode 0600 if there is none.
  ///
  /// - Throws: ``StorageError``: `cannotOpen` where something else than a file stands there.
  static func open(
    _ path: String, reportedAs reported: String, flags: CInt = 0
  ) throws(StorageError) -> CInt {
    let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | flags, 0o600)
    guard descriptor >= 0 else {
      guard errno == ELOOP, flags & O_NOFOLLOW != 0 else {
        throw StorageError(systemError: errno, path: reported)
      }
      throw StorageError(
        .cannotOpen, path: reported, detail: "\(path) is a symbolic link: remove it")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw StorageError(.cannotOpen, path: reported, detail: "\(path) is no regular file")
    }
    return descriptor
  }

  private static func createDirectory(_ path: String) throws(StorageError) {
    guard access(path, F_OK) != 0 else { return }
    let parent = directory(of: path)
    if parent != path { try createDirectory(parent) }
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
      throw StorageError(systemError: errno, path: path)
    }
  }

  private static func directory(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Who has the lock, for the error that the other one shows.
  private func writeProcessNumber() {
    let text = "\(getpid())\n"
    // Only a courtesy: a full disk must not keep the store from opening.
    guard ftruncate(lock, 0) == 0 else { return }
    _ = pwrite(lock, text, text.utf8.count, 0)
  }

  /// Nil where it holds anything else than one number in a line.
  private static func processNumber(in lock: CInt) -> Int? {
    let line = [UInt8](unsafeUninitializedCapacity: 20) { buffer, count in
      count = max(0, pread(lock, buffer.baseAddress, buffer.count, 0))
    }
    guard line.last == UInt8(ascii: "\n") else { return nil }
    return Int(String(decoding: line.dropLast(), as: UTF8.self))
  }
}
