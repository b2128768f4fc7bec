import JSON

/// The little of JSON that a configuration needs, with keys in their order.
indirect enum JSONNode: Sendable {
  case text(String)
  case integer(Int)
  case flag(Bool)
  case array([JSONNode])
  case object([(key: String, value: JSONNode)])

  /// RFC 8259, without white space.
  var text: String {
    switch self {
    case .text(let text): Self.quoted(text)
    case .integer(let integer): String(integer)
    case .flag(let flag): String(flag)
    case .array(let nodes): "[\(nodes.map(\.text).joined(separator: ","))]"
    case .object(let members):
      "{\(members.map { "\(Self.quoted($0.key)):\($0.value.text)" }.joined(separator: ","))}"
    }
  }

  private static func quoted(_ text: String) -> String {
    String(decoding: JSONWriter.document { $0.value(text) }, as: UTF8.self)
  }
}
