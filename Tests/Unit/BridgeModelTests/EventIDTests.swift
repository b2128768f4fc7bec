import BridgeModel
import TestSupport
import Testing

@Suite struct EventIDTests {
  @Test(arguments: [
    ("k3f9-42", "k3f9", 42), ("0-0", "0", 0), ("z-1", "z", 1),
    ("abcdefghij0123456789-9223372036854775807", "abcdefghij0123456789", Int64.max),
  ])
  func `an id is read as it is written`(text: String, epoch: String, sequence: Int64) {
    let id = EventID(text)
    #expect(id == EventID(epoch: epoch, sequence: sequence))
    #expect(id?.description == text)
  }

  @Test(arguments: [
    "", "-", "k3f9", "k3f9-", "-42", "k3f9--42", "k3f9-42-", "k3f9-4-2", "-k3f9-42",
    // One spelling: no leading zero, no sign.
    "k3f9-042", "k3f9-00", "k3f9-+42", "k3f9--0", "k3f9-4_2", "k3f9-0x2a", "k3f9-4e1", "k3f9-4.0",
    // Nothing around it.
    " k3f9-42", "k3f9-42 ", "k3f9 -42", "k3f9-42\n", "k3f9-42\r\nid: x", "k3f9-42\0", "\0k3f9-42",
    // The alphabet is ASCII, small letters only.
    "K3F9-42", "k3f9-٤٢", "k3f9-４２", "ｋ3f9-42", "k3f9‐42", "k3f9−42", "k3f9-\u{301}42",
    "k3f9\u{301}-42", "k3f9-42\u{301}", "k\u{0}-42", "k3f9_-42", "k3f9%2D42",
    // Out of range.
    "k3f9-9223372036854775808", "k3f9-99999999999999999999999999", "abcdefghij0123456789x-1",
  ])
  func `what we did not write is no id of ours`(text: String) {
    #expect(EventID(text) == nil)
  }

  @Test func `a text of any length is refused without trouble`() {
    #expect(EventID(String(repeating: "-", count: 100_000)) == nil)
    #expect(EventID("k-" + String(repeating: "1", count: 100_000)) == nil)
  }

  @Test func `each id that is given out comes back, within 40 bytes of its alphabet`() {
    var random = SeededGenerator(seed: 2)
    let letters = Array("0123456789abcdefghijklmnopqrstuvwxyz")
    for _ in 0..<2000 {
      let length = Int.random(in: 1...EventID.maximumEpochBytes, using: &random)
      let epoch = String((0..<length).map { _ in letters[Int.random(in: 0..<36, using: &random)] })
      let id = EventID(
        epoch: epoch, sequence: Int64.random(in: 0...Int64.max, using: &random))
      #expect(EventID(id.description) == id)
      #expect(id.description.utf8.count <= 40)
      #expect(
        id.description.utf8.allSatisfy { "-0123456789abcdefghijklmnopqrstuvwxyz".utf8.contains($0) }
      )
    }
  }
}
