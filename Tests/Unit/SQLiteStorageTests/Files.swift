import Glibc

/// Whole files, for tests that break them.
enum Files {
  static func read(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      guard count > 0 else { return content }
      content.append(contentsOf: chunk.prefix(count))
    }
  }

  static func write(_ content: [UInt8], to path: String) {
    guard let file = fopen(path, "w") else { preconditionFailure("a test's file can be written") }
    let written = fwrite(content, 1, content.count, file)
    fclose(file)
    precondition(written == content.count, "a test's file can be written")
  }

  /// The permission bits of a file; nil if it is missing.
  static func mode(_ path: String) -> mode_t? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o777 : nil
  }

  static func size(_ path: String) -> Int? {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : nil
  }
}
