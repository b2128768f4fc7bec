import TOMLKit

/// A configuration file as TOML has it: its sections are the right ones, their keys and values are
/// still to be judged.
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
  /// Whether other users of the machine can read the file.
  private(set) var isOpenToOthers = false

  private static let tableNames = ["server", "storage", "upstream"]
  private static let listNames = ["wallet", "mint"]

  /// An empty document, for when there is no file.
  init() {}

  /// Reads a file.
  init(_ contents: FileContents, path: String) throws(ConfigurationError) {
    isOpenToOthers = contents.isOpenToOthers
    let whole = ValueOrigin.file(path, line: nil)
    // The parser is handed a C string, and would not see what stands behind a NUL.
    guard !contents.bytes.contains(0),
      let text = String(validating: contents.text, as: UTF8.self)
    else {
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
          GivenValue.shown(key: name),
          "unknown section; allowed are [server], [storage], [upstream], [[wallet]], [[mint]]"
        )
      }
    }
  }

  /// The parser's own words are not passed on: they quote what they stumbled over, which may be a
  /// key that somebody forgot to put in quotes.
  private static func parse(_ text: String, path: String) throws(ConfigurationError) -> TOMLTable {
    if let line = TOMLGuard.lineThatEndsTheParser(text) {
      throw ValueOrigin.file(path, line: line).mistake(
        nil,
        "must be TOML, and is not; a section is written [name] or [[name]], "
          + "and texts stand in quotes"
      )
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
