import Glibc
import HTTPServer

/// The page's files, read once: serving them never touches the disk, and no path leads out of their folder.
struct PublicFiles: Sendable {
  /// All files together, at most.
  static let maximumBytes = 8 * 1024 * 1024
  private static let maximumDepth = 4

  private var responses: [String: HTTPResponse] = [:]

  static let none = PublicFiles()

  /// Where `make install` puts the page: `share/walletwire/public` beside the binary's `bin`.
  static var installedDirectory: String {
    var path = [CChar](repeating: 0, count: Int(PATH_MAX))
    let length = max(0, readlink("/proc/self/exe", &path, path.count))
    let binary = String(decoding: path[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
    let folders = binary.split(separator: "/").dropLast(2).joined(separator: "/")
    return "/\(folders)/share/walletwire/public"
  }

  private init() {}

  /// Reads a folder.
  ///
  /// - Returns: nil when it cannot be read, or holds more than ``maximumBytes``.
  init?(directory: String) {
    var total = 0
    guard read(directory, as: "/", depth: 0, total: &total) else { return nil }
    responses["/"] = responses["/index.html"]
  }

  subscript(path: String) -> HTTPResponse? { responses[path] }

  private mutating func read(
    _ directory: String, as prefix: String, depth: Int, total: inout Int
  ) -> Bool {
    guard let listing = opendir(directory) else { return false }
    defer { closedir(listing) }
    while let entry = readdir(listing) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard !name.hasPrefix(".") else { continue }
      let path = directory + "/" + name
      var info = stat()
      guard stat(path, &info) == 0 else { continue }
      if info.st_mode & S_IFMT == S_IFDIR {
        guard depth < Self.maximumDepth,
          read(path, as: prefix + name + "/", depth: depth + 1, total: &total)
        else { return false }
      } else if info.st_mode & S_IFMT == S_IFREG {
        total += Int(info.st_size)
        guard total <= Self.maximumBytes, let file = try? FileContents.read(path) else {
          return false
        }
        responses[prefix + name] = .file(file.bytes, named: name)
      }
    }
    return true
  }
}

extension HTTPResponse {
  fileprivate static func file(_ bytes: [UInt8], named name: String) -> HTTPResponse {
    let type =
      switch name.split(separator: ".").last {
      case "html": "text/html; charset=utf-8"
      case "css": "text/css; charset=utf-8"
      case "js", "mjs": "text/javascript; charset=utf-8"
      case "svg": "image/svg+xml"
      case "png": "image/png"
      case "ico": "image/x-icon"
      case "json": "application/json; charset=utf-8"
      case "webmanifest": "application/manifest+json; charset=utf-8"
      case "txt": "text/plain; charset=utf-8"
      default: "application/octet-stream"
      }
    var response = HTTPResponse(status: 200, headers: ["Content-Type": type], body: bytes)
    response.cache(.revalidate)
    return response
  }
}
