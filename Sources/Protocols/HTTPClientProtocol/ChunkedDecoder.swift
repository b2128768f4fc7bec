/// Takes the chunked transfer coding off a body (RFC 9112 §7.1), extensions ignored, trailers kept.
struct ChunkedDecoder: Sendable {
  private enum State: Sendable {
    case size
    case data(remaining: Int)
    case dataEnd
    case trailers
  }

  /// The most digits a size may be written with; more than `Int` can hold would overflow anyway.
  private static let maximumSizeDigits = 16

  var trailers: HTTPHeaders { trailerSection.fields }

  private var state = State.size
  private var reader = LineReader()
  private var extensionBytes = 0
  private var trailerSection: FieldSection
  private let limits: HTTPResponseLimits

  init(_ limits: HTTPResponseLimits) {
    self.limits = limits
    trailerSection = FieldSection(.trailers(limits))
  }

  /// Takes coded bytes off the front of `rest` and adds their content to `body`.
  ///
  /// - Returns: whether the body and its trailers are complete.
  mutating func receive(
    _ rest: inout ArraySlice<UInt8>, into body: inout [UInt8]
  ) throws(HTTPParseError) -> Bool {
    while !rest.isEmpty {
      switch state {
      case .size:
        guard let line = try takeSizeLine(&rest) else { return false }
        let size = try chunkSize(line)
        guard size <= limits.maximumBodyBytes - body.count else {
          throw .overLimit(.bodyBytes, maximum: limits.maximumBodyBytes)
        }
        state = size == 0 ? .trailers : .data(remaining: size)

      case .data(let remaining):
        let taken = rest.prefix(remaining)
        body += taken
        rest = rest[taken.endIndex...]
        state = taken.count == remaining ? .dataEnd : .data(remaining: remaining - taken.count)

      case .dataEnd:
        // A line of two bytes can only be the CRLF alone.
        let end = try reader.takeLine(from: &rest, maximum: 2, tooLong: .malformed(.chunkEnd))
        guard end != nil else { return false }
        state = .size

      case .trailers:
        guard try trailerSection.receive(&rest) else { return false }
        return true
      }
    }
    return false
  }

  private mutating func takeSizeLine(
    _ rest: inout ArraySlice<UInt8>
  ) throws(HTTPParseError) -> [UInt8]? {
    let extensionsLeft = limits.maximumChunkExtensionBytes - extensionBytes
    return try reader.takeLine(
      from: &rest, maximum: Self.maximumSizeDigits + extensionsLeft + 2,
      tooLong: .overLimit(.chunkExtensionBytes, maximum: limits.maximumChunkExtensionBytes))
  }

  private mutating func chunkSize(_ line: [UInt8]) throws(HTTPParseError) -> Int {
    let digits = line.prefix { $0.hexadecimalValue != nil }
    guard (1...Self.maximumSizeDigits).contains(digits.count) else {
      throw .malformed(.chunkSize)
    }
    var size = 0
    for digit in digits {
      let (shifted, overflow) = size.multipliedReportingOverflow(by: 16)
      guard !overflow, let value = digit.hexadecimalValue else { throw .malformed(.chunkSize) }
      size = shifted | value
    }

    let extensions = line[digits.endIndex...]
    guard extensions.isEmpty || extensions.first(where: { !$0.isBlank }) == ASCII.semicolon,
      extensions.allSatisfy(\.isFieldValueByte)
    else { throw .malformed(.chunkSize) }
    extensionBytes += extensions.count
    guard extensionBytes <= limits.maximumChunkExtensionBytes else {
      throw .overLimit(.chunkExtensionBytes, maximum: limits.maximumChunkExtensionBytes)
    }
    return size
  }
}
