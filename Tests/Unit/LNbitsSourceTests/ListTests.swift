import BridgeModel
import Testing

@testable import LNbitsSource

/// Each element of a list is read by itself.
@Suite("Reading a list of payments") struct ListTests {
  private static func read(_ elements: [String]) -> [PaymentList.Element]? {
    (try? PaymentList(Array(#"{"data":[\#(elements.joined(separator: ","))]}"#.utf8)))?.elements
  }

  private static let elements =
    UnreadableRowTests.oddities.map(\.json) + [
      #"{"payment_hash":"a","amount":1,"status":"success"}"#,
      #"{"payment_hash":"b","amount":-1,"status":"pending","extra":{"comment":["x",7,"y"]}}"#,
      #"{"payment_hash":"c","amount":1,"pending":false,"time":1694123456}"#,
      #"{"payment_hash":"d","amount":1,"status":"failed","extra":\#(deep)}"#,
    ]

  private static let deep =
    String(repeating: "[", count: 1000) + String(repeating: "]", count: 1000)

  @Test("to drop any one element changes nothing of the others")
  func drop() throws {
    let all = try #require(Self.read(Self.elements))
    #expect(all.count == Self.elements.count)
    for index in all.indices {
      var others = Self.elements
      others.remove(at: index)
      var expected = all
      expected.remove(at: index)
      #expect(Self.read(others) == expected)
      #expect(Self.read([Self.elements[index]]) == [all[index]])
    }
  }

  @Test("four of these are payments")
  func payments() throws {
    let list = try PaymentList(
      Array(#"{"data":[\#(Self.elements.joined(separator: ","))]}"#.utf8))
    #expect(list.rows.map(\.paymentHash) == ["a", "b", "c", "d"])
    #expect(list.unreadable.count == UnreadableRowTests.oddities.count)
    #expect(list.rows[1].extra.comment == "x y", "one that is no text takes no other with it")
  }
}
