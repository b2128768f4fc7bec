import Glibc

/// Blanks between a `Content-Length` and its line's end are no part of the value (RFC 9110, section
/// 5.5). microhttpd 0.9.75 takes those in front of a value off, and refuses a length with some
/// behind it.
enum ContentLengthBlanks {
  private static let name = Array("content-length".utf8)

  /// Puts the blanks behind each `Content-Length` in front of it, up to the end of the header, or
  /// as far as its lines have come.
  ///
  /// - Parameter bytes: Begins with a line of the header; a NUL ends what has come.
  static func moveToFront(in bytes: UnsafeMutableRawBufferPointer) {
    var rest = bytes
    while let line = nextLine(of: &rest) {
      guard line.count > name.count, line[0].asciiLowercased == name[0],
        line[name.count] == UInt8(ascii: ":"),
        line.prefix(name.count).elementsEqual(name, by: { $0.asciiLowercased == $1 })
      else { continue }
      let value = UnsafeMutableRawBufferPointer(rebasing: line.dropFirst(name.count + 1))
      let length = (value.lastIndex { !isBlank($0) } ?? -1) + 1
      let blanks = value.count - length
      guard length > 0, blanks > 0, let start = value.baseAddress else { continue }
      memmove(start + blanks, start, length)
      memset(start, CInt(UInt8(ascii: " ")), blanks)
    }
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  /// Takes a line off the front.
  ///
  /// - Returns: It, without its end; nil at the empty line that ends the header, and where no whole
  ///   line has come.
  private static func nextLine(
    of rest: inout UnsafeMutableRawBufferPointer
  ) -> UnsafeMutableRawBufferPointer? {
    guard let start = rest.baseAddress, let feed = memchr(start, 0x0A, rest.count) else {
      return nil
    }
    let length = feed - start - 1
    guard length > 0, rest[length] == 0x0D, memchr(start, 0, length) == nil else { return nil }
    let line = UnsafeMutableRawBufferPointer(rebasing: rest[..<length])
    rest = UnsafeMutableRawBufferPointer(rebasing: rest[(length + 2)...])
    return line
  }
}
