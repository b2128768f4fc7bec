/// Collects the beginning of a refusal's body (RFC 9112, section 6.3).
struct RefusalBody: Sendable {
  private enum Framing {
    case counted(remaining: Int)
    case chunked(ChunkedPrefix)
    case untilClose
  }

  private(set) var prefix: [UInt8] = []
  /// The whole body is in `prefix`.
  private(set) var isComplete = false
  private let limitBytes: Int
  private var framing: Framing

  /// Nothing more is worth waiting for.
  var isFinished: Bool { isComplete || isCut || isBroken }
  /// The body is longer than the limit.
  private var isCut = false
  /// The chunks make no sense; what came before them stands.
  private var isBroken = false

  init(statusCode: Int, headers: HandshakeHeaders, limitBytes: Int) {
    self.limitBytes = limitBytes
    if statusCode == 204 || statusCode == 304 {
      framing = .counted(remaining: 0)
    } else if headers["Transfer-Encoding"] != nil {
      framing =
        headers.lists("chunked", in: "Transfer-Encoding") ? .chunked(ChunkedPrefix()) : .untilClose
    } else if let length = headers["Content-Length"].flatMap({ Int($0) }), length >= 0 {
      framing = .counted(remaining: length)
    } else {
      framing = .untilClose
    }
    receive([])
  }

  mutating func receive(_ bytes: [UInt8]) {
    guard !isFinished else { return }
    switch framing {
    case .counted(let remaining):
      let taken = bytes.prefix(remaining)
      keep(taken)
      framing = .counted(remaining: remaining - taken.count)
      isComplete = remaining == taken.count && !isCut
    case .chunked(var chunks):
      for byte in bytes where !isFinished {
        switch chunks.receive(byte) {
        case .framing: break
        case .data: keep([byte])
        case .end: isComplete = true
        case .malformed: isBroken = true
        }
      }
      framing = .chunked(chunks)
    case .untilClose:
      keep(bytes[...])
    }
  }

  mutating func receiveEOF() {
    if case .untilClose = framing, !isCut { isComplete = true }
  }

  private mutating func keep(_ bytes: ArraySlice<UInt8>) {
    let room = limitBytes - prefix.count
    prefix.append(contentsOf: bytes.prefix(room))
    isCut = bytes.count > room
  }
}
