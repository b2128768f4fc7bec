import JSON

extension JSONValue {
  /// Reads JSON; members come out sorted by name. Nil when it is malformed.
  package init?(parsing bytes: some Sequence<UInt8>) {
    guard let root = JSONDocument(Array(bytes))?.root, let value = JSONValue(root) else {
      return nil
    }
    self = value
  }

  private init?(_ element: JSONElement) {
    if element.isNull {
      self = .null
    } else if let text = element.string {
      self = .string(text)
    } else if let value = element.int64 {
      self = .integer(value)
    } else if let value = element.double {
      self = .number(value)
    } else if let flag = element.bool {
      self = .bool(flag)
    } else if let elements = element.array(JSONValue.init) {
      self = .array(elements)
    } else if let members = element.members {
      var read: [Member] = []
      for member in members.sorted(by: { $0.name < $1.name }) {
        guard let value = JSONValue(member.value) else { return nil }
        read.append(Member(member.name, value))
      }
      self = .object(read)
    } else {
      return nil
    }
  }
}
