import Glibc

/// A small file that was read whole, and who else may read it.
package struct FileContents: Sendable, Equatable {
  /// The longest configuration or key file that is read.
  package static let maximumBytes = 1024 * 1024

  package let bytes: [UInt8]
  /// Whether other users of the machine, those of its group included, can read it and its owner,
  /// who is us, could forbid that.
  package let isOpenToOthers: Bool

  package init(bytes: [UInt8], isOpenToOthers: Bool = false) {
    self.bytes = bytes
    self.isOpenToOthers = isOpenToOthers
  }

  /// The bytes without the byte order mark that some editors put before UTF-8.
  package var text: ArraySlice<UInt8> {
    let mark = "\u{FEFF}".utf8
    return bytes.dropFirst(bytes.starts(with: mark) ? mark.count : 0)
  }
}

/// Why a file that exists could not be read.
package struct FileReadError: Error, Sendable, Equatable {
  /// In the words of the system, such as "Permission denied".
  package let reason: String

  package init(reason: String) {
    self.reason = reason
  }
}

/// Reads a file by its path; nil when there is none. Handed in, so that tests need no disk.
package typealias FileReader = (_ path: String) throws(FileReadError) -> FileContents?

extension FileContents {
  /// Reads a file from the disk. The ``FileReader`` of the running bridge.
  ///
  /// A regular file only, perhaps behind symbolic links, as those who manage secrets lay them out:
  /// a pipe gives what it holds once, and would keep whoever waits for it; a device may have no
  /// end. A network's file system that hangs can still keep the caller, so the bridge's loop is no
  /// place for this.
  ///
  /// - Returns: what it holds, or nil when there is no such file.
  /// - Throws: ``FileReadError`` when it exists and cannot be read, is no regular file, or is
  ///   longer than ``maximumBytes``.
  package static func read(_ path: String) throws(FileReadError) -> FileContents? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else {
      guard errno == ENOENT || errno == ENOTDIR else { throw FileReadError(errno: errno) }
      return nil
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileReadError(errno: errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw FileReadError(reason: "it is no regular file, but a folder, a pipe or a device")
    }

    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 16 * 1024)
    while true {
      let count = Glibc.read(descriptor, &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw FileReadError(errno: errno) }
      guard count > 0 else { break }
      bytes += piece[..<count]
      guard bytes.count <= maximumBytes else {
        throw FileReadError(reason: "longer than \(maximumBytes) bytes")
      }
    }
    return FileContents(
      bytes: bytes, isOpenToOthers: isOpen(path, status, for: S_IRGRP | S_IROTH))
  }

  /// Whether other users of the machine can read or write a file, and its owner, who is us, could
  /// forbid that. Opens nothing: closing a descriptor of a database would give up SQLite's locks on
  /// it.
  package static func isOpenToOthers(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && isOpen(path, status, for: S_IRWXG | S_IRWXO)
  }

  /// The mode bits alone would refuse what a container mounts under `/run/secrets`: readable by
  /// all, and on a read-only mount where nobody can change that. So it counts only where `chmod`
  /// helps: the file is ours, its file system can be written, and others can get to it through its
  /// folders.
  private static func isOpen(_ path: String, _ status: stat, for bits: mode_t) -> Bool {
    var fileSystem = statvfs()
    return status.st_mode & bits != 0
      && status.st_uid == geteuid()
      && statvfs(path, &fileSystem) == 0
      && fileSystem.f_flag & UInt(ST_RDONLY) == 0
      && foldersAreOpenToOthers(path)
  }

  private static func foldersAreOpenToOthers(_ path: String) -> Bool {
    guard let resolved = realpath(path, nil) else { return true }
    defer { free(resolved) }
    var folder = String(cString: resolved)[...]
    while let slash = folder.lastIndex(of: "/") {
      folder = folder[..<slash]
      var status = stat()
      guard stat(folder.isEmpty ? "/" : String(folder), &status) == 0 else { continue }
      if status.st_mode & (S_IXGRP | S_IXOTH) == 0 { return false }
    }
    return true
  }
}

extension FileReadError {
  fileprivate init(errno code: CInt) {
    self.init(reason: String(cString: strerror(code)))
  }
}
