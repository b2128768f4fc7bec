import BridgeModel
import Testing

@Suite struct PrintableTextTests {
  @Test(arguments: [
    "coffee", "⚡ 👨‍👩‍👧 é e\u{301} ß", "שלום", "نص", "می\u{200C}خواهم", "",
  ])
  func `what people write stays as it is`(text: String) {
    #expect(text.printable { _ in "?" } == text)
  }

  @Test(
    arguments: [
      // Controls, those of C1 too, in which a terminal may see escape sequences.
      "\0", "\u{7}", "\t", "\n", "\r", "\u{1B}", "\u{7F}", "\u{85}", "\u{9B}",
      // Direction marks, and what else has no form.
      "\u{61C}", "\u{200B}", "\u{200E}", "\u{200F}", "\u{202A}", "\u{202E}", "\u{2066}", "\u{2069}",
      "\u{FEFF}", "\u{AD}", "\u{E0001}",
      "\u{2028}", "\u{2029}",
    ] as [Unicode.Scalar])
  func `what has no form of its own is spelled`(scalar: Unicode.Scalar) {
    let text = "a" + String(Character(scalar)) + "b"
    #expect(text.printable { "<\($0.value)>" } == "a<\(scalar.value)>b")
  }
}
