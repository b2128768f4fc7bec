import Glibc
import HTTPServer

/// The page's files, read once: serving them never touches the disk, and no path leads out of their
/// folder, by no symbolic link either.
struct PublicFiles: Sendable {
  /// All files together, at most.
  static let maximumBytes = 8 * 1024 * 1024
  private static let maximumDepth = 4

  private var responses: [String: HTTPResponse] = [:]
  /// Links that lead out of the folder, or to another folder: what they point to is not served.
  private(set) var linksPassedOver: [String] = []
  /// The folder without a link in its path, and with a `/` at the end.
  private var root = ""

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
    guard let resolved = Self.resolve(directory) else { return nil }
    root = resolved.utf8.last == UInt8(ascii: "/") ? resolved : resolved + "/"
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
      guard let path = inside(directory + "/" + name) else { continue }
      var info = stat()
      guard lstat(path, &info) == 0 else { continue }
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

extension PublicFiles {
  /// Where an entry really is. A link may stand for a file of the folder itself, as those that
  /// Kubernetes mounts do.
  ///
  /// - Returns: nil for what is not to be served.
  private mutating func inside(_ path: String) -> String? {
    var info = stat()
    guard lstat(path, &info) == 0 else { return nil }
    guard info.st_mode & S_IFMT == S_IFLNK else { return path }
    guard let resolved = Self.resolve(path), resolved.utf8.starts(with: root.utf8),
      lstat(resolved, &info) == 0, info.st_mode & S_IFMT == S_IFREG
    else {
      linksPassedOver.append(path)
      return nil
    }
    return resolved
  }

  /// The C function is `realpath`.
  private static func resolve(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
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
