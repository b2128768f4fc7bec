/// One block of an event stream (WHATWG HTML §9.2) that cannot be malformed: its id and name are
/// values that hold no line end, and line ends in its data become lines of their own.
package struct ServerSentEvent: Sendable, Equatable {
  /// Moves the reader's last event id; it stays where it was without one.
  package var id: EventStreamID?
  /// The type of the event; `message` to a reader without one.
  package var name: EventName?
  /// The content, in UTF-8. CR, LF and CRLF all reach the reader as LF, and bytes that are not
  /// UTF-8 as U+FFFD. Empty data is an event; without data there is none, only a change of id or of
  /// retry.
  package var data: [UInt8]?
  /// How long the reader waits before it connects again, in milliseconds.
  package var retryMilliseconds: UInt32?
  /// A line for nobody, which keeps the connection from looking idle.
  package var comment: String?

  /// An event with data.
  package init(id: EventStreamID? = nil, name: EventName? = nil, data: [UInt8]) {
    self.id = id
    self.name = name
    self.data = data
  }

  /// An event with text as its data.
  package init(id: EventStreamID? = nil, name: EventName? = nil, data: String) {
    self.init(id: id, name: name, data: Array(data.utf8))
  }

  /// A block with nothing in it yet.
  private init() {}

  /// A block with an id alone: no event, but the reader resumes behind it.
  package static func cursor(_ id: EventStreamID) -> Self {
    var block = Self()
    block.id = id
    return block
  }

  /// A block with a comment alone. A line end in it begins another comment line.
  package static func comment(_ text: String) -> Self {
    var block = Self()
    block.comment = text
    return block
  }

  /// A block that only says how long to wait before connecting again.
  package static func retry(milliseconds: UInt32) -> Self {
    var block = Self()
    block.retryMilliseconds = milliseconds
    return block
  }

  /// The bytes of the block: `name: value` and LF for each field, then an empty line.
  package func encoded() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity((data?.count ?? 0) + 128)
    if let comment { Self.append(field: "", Array(comment.utf8), to: &bytes) }
    if let retryMilliseconds { bytes += "retry: \(retryMilliseconds)\n".utf8 }
    if let id { bytes += "id: \(id.text)\n".utf8 }
    if let name { bytes += "event: \(name.text)\n".utf8 }
    if let data { Self.append(field: "data", data, to: &bytes) }
    bytes.append(ASCII.lineFeed)
    return bytes
  }

  /// Writes a value as as many lines of the field as it has lines.
  private static func append(field: StaticString, _ value: [UInt8], to bytes: inout [UInt8]) {
    var rest = value[...]
    if !value.withUnsafeBytes(\.isOneLine) {
      while let end = rest.firstIndex(where: \.isLineEnd) {
        append(field: field, line: rest[..<end], to: &bytes)
        rest = rest[(end + 1)...]
        if value[end] == ASCII.carriageReturn, rest.first == ASCII.lineFeed { rest.removeFirst() }
      }
    }
    append(field: field, line: rest, to: &bytes)
  }

  private static func append(
    field: StaticString, line: ArraySlice<UInt8>, to bytes: inout [UInt8]
  ) {
    field.withUTF8Buffer { bytes += $0 }
    bytes.append(ASCII.colon)
    bytes.append(ASCII.space)
    bytes += line
    bytes.append(ASCII.lineFeed)
  }
}
