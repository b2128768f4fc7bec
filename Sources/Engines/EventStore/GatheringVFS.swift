import CSQLite
import Synchronization

/// An SQLite VFS whose WAL is written by ``GatheredFrames``. Everything else is its parent's,
/// untouched.
enum GatheringVFS {
  /// An open WAL: SQLite's part first, ours, and behind it the parent's own.
  private struct File {
    var base: sqlite3_file
    var frames: GatheredFrames
  }

  private typealias Handle = UnsafeMutablePointer<sqlite3_file>

  private static let registered = Mutex<[String: String]>([:])

  private static var headerSize: Int { (MemoryLayout<File>.size + 15) / 16 * 16 }

  /// The name of the VFS over a parent, made if there is none yet. It stays for the life of the
  /// process.
  ///
  /// - Parameter parent: The name of the VFS that reads and writes; nil for the system's.
  /// - Returns: Nil where the parent is not known, or there is no memory: SQLite says so when it
  ///   opens a file.
  static func name(over parent: String?) -> String? {
    guard let system = sqlite3_vfs_find(parent) else { return parent }
    let name = "walletwire-" + (parent ?? String(cString: system.pointee.zName))
    return registered.withLock { registered in
      if let known = registered[name] { return known }
      guard register(name, over: system) else { return parent }
      registered[name] = name
      return name
    }
  }

  private static func register(_ name: String, over parent: UnsafeMutablePointer<sqlite3_vfs>)
    -> Bool
  {
    let bytes = Array(name.utf8CString)
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
    copy.initialize(from: bytes, count: bytes.count)
    let vfs = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
    vfs.initialize(to: parent.pointee)
    vfs.pointee.zName = UnsafePointer(copy)
    vfs.pointee.pNext = nil
    vfs.pointee.szOsFile = CInt(headerSize) + parent.pointee.szOsFile
    vfs.pointee.pAppData = UnsafeMutableRawPointer(parent)
    vfs.pointee.xOpen = { vfs, name, file, flags, outFlags in
      GatheringVFS.open(vfs, name, file, flags, outFlags)
    }
    vfs.pointee.xDelete = { vfs, name, sync in
      let parent = GatheringVFS.parent(of: vfs)
      return parent?.pointee.xDelete(parent, name, sync) ?? SQLITE_MISUSE
    }
    vfs.pointee.xAccess = { vfs, name, flags, answer in
      let parent = GatheringVFS.parent(of: vfs)
      return parent?.pointee.xAccess(parent, name, flags, answer) ?? SQLITE_MISUSE
    }
    vfs.pointee.xFullPathname = { vfs, name, count, path in
      let parent = GatheringVFS.parent(of: vfs)
      return parent?.pointee.xFullPathname(parent, name, count, path) ?? SQLITE_MISUSE
    }
    // The rest touches no file.
    return sqlite3_vfs_register(vfs, 0) == SQLITE_OK
  }

  private static func parent(
    of vfs: UnsafeMutablePointer<sqlite3_vfs>?
  ) -> UnsafeMutablePointer<sqlite3_vfs>? {
    vfs?.pointee.pAppData?.assumingMemoryBound(to: sqlite3_vfs.self)
  }

  private static func open(
    _ vfs: UnsafeMutablePointer<sqlite3_vfs>?, _ name: sqlite3_filename?, _ file: Handle?,
    _ flags: CInt, _ outFlags: UnsafeMutablePointer<CInt>?
  ) -> CInt {
    guard let parent = parent(of: vfs), let file else { return SQLITE_MISUSE }
    guard flags & SQLITE_OPEN_WAL != 0 else {
      return parent.pointee.xOpen(parent, name, file, flags, outFlags)
    }
    file.pointee.pMethods = nil
    let code = parent.pointee.xOpen(parent, name, real(file), flags, outFlags)
    guard code == SQLITE_OK else { return code }
    // Deinitialized by `close`, which SQLite calls once for each file that was opened.
    UnsafeMutableRawPointer(file).initializeMemory(
      as: File.self, to: File(base: sqlite3_file(pMethods: methods), frames: GatheredFrames()))
    return SQLITE_OK
  }

  // MARK: The WAL

  private static func real(_ file: Handle) -> Handle {
    (UnsafeMutableRawPointer(file) + headerSize).assumingMemoryBound(to: sqlite3_file.self)
  }

  /// The parent's file, with its methods.
  private static func parts(_ file: Handle?) -> (file: Handle, methods: sqlite3_io_methods) {
    guard let file, let methods = real(file).pointee.pMethods else {
      preconditionFailure("SQLite calls methods of open files")
    }
    return (real(file), methods.pointee)
  }

  private static func write(
    _ file: Handle?, _ body: (inout GatheredFrames, GatheredFrames.Write) -> CInt
  ) -> CInt {
    let (real, methods) = parts(file)
    guard let file else { return SQLITE_MISUSE }
    let ours = UnsafeMutableRawPointer(file).assumingMemoryBound(to: File.self)
    return body(&ours.pointee.frames) { bytes, offset in
      methods.xWrite(real, bytes.baseAddress, CInt(bytes.count), offset)
    }
  }

  /// Calls a method of the parent's when all that was gathered is in the file.
  private static func flushed(
    _ file: Handle?, _ call: (Handle, sqlite3_io_methods) -> CInt
  ) -> CInt {
    let code = write(file) { $0.flush($1) }
    guard code == SQLITE_OK else { return code }
    let (real, methods) = parts(file)
    return call(real, methods)
  }

  private static func close(_ file: Handle?) -> CInt {
    // What is left belongs to a transaction that was not committed.
    let (real, methods) = parts(file)
    let code = methods.xClose(real)
    if let file {
      UnsafeMutableRawPointer(file).assumingMemoryBound(to: File.self).deinitialize(count: 1)
      file.pointee.pMethods = nil
    }
    return code
  }

  /// `nonisolated(unsafe)` is right because nobody writes to the table once it is made.
  nonisolated(unsafe) private static let methods: UnsafePointer<sqlite3_io_methods> = {
    let table = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
    var methods = sqlite3_io_methods()
    // A WAL is neither locked nor mapped: that is done to the database.
    methods.iVersion = 1
    methods.xClose = { GatheringVFS.close($0) }
    methods.xRead = { file, buffer, count, offset in
      GatheringVFS.flushed(file) { $1.xRead($0, buffer, count, offset) }
    }
    methods.xWrite = { file, buffer, count, offset in
      GatheringVFS.write(file) { frames, write in
        frames.take(
          UnsafeRawBufferPointer(start: buffer, count: Int(count)), at: offset, write: write)
      }
    }
    methods.xTruncate = { file, size in GatheringVFS.flushed(file) { $1.xTruncate($0, size) } }
    methods.xSync = { file, flags in GatheringVFS.flushed(file) { $1.xSync($0, flags) } }
    methods.xFileSize = { file, size in GatheringVFS.flushed(file) { $1.xFileSize($0, size) } }
    methods.xLock = { file, level in GatheringVFS.flushed(file) { $1.xLock($0, level) } }
    methods.xUnlock = { file, level in GatheringVFS.flushed(file) { $1.xUnlock($0, level) } }
    methods.xCheckReservedLock = { file, answer in
      GatheringVFS.flushed(file) { $1.xCheckReservedLock($0, answer) }
    }
    methods.xFileControl = { file, operation, argument in
      let (real, methods) = GatheringVFS.parts(file)
      return methods.xFileControl(real, operation, argument)
    }
    methods.xSectorSize = { file in
      let (real, methods) = GatheringVFS.parts(file)
      return methods.xSectorSize(real)
    }
    methods.xDeviceCharacteristics = { file in
      let (real, methods) = GatheringVFS.parts(file)
      return methods.xDeviceCharacteristics(real)
    }
    table.initialize(to: methods)
    return UnsafePointer(table)
  }()
}
