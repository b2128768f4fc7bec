import JSON
import Testing

@Suite("JSON values")
struct ElementTests {
  private static func root(_ text: String) throws -> JSONElement {
    try #require(JSONDocument(text)).root
  }

  @Test("members are found by name; one that is null counts as absent, but is there")
  func findsMembers() throws {
    let root = try Self.root(#"{"a":{"x":[{"b":0},2]},"b":1,"n":null,"\u0062c":3,"b":4}"#)
    #expect(root["b"]?.int64 == 1, "the first of two, and not that of an object within")
    #expect(root["a"]?["x"]?.elements?.first?["b"]?.int64 == 0)
    #expect(root["bc"]?.int64 == 3, "an escaped name is the same name")
    #expect(root["n"] == nil && root.contains("n") && !root.contains("m"))
    #expect(root["a"]?["b"] == nil && root["b"]?["b"] == nil)
    #expect(root.members?.map(\.name) == ["a", "b", "n", "bc", "b"])
  }

  @Test("elements keep their order; an array of other things than asked for is none")
  func readsArrays() throws {
    let root = try Self.root(#"[["a","b"],["a",1],[],{},"[]",null]"#)
    let elements = try #require(root.elements)
    #expect(elements.count == 6)
    #expect(elements[0].array(\.string) == ["a", "b"])
    #expect(elements[1].array(\.string) == nil)
    #expect(elements[2].array(\.string) == [])
    #expect(elements[3].elements == nil && elements[4].elements == nil)
    #expect(elements[5].isNull)
  }

  @Test(
    "escapes mean what section 7 says",
    arguments: [
      (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u00e9\u20AC\u0000x""#, "é€\0x"),
      (#""a\ud83d\ude00b""#, "a😀b"), (#""\\u0041""#, "\\u0041"), (#""é\n€""#, "é\n€"), (#""""#, ""),
    ])
  func unescapes(_ text: String, _ meaning: String) throws {
    #expect(try Self.root(text).string == meaning)
  }

  @Test(
    "half of a surrogate pair is no text",
    arguments: [
      #""\ud83d""#, #""\ud83dx""#, #""\ud83d\n""#, #""\ud83d\u0041""#, #""\ude00""#,
      #""\ud83d\ud83d""#,
    ])
  func refusesHalves(_ text: String) throws {
    #expect(try Self.root(text).string == nil)
  }

  @Test(
    "whole numbers are exact, however they are spelled",
    arguments: [
      ("0", 0), ("-0", 0), ("-0.0e5", 0), ("0e999999999999", 0), ("1.0", 1), ("1e3", 1000),
      ("-1.50e1", -15),
      ("1200e-2", 12), ("1.000000000000000000000000", 1), ("0.001e3", 1),
      ("9007199254740993.0", 9_007_199_254_740_993),
      ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min),
      ("9223372036854775.807e3", Int64.max),
      ("-922337203685477580800e-2", Int64.min),
    ])
  func readsWhole(_ text: String, _ number: Int64) throws {
    #expect(try Self.root(text).int64 == number)
  }

  @Test(
    "what is not whole, or too large, is no whole number: nothing is rounded",
    arguments: [
      "1.5", "0.1", "1e-1", "15e-1", "1.0000000000000000000000001", "9223372036854775808",
      "-9223372036854775809", "1e19",
      "1e999999999", "1e-999999999", "1e99999999999999999999", "1.5e0", "true", "\"1\"", "[1]",
      "null",
    ])
  func refusesFractions(_ text: String) throws {
    #expect(try Self.root(text).int64 == nil)
  }

  @Test("other numbers are the nearest; what is beyond them is none")
  func readsDoubles() throws {
    #expect(try Self.root("0.1").double == 0.1)
    #expect(try Self.root("-12.5e-3").double == -0.0125)
    #expect(try Self.root("7").double == 7)
    #expect(try Self.root("1e400").double == nil)
    #expect(try Self.root("\"1\"").double == nil)
  }

  @Test("a value of another kind is not taken for one")
  func tellsKindsApart() throws {
    for text in ["1", "\"true\"", "null", "[true]", "{}"] {
      #expect(try Self.root(text).bool == nil)
    }
    #expect(try Self.root("true").bool == true && Self.root("false").bool == false)
    for text in ["1", "true", "null", "[\"a\"]", "{}"] {
      #expect(try Self.root(text).string == nil)
    }
    for text in ["1", "true", "null", "[]", "\"{}\""] { #expect(try !Self.root(text).isObject) }
  }

  @Test(
    "the beginning of a string is whole scalars that fit",
    arguments: [
      (#""abcdef""#, 3, "abc"), (#""ab""#, 3, "ab"), (#""aé☕""#, 3, "aé"), (#""aé☕""#, 2, "a"),
      (#""a☕""#, 3, "a"), (#""a\u2615b""#, 4, "a☕"), (#""a\u2615b""#, 3, "a"),
      (#""\n\n""#, 1, "\n"),
      (#""☕""#, 0, ""),
    ])
  func beginning(text: String, bytes: Int, kept: String) {
    #expect(JSONDocument(text)?.root.string(atMost: bytes) == kept)
  }

  @Test(
    "what follows the beginning of a string is not looked at",
    arguments: [#""ab\ud800""#, #""abcd\ud800\u0041""#])
  func unread(text: String) {
    #expect(JSONDocument(text)?.root.string == nil)
    #expect(JSONDocument(text)?.root.string(atMost: 1) == "a")
  }

  @Test(
    "a member is found by its name, however that is escaped",
    arguments: [
      (#"{"fee":1}"#, true), (#"{"\u0066ee":1}"#, true), (#"{"f\u0065\u0065":1}"#, true),
      (#"{"\u0066\u0065\u0065":1}"#, true), (#"{"f\u0065":1}"#, false),
      (#"{"f\u0065\u0065e":1}"#, false), (#"{"f\ud83d\ude00":1}"#, false), (#"{"\nee":1}"#, false),
      (#"{"f\u00e9e":1}"#, false), (#"{"\u0065\u0065\u0066":1}"#, false),
    ])
  func escapedName(text: String, isFound: Bool) {
    #expect((JSONDocument(text)?.root["fee"] != nil) == isFound)
  }

  @Test("a value's source is what was written")
  func source() throws {
    let texts = [#""a\n""#, "-1.5e3", "true", "null", #"{"a":[1, 2]}"#, "[ ]", #""""#]
    let list = try #require(JSONDocument("[\(texts.joined(separator: " , "))]")?.root.elements)
    #expect(list.map { String(decoding: $0.source, as: UTF8.self) } == texts)
  }
}
