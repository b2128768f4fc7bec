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
    var rest = bytes[...]
    while let line = nextLine(of: &rest) {
      guard line.count > name.count, line[line.startIndex + name.count] == UInt8(ascii: ":"),
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

  /// - Returns: nil at the empty line that ends the header, and where no whole line has come.
  private static func nextLine(
    of rest: inout Slice<UnsafeMutableRawBufferPointer>
  ) -> Slice<UnsafeMutableRawBufferPointer>? {
    guard let end = rest.firstIndex(where: { $0 == 0x0A || $0 == 0 }), rest[end] == 0x0A,
      end > rest.startIndex, rest[end - 1] == 0x0D, end - 1 > rest.startIndex
    else { return nil }
    defer { rest = rest[(end + 1)...] }
    return rest[..<(end - 1)]
  }
}
