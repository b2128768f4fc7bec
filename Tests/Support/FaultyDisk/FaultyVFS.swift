import CSQLite

/// The C side of ``FaultyDisk``: a VFS whose files hand every call on to the system's VFS, and tell
/// the disk.
enum FaultyVFS {
  /// An open file: SQLite's part first, ours, and behind it the system's own.
  private struct File {
    var base: sqlite3_file
    var disk: UnsafeMutableRawPointer
    /// A ``Name``; leaked by `Unmanaged` and taken back on close.
    var name: UnsafeMutableRawPointer
  }

  private final class Name {
    let file: FileName
    init(_ file: FileName) { self.file = file }
  }

  private typealias Handle = UnsafeMutablePointer<sqlite3_file>

  private static var headerSize: Int { (MemoryLayout<File>.size + 15) / 16 * 16 }

  static func register(_ disk: FaultyDisk) {
    guard let system = sqlite3_vfs_find(nil) else { preconditionFailure("there is a VFS") }
    let vfs = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
    vfs.initialize(to: system.pointee)
    vfs.pointee.zName = UnsafePointer(copy(disk.name))
    vfs.pointee.pNext = nil
    vfs.pointee.szOsFile = CInt(headerSize) + system.pointee.szOsFile
    vfs.pointee.pAppData = Unmanaged.passRetained(disk).toOpaque()
    vfs.pointee.xOpen = { vfs, name, file, flags, outFlags in
      FaultyVFS.open(vfs, name, file, flags, outFlags)
    }
    vfs.pointee.xDelete = { vfs, name, sync in
      guard let disk = vfs?.pointee.pAppData, let name else { return SQLITE_MISUSE }
      FaultyVFS.disk(disk).note(FileName(String(cString: name)), .delete)
      let system = sqlite3_vfs_find(nil)
      return system?.pointee.xDelete(system, name, sync) ?? SQLITE_MISUSE
    }
    // The rest does not touch files through us, and works on the system's VFS as it is.
    let code = sqlite3_vfs_register(vfs, 0)
    precondition(code == SQLITE_OK, "a VFS can be registered")
  }

  private static func open(
    _ vfs: UnsafeMutablePointer<sqlite3_vfs>?, _ name: sqlite3_filename?, _ file: Handle?,
    _ flags: CInt, _ outFlags: UnsafeMutablePointer<CInt>?
  ) -> CInt {
    guard let disk = vfs?.pointee.pAppData, let file, let system = sqlite3_vfs_find(nil)
    else { return SQLITE_MISUSE }
    file.pointee.pMethods = nil
    let code = system.pointee.xOpen(system, name, real(file), flags, outFlags)
    guard code == SQLITE_OK else { return code }
    let path = name.map { String(cString: $0) } ?? "temporary"
    UnsafeMutableRawPointer(file).initializeMemory(
      as: File.self,
      to: File(
        base: sqlite3_file(pMethods: methods), disk: disk,
        name: Unmanaged.passRetained(Name(FileName(path))).toOpaque()))
    return SQLITE_OK
  }

  private static func disk(_ pointer: UnsafeMutableRawPointer) -> FaultyDisk {
    Unmanaged<FaultyDisk>.fromOpaque(pointer).takeUnretainedValue()
  }

  private static func real(_ file: Handle) -> Handle {
    (UnsafeMutableRawPointer(file) + headerSize).assumingMemoryBound(to: sqlite3_file.self)
  }

  /// The system's file with its methods, and who watches it.
  private static func parts(
    _ file: Handle?
  ) -> (file: Handle, methods: sqlite3_io_methods, disk: FaultyDisk, name: FileName) {
    guard let file, let methods = real(file).pointee.pMethods else {
      preconditionFailure("SQLite calls methods of open files")
    }
    let ours = UnsafeMutableRawPointer(file).assumingMemoryBound(to: File.self).pointee
    let name = Unmanaged<Name>.fromOpaque(ours.name).takeUnretainedValue()
    return (real(file), methods.pointee, disk(ours.disk), name.file)
  }

  private static func copy(_ text: String) -> UnsafeMutablePointer<CChar> {
    let bytes = Array(text.utf8CString)
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
    copy.initialize(from: bytes, count: bytes.count)
    return copy
  }

  /// `nonisolated(unsafe)` is right because nobody writes to the table once it is made.
  nonisolated(unsafe) private static let methods: UnsafePointer<sqlite3_io_methods> = {
    let table = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
    var methods = sqlite3_io_methods()
    methods.iVersion = 2
    setDataMethods(&methods)
    setLockMethods(&methods)
    setSharedMemoryMethods(&methods)
    table.initialize(to: methods)
    return UnsafePointer(table)
  }()

  private static func setDataMethods(_ methods: inout sqlite3_io_methods) {
    methods.xClose = { file in
      let (real, methods, _, _) = FaultyVFS.parts(file)
      let code = methods.xClose(real)
      if let file {
        let ours = UnsafeMutableRawPointer(file).assumingMemoryBound(to: File.self).pointee
        Unmanaged<Name>.fromOpaque(ours.name).release()
        file.pointee.pMethods = nil
      }
      return code
    }
    methods.xRead = { file, buffer, count, offset in
      let (real, methods, _, _) = FaultyVFS.parts(file)
      return methods.xRead(real, buffer, count, offset)
    }
    methods.xWrite = { file, buffer, count, offset in
      let (real, methods, disk, name) = FaultyVFS.parts(file)
      let admitted = disk.admit(Int(count))
      disk.note(
        name,
        .write(
          offset: Int(offset),
          bytes: [UInt8](UnsafeRawBufferPointer(start: buffer, count: admitted))))
      let code = methods.xWrite(real, buffer, CInt(admitted), offset)
      return admitted < count ? SQLITE_FULL : code
    }
    methods.xTruncate = { file, size in
      let (real, methods, disk, name) = FaultyVFS.parts(file)
      disk.note(name, .truncate(size: Int(size)))
      return methods.xTruncate(real, size)
    }
    methods.xSync = { file, flags in
      let (_, _, disk, name) = FaultyVFS.parts(file)
      // The real disk is spared: only the note matters.
      disk.note(name, .sync)
      return SQLITE_OK
    }
    methods.xFileSize = { file, size in
      let (real, methods, _, _) = FaultyVFS.parts(file)
      return methods.xFileSize(real, size)
    }
  }

  private static func setLockMethods(_ methods: inout sqlite3_io_methods) {
    methods.xLock = { file, level in
      let (real, methods, _, _) = FaultyVFS.parts(file)
      return methods.xLock(real, level)
    }
    methods.xUnlock = { file, level in
      let (real, methods, _, _) = FaultyVFS.parts(file)
      return methods.xUnlock(real, level)
    }
    methods.xCheckReservedLock = { file, answer in
      let (real, methods, _, _) = FaultyVFS.parts(file)
      return methods.xCheckReservedLock(real, answer)
    }
    methods.xFileControl = { file, operation, argument in
      let (real, methods, _, _) = FaultyVFS.parts(file)
      return methods.xFileControl(real, operation, argument)
    }
    methods.xSectorSize = { file in
      let (real, methods, _, _) = FaultyVFS.parts(file)
      return methods.xSectorSize(real)
    }
    methods.xDeviceCharacteristics = { file in
      let (real, methods, _, _) = FaultyVFS.parts(file)
      return methods.xDeviceCharacteristics(real)
    }
  }

  private static func setSharedMemoryMethods(_ methods: inout sqlite3_io_methods) {
    methods.xShmMap = { file, region, size, extend, memory in
      let (real, methods, _, _) = FaultyVFS.parts(file)
      return methods.xShmMap(real, region, size, extend, memory)
    }
    methods.xShmLock = { file, offset, count, flags in
      let (real, methods, _, _) = FaultyVFS.parts(file)
      return methods.xShmLock(real, offset, count, flags)
    }
    methods.xShmBarrier = { file in
      let (real, methods, _, _) = FaultyVFS.parts(file)
      methods.xShmBarrier(real)
    }
    methods.xShmUnmap = { file, delete in
      let (real, methods, _, _) = FaultyVFS.parts(file)
      return methods.xShmUnmap(real, delete)
    }
  }
}
