import TOMLKit

/// A configuration file as TOML has it: its sections are the right ones, their keys and values are still
/// to be judged.
struct ConfigurationDocument {
  /// One table of the file.
  struct Section {
    let values: [GivenValue]
    /// Where the section begins, for what is missing in it.
    let origin: ValueOrigin
  }

  /// By name: `server`, `storage`, `upstream`; those that are written.
  private(set) var tables: [String: Section] = [:]
  private(set) var wallets: [Section] = []
  private(set) var mints: [Section] = []

  private static let tableNames = ["server", "storage", "upstream"]
  private static let listNames = ["wallet", "mint"]

  /// An empty document, for when there is no file.
  init() {}

  /// Reads a file.
  init(_ bytes: [UInt8], path: String) throws(ConfigurationError) {
    let whole = ValueOrigin.file(path, line: nil)
    // The parser is handed a C string, and would not see what stands behind a NUL.
    guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
      throw whole.mistake(nil, "must be TOML in UTF-8")
    }
    let reader = SectionReader(path: path, lines: KeyLines(text))
    for (name, value) in try Self.parse(text, path: path) {
      let origin = reader.origin(section: name, key: nil)
      if Self.tableNames.contains(name) {
        guard let table = value.table else {
          throw origin.mistake(name, "must be a table, written [\(name)]")
        }
        tables[name] = reader.section(table, path: name)
      } else if Self.listNames.contains(name) {
        guard let array = value.array, array.allSatisfy({ $0.table != nil }) else {
          throw origin.mistake(name, "must be a list of tables, each written [[\(name)]]")
        }
        let sections = array.compactMap(\.table).enumerated().map {
          reader.section($1, path: "\(name)[\($0)]")
        }
        if name == "wallet" { wallets = sections } else { mints = sections }
      } else {
        throw origin.mistake(
          name, "unknown section; allowed are [server], [storage], [upstream], [[wallet]], [[mint]]"
        )
      }
    }
  }

  /// The parser's own words are not passed on: they quote what they stumbled over, which may be a key
  /// that somebody forgot to put in quotes.
  private static func parse(_ text: String, path: String) throws(ConfigurationError) -> TOMLTable {
    if let line = lineThatEndsTheParser(text) {
      throw ValueOrigin.file(path, line: line).mistake(
        nil, "must be TOML, and is not; a section is written [name] or [[name]]")
    }
    do {
      return try TOMLTable(string: text)
    } catch {
      let position = (error as? TOMLParseError)?.source.begin
      let column = position.map { " at column \($0.column)" } ?? ""
      throw ValueOrigin.file(path, line: position?.line).mistake(
        nil, "must be TOML, and is not\(column); texts stand in quotes, a key is written once")
    }
  }
}

extension ConfigurationDocument {
  /// The first line on which a section's name begins with what no name can begin with: toml++ 3 takes that for granted,
  /// and ends the process (an assertion in its `parse_key`), at a reload too.
  ///
  /// - Returns: The number of the line, from 1. In a text of several lines it may be a false alarm.
  private static func lineThatEndsTheParser(_ text: String) -> Int? {
    let blanks: [UInt8] = [UInt8(ascii: " "), UInt8(ascii: "\t")]
    let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      var rest = line.drop { blanks.contains($0) }
      guard rest.first == UInt8(ascii: "[") else { continue }
      rest = rest.dropFirst().drop { blanks.contains($0) }
      if rest.first == UInt8(ascii: "[") { rest = rest.dropFirst().drop { blanks.contains($0) } }
      // A header that ends with its line is one of those.
      guard let first = rest.first else { return index + 1 }
      switch first {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
        UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "]"):
        continue
      default:
        return index + 1
      }
    }
    return nil
  }
}

private struct SectionReader {
  let path: String
  let lines: KeyLines

  func origin(section: String, key: String?) -> ValueOrigin {
    .file(path, line: lines.line(section: section, key: key))
  }

  func section(_ table: TOMLTable, path section: String) -> ConfigurationDocument.Section {
    let values = table.map { key, value in
      GivenValue(
        key: key, value: ConfigurationValue(value), origin: origin(section: section, key: key))
    }
    return .init(values: values, origin: origin(section: section, key: nil))
  }
}

extension ConfigurationValue {
  fileprivate init(_ value: any TOMLValueConvertible) {
    if let text = value.string {
      self = .text(text)
    } else if let integer = value.int {
      self = .integer(integer)
    } else if let flag = value.bool {
      self = .flag(flag)
    } else if let array = value.array {
      let texts = array.compactMap(\.string)
      self = texts.count == array.count ? .list(texts) : .other
    } else {
      self = .other
    }
  }
}
