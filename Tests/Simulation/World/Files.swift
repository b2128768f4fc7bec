import Glibc

/// The few things that a life does with files.
package enum Files {
  /// A directory in memory where there is one.
  package static func makeDirectory() -> String {
    let root = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
    var template = Array("\(root)/walletwire-simulation-XXXXXX".utf8CString)
    precondition(mkdtemp(&template) != nil, "a temporary directory can be made")
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  package static func removeDirectory(_ path: String) {
    empty(path)
    rmdir(path)
  }

  /// Deletes the files in a directory.
  static func empty(_ path: String) {
    guard let directory = opendir(path) else { return }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { unlink(path + "/" + name) }
    }
  }

  /// Copies a file; nothing happens where there is none.
  static func copy(_ path: String, to target: String) {
    let source = open(path, O_RDONLY | O_CLOEXEC)
    guard source >= 0 else { return }
    defer { close(source) }
    let copy = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    precondition(copy >= 0, "a file can be made")
    defer { close(copy) }
    var count = 0
    repeat { count = sendfile(copy, source, nil, 1 << 24) } while count > 0
    precondition(count == 0, "a file can be copied")
  }

  /// The content of a file; empty where there is none.
  static func read(_ path: String) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return [] }
    defer { close(file) }
    let size = Int(lseek(file, 0, SEEK_END))
    return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      count = max(0, pread(file, buffer.baseAddress, size, 0))
    }
  }

  static func write(_ content: [UInt8], to path: String) {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    precondition(file >= 0, "a file can be made")
    defer { close(file) }
    let written = content.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
    precondition(written == content.count, "a file can be written")
  }
}
