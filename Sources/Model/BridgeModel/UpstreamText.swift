/// How much of an upstream's texts is kept: a server may send megabytes where a few words are
/// meant.
package enum UpstreamText {
  /// A memo, a payer's comment: what people write.
  package static let maximumMemoBytes = 4096
  /// A name, a tag, a version, a currency.
  package static let maximumNameBytes = 256
  /// An error's detail, the reason of a close.
  package static let maximumErrorBytes = 1024

  /// - Parameters:
  ///   - text: As it came.
  ///   - maximumBytes: of UTF-8, 4 or more.
  /// - Returns: the text, or as many whole characters from its start as fit. A first character that
  ///   is longer by itself (a letter under thousands of combining marks) is cut between its
  ///   scalars.
  package static func cut(_ text: String, to maximumBytes: Int) -> String {
    guard text.utf8.count > maximumBytes else { return text }
    var end = text.utf8.index(text.utf8.startIndex, offsetBy: maximumBytes)
    while text.utf8[end] & 0xC0 == 0x80 { text.utf8.formIndex(before: &end) }
    let head = text[..<end]
    let lastBytes = head.last.map { String($0).utf8.count } ?? 0
    // Made anew: an index of the head remembers how long its character is there.
    let last = text.utf8.index(text.startIndex, offsetBy: head.utf8.count - lastBytes)
    let isWhole = text.index(after: last) <= end
    return String(isWhole || last == text.startIndex ? head : text[..<last])
  }
}
