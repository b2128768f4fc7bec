/// A Swift file with its comments and the contents of its strings blanked out, so that what is left
/// is code and stands on the line where it stood.
///
/// A scan, not a parser: it knows line and nested block comments, strings with interpolations, raw
/// and multi-line strings. It does not know regular-expression literals, which nobody uses here.
struct MaskedSource {
  /// The code, line by line.
  let code: [String]
  /// For each line, whether a comment stands on it.
  let hasComment: [Bool]

  init(_ text: String) {
    var scan = Scan(Array(text.utf8))
    scan.run()
    code = scan.output.split(separator: Scan.lineFeed, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    hasComment = code.indices.map(scan.commentLines.contains)
  }
}

private struct Scan {
  static let lineFeed = UInt8(ascii: "\n")

  private let input: [UInt8]
  private var position = 0
  private var line = 0
  private(set) var output: [UInt8] = []
  private(set) var commentLines: Set<Int> = []

  init(_ input: [UInt8]) {
    self.input = input
  }

  mutating func run() {
    while position < input.count {
      if !skipCommentOrString() { emit(blank: false) }
    }
  }

  private func at(_ text: String, offset: Int = 0) -> Bool {
    input.dropFirst(position + offset).starts(with: text.utf8)
  }

  private mutating func emit(blank: Bool, count: Int = 1) {
    for _ in 0..<count where position < input.count {
      let byte = input[position]
      output.append(blank && byte != Self.lineFeed ? UInt8(ascii: " ") : byte)
      if byte == Self.lineFeed { line += 1 }
      position += 1
    }
  }

  private mutating func skipCommentOrString() -> Bool {
    // Most bytes begin neither, and this is asked of every one.
    guard [UInt8(ascii: "/"), UInt8(ascii: "\""), UInt8(ascii: "#")].contains(input[position])
    else { return false }
    if at("//") {
      commentLines.insert(line)
      while position < input.count, input[position] != Self.lineFeed { emit(blank: true) }
    } else if at("/*") {
      skipBlockComment()
    } else if let hashes = hashesBeforeQuote() {
      skipString(hashes: hashes)
    } else {
      return false
    }
    return true
  }

  private mutating func skipBlockComment() {
    var depth = 0
    repeat {
      commentLines.insert(line)
      if at("/*") {
        depth += 1
        emit(blank: true, count: 2)
      } else if at("*/") {
        depth -= 1
        emit(blank: true, count: 2)
      } else {
        emit(blank: true)
      }
    } while depth > 0 && position < input.count
  }

  /// How many `#` stand before the quote that begins a string here; nil where none begins.
  private func hashesBeforeQuote() -> Int? {
    let hashes = input[position...].prefix { $0 == UInt8(ascii: "#") }.count
    return at("\"", offset: hashes) ? hashes : nil
  }

  private mutating func skipString(hashes: Int) {
    let guardText = String(repeating: "#", count: hashes)
    let quote = at("\"\"\"", offset: hashes) ? "\"\"\"" : "\""
    emit(blank: true, count: hashes + quote.utf8.count)
    while position < input.count {
      if at(quote + guardText) {
        emit(blank: true, count: quote.utf8.count + hashes)
        return
      }
      if at("\\" + guardText + "(") {
        emit(blank: true, count: hashes + 2)
        skipInterpolation()
      } else if at("\\" + guardText) {
        emit(blank: true, count: hashes + 2)
      } else {
        emit(blank: true)
      }
    }
  }

  /// Up to the parenthesis that closes an interpolation, strings inside it included.
  private mutating func skipInterpolation() {
    var depth = 1
    while depth > 0, position < input.count {
      if skipCommentOrString() { continue }
      if at("(") { depth += 1 }
      if at(")") { depth -= 1 }
      emit(blank: true)
    }
  }
}
