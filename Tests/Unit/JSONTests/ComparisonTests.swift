import Foundation
import JSON
import TestSupport
import Testing

/// Our reader beside Foundation's, over texts that a seed makes.
@Suite("JSON beside Foundation's")
struct ComparisonTests {
  private static let words = [
    "{", "}", "[", "]", ",", ":", "\"a\"", "\"b\\n\"", "\"é\"", "\"\\u0041\"", "1", "-2", "3.5",
    "1e2", "0", "true",
    "false", "null", " ", "\n", "\"", "\\", "e", ".", "-",
  ]

  /// A value, as JSON and as what Foundation reads of it.
  private static func value(_ depth: Int, _ random: inout SeededGenerator) -> String {
    switch Int.random(in: 0..<(depth > 0 ? 9 : 6), using: &random) {
    case 0: return "null"
    case 1: return Bool.random(using: &random) ? "true" : "false"
    case 2: return String(Int64.random(in: .min ... .max, using: &random))
    case 3: return "\(Double.random(in: -1e6...1e6, using: &random))"
    case 4: return "\"\(Int.random(in: 0..<100, using: &random))\\u00e9\\n \\\\\""
    case 5: return "\"text é 😀\""
    case 6, 7:
      let count = Int.random(in: 0..<4, using: &random)
      return "[\((0..<count).map { _ in value(depth - 1, &random) }.joined(separator: ", "))]"
    default:
      let count = Int.random(in: 0..<4, using: &random)
      let members = (0..<count).map { "\"k\($0)\" : \(value(depth - 1, &random))" }
      return "{\(members.joined(separator: ","))}"
    }
  }

  /// Whether both read the same.
  private static func agree(_ ours: JSONElement, _ theirs: Any) -> Bool {
    if let theirs = theirs as? [Any] {
      return ours.elements.map { zip($0, theirs).allSatisfy(agree) && $0.count == theirs.count }
        ?? false
    }
    if let theirs = theirs as? [String: Any] {
      guard let members = ours.members, members.count == theirs.count else { return false }
      return members.allSatisfy { member in
        theirs[member.name].map { agree(member.value, $0) } ?? false
      }
    }
    if let theirs = theirs as? String { return ours.string == theirs }
    if let flag = ours.bool { return theirs as? Bool == flag }
    if let number = ours.int64 { return (theirs as? NSNumber)?.int64Value == number }
    if let number = ours.double, let theirs = (theirs as? NSNumber)?.doubleValue {
      // Foundation rounds more than once; ours is the nearest (`readsDoubles`).
      return abs(theirs - number) <= 8 * number.ulp
    }
    return ours.isNull && theirs is NSNull
  }

  private static func foundation(_ text: String) -> Any? {
    try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
  }

  @Test("values of every kind are read alike")
  func readsAlike() throws {
    var random = SeededGenerator(seed: 8259)
    for _ in 0..<2000 {
      let text = Self.value(4, &random)
      let ours = try #require(JSONDocument(text), "\(text)").root
      let theirs = try #require(Self.foundation(text), "\(text)")
      #expect(Self.agree(ours, theirs), "\(text)")
    }
  }

  @Test("texts of mixed up parts are refused alike")
  func refusesAlike() throws {
    var random = SeededGenerator(seed: 7159)
    var taken = 0
    for _ in 0..<20_000 {
      let count = Int.random(in: 1...8, using: &random)
      let text = (0..<count).map { _ in Self.words.randomElement(using: &random) ?? "" }.joined()
      let isTaken = JSONDocument(text) != nil
      #expect(isTaken == (Self.foundation(text) != nil), "\(text)")
      taken += isTaken ? 1 : 0
    }
    #expect(taken > 500)
  }
}
