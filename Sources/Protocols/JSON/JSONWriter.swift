/// Writes JSON (RFC 8259) on one line, with the fields in the order in which they are given.
///
/// Two answers with the same content have the same bytes, which is what an ETag promises, and a
/// missing value is written as `null` rather than left out, which is what the contract promises.
/// See docs/decisions/json.md.
package struct JSONWriter {
  package private(set) var bytes: [UInt8] = []
  /// The next element or field of the open array or object is its first.
  private var isFirst = true

  package init(reserving capacity: Int = 512) {
    bytes.reserveCapacity(capacity)
  }

  // MARK: Containers

  package mutating func object(_ body: (inout JSONWriter) -> Void) {
    container(UInt8(ascii: "{"), UInt8(ascii: "}"), body)
  }

  package mutating func array<Element>(
    _ elements: some Sequence<Element>, _ body: (inout JSONWriter, Element) -> Void
  ) {
    container(UInt8(ascii: "["), UInt8(ascii: "]")) { writer in
      for element in elements {
        writer.separate()
        body(&writer, element)
      }
    }
  }

  private mutating func container(
    _ open: UInt8, _ close: UInt8, _ body: (inout JSONWriter) -> Void
  ) {
    bytes.append(open)
    isFirst = true
    body(&self)
    bytes.append(close)
    isFirst = false
  }

  private mutating func separate() {
    if !isFirst { bytes.append(UInt8(ascii: ",")) }
    isFirst = false
  }

  // MARK: Fields

  /// A field whose value `body` writes.
  package mutating func field(_ name: StaticString, _ body: (inout JSONWriter) -> Void) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    name.withUTF8Buffer { bytes.append(contentsOf: $0) }
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: ":"))
    body(&self)
  }

  package mutating func field(_ name: StaticString, _ text: String?) {
    field(name) { $0.value(text) }
  }

  package mutating func field(_ name: StaticString, _ number: Int64?) {
    field(name) { $0.value(number) }
  }

  package mutating func field(_ name: StaticString, _ number: Int) {
    field(name) { $0.value(Int64(number)) }
  }

  package mutating func field(_ name: StaticString, _ number: Double?) {
    field(name) { $0.value(number) }
  }

  package mutating func field(_ name: StaticString, _ flag: Bool) {
    field(name) { $0.value(flag) }
  }

  // MARK: Values

  package mutating func null() {
    bytes.append(contentsOf: "null".utf8)
  }

  package mutating func value(_ flag: Bool) {
    bytes.append(contentsOf: (flag ? "true" : "false").utf8)
  }

  package mutating func value(_ number: Int64?) {
    guard let number else { return null() }
    bytes.append(contentsOf: String(number).utf8)
  }

  /// A number that JSON cannot carry is null.
  package mutating func value(_ number: Double?) {
    guard let number, number.isFinite else { return null() }
    if number == number.rounded(), abs(number) < 1e15 {
      bytes.append(contentsOf: "\(Int64(number)).0".utf8)
    } else {
      bytes.append(contentsOf: "\(number)".utf8)
    }
  }

  package mutating func value(_ text: String?) {
    guard var text else { return null() }
    bytes.append(UInt8(ascii: "\""))
    text.withUTF8 { text in
      if text.allSatisfy(Self.standsForItself) {
        bytes.append(contentsOf: text)
      } else {
        escape(text)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func standsForItself(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") && byte != 0x7F
  }

  private mutating func escape(_ text: UnsafeBufferPointer<UInt8>) {
    for byte in text {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case UInt8(ascii: "\n"):
        bytes.append(contentsOf: "\\n".utf8)
      case 0..<0x20, 0x7F:
        bytes.append(contentsOf: "\\u00".utf8)
        bytes.append(Self.hexDigit(byte >> 4))
        bytes.append(Self.hexDigit(byte & 15))
      default:
        bytes.append(byte)
      }
    }
  }

  private static func hexDigit(_ nibble: UInt8) -> UInt8 {
    nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
  }

  /// JSON that is there as text already. It must be one whole value.
  package mutating func raw(_ json: String) {
    bytes.append(contentsOf: json.utf8)
    isFirst = false
  }

  /// One document, from one call.
  package static func document(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
    var writer = JSONWriter()
    body(&writer)
    return writer.bytes
  }
}
