import BridgeModel
import Testing

@Suite("Texts of an upstream are kept up to a limit")
struct UpstreamTextTests {
  @Test("what fits stays as it came", arguments: ["", "coffee", "12345678", "☕☕"])
  func fits(_ text: String) {
    #expect(UpstreamText.cut(text, to: 8) == text)
  }

  @Test(
    "what does not is cut at the end of a character",
    arguments: [
      ("123456789", "12345678"),
      ("1234567é", "1234567"),
      // A flag is two scalars, a family five: half of one is another character.
      ("1🇩🇪🇫🇷", "1"),
      ("1234👨‍👩‍👧", "1234"),
      ("1234567e\u{301}", "1234567"),
      ("\r\n1234567", "\r\n123456"),
    ])
  func cut(_ text: String, _ kept: String) {
    #expect(UpstreamText.cut(text, to: 8) == kept)
  }

  @Test("a letter under any number of marks is cut between its scalars")
  func marks() {
    let text = "e" + String(repeating: "\u{301}", count: 1000)
    #expect(UpstreamText.cut(text, to: 8).unicodeScalars.count == 4)
    #expect(UpstreamText.cut(text, to: 8).utf8.count == 7)
  }
}
