import JSON
import Testing

/// RFC 8259.
@Suite("JSON documents")
struct DocumentTests {
  @Test(
    "what is JSON is taken",
    arguments: [
      "null", " true ", "false", "0", "-0", "-0.0e-0", "12", "1.5", "1e5", "1E+5", "1.25e-3",
      "\"\"",
      "[]", "{}", "[ ]", "{ }", "[1]", "[1,2]", " [ 1 , 2 ] ", "{\"a\":1}",
      "{ \"a\" : { \"b\" : [ ] } }",
      "{\"a\":1,\"a\":2}", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"", "\"\u{7F}é€😀\"",
      "\t\r\n[\n]\r\n", "[[[[]]]]",
      "\"\\ud83d\\ude00\"", "\"\\ud83d\"",
    ])
  func takes(_ text: String) {
    #expect(JSONDocument(text) != nil)
  }

  @Test(
    "what is not is refused",
    arguments: [
      "", " ", "nul", "nulll", "True", "tru e", "+1", "01", "-", "-a", "1.", ".5", "1e", "1e+",
      "0x1", "1 2",
      "NaN", "Infinity", "\"", "\"a", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"a\nb\"",
      "\"\u{1}\"",
      "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1}", "{", "}", "{\"a\"", "{\"a\":",
      "{\"a\":1", "{\"a\":1,",
      "{\"a\":1,}", "{,}", "{a:1}", "{\"a\" 1}", "{\"a\":}", "{1:2}", "{\"a\":1]", "[]]", "{}{}",
      "[1]x", "'a'",
      "\u{FEFF}null", "\u{A0}null", "/**/null", "[\"a\":1]", "{\"a\"}",
    ])
  func refuses(_ text: String) {
    #expect(JSONDocument(text) == nil)
  }

  @Test("bytes that are not UTF-8 are refused, wherever they stand")
  func refusesMalformed() {
    for bytes: [UInt8] in [
      [0x80], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82],
    ] {
      let quote = UInt8(ascii: "\"")
      #expect(JSONDocument([quote] + bytes + [quote]) == nil)
      #expect(JSONDocument(bytes) == nil)
      #expect(JSONDocument(Array("[1]".utf8) + bytes) == nil)
    }
    #expect(JSONDocument(Array("null".utf8) + [0]) == nil)
  }

  @Test("as deep as the limit, and no deeper; a text of brackets alone exhausts nothing")
  func limitsDepth() {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(JSONDocument(nested(JSONDocument.maximumDepth)) != nil)
    #expect(JSONDocument(nested(JSONDocument.maximumDepth + 1)) == nil)
    #expect(JSONDocument(String(repeating: "{\"a\":", count: 1_000_000)) == nil)
  }

  @Test("a beginning of a text is none, wherever it is cut")
  func refusesBeginnings() {
    let text = Array(#" {"a" : [1.5e3, "x\u00e9\\", true, null], "b":{"c":-12}}"#.utf8)
    #expect(JSONDocument(text) != nil)
    for count in 0..<text.count { #expect(JSONDocument(Array(text.prefix(count))) == nil) }
  }

  @Test("a text of more values than are wanted is given up, and said to be that")
  func limitsValues() throws {
    func refusal(_ text: String, _ maximum: Int) -> JSONDocument.Refusal? {
      do throws(JSONDocument.Refusal) {
        _ = try JSONDocument(reading: Array(text.utf8), maximumValues: maximum)
        return nil
      } catch {
        return error
      }
    }
    for text in ["[1,2,3]", #"{"a":[1]}"#, "[[[[]]]]", #"["a","b",{}]"#] {
      #expect(refusal(text, 4) == nil)
      #expect(refusal(text, 3) == .tooManyValues)
    }
    #expect(refusal("[1,2", 9) == .notJSON)
    #expect(refusal("[" + String(repeating: "1,", count: 100_000), 9) == .tooManyValues)
    #expect(refusal("7", 1) == nil && refusal("7", 0) == .tooManyValues)
  }
}
