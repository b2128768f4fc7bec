import BridgeModel
import TestSupport
import Testing

@Suite struct SecretMaskTests {
  private static let key = "c0ffee00112233445566778899aabbcc"

  private static func mask(_ secrets: String...) -> SecretMask {
    var mask = SecretMask()
    for secret in secrets { mask.insert(secret) }
    return mask
  }

  private static func spelled(_ text: String, _ spell: (UInt8) -> String) -> String {
    text.utf8.map(spell).joined()
  }

  private static func hexadecimal(_ byte: UInt8) -> String {
    String(Int(byte) + 0x100, radix: 16).dropFirst().description
  }

  @Test(arguments: [
    key, key.uppercased(), "C0ffee00112233445566778899aabbCC",
    spelled(key) { "%" + hexadecimal($0) },
    spelled(key) { "%" + hexadecimal($0).uppercased() },
    spelled(key) { "%25" + hexadecimal($0) },
    spelled(key) { "\\u00" + hexadecimal($0) },
    spelled(key) { "\\\\u00" + hexadecimal($0).uppercased() },
    spelled(key) { "&#\($0);" },
    spelled(key) { "&#x" + hexadecimal($0) + ";" },
    spelled(key) { "&#X00" + hexadecimal($0) + ";" },
    "%63" + key.dropFirst(), "c0\\u0066fee00112233445566778899aabb&#99;c",
  ])
  func `a secret is covered however it is spelled`(spelling: String) {
    let mask = Self.mask(Self.key)
    #expect(mask.masked(spelling) == "***")
    #expect(mask.masked("No wallet for ⚡\(spelling)⚡.") == "No wallet for ⚡***⚡.")
    #expect(mask.masked(spelling + spelling + "c0ffee") == "******c0ffee")
  }

  @Test(arguments: [
    "", "c0ffee", "c0ffee0011223344556677889 9aabbcc", "%", "%6", "%c", "\\", "\\u", "\\u006",
    "&", "&#", "&#x", "&#;", "&#99999999999;", "%63%", "100 % of it", "\u{FEFF}%zz", "\\\\\\u00",
  ])
  func `other texts stay as they are`(text: String) {
    #expect(Self.mask(Self.key).masked(text) == text)
  }

  @Test(arguments: ["4711", "s3cr3t", "tok en", "a/b+c=d&e", "100%41%25", "\\u0041bc", "пароль"])
  func `short ones and strange ones are covered as well`(secret: String) {
    let mask = Self.mask(secret)
    #expect(mask.masked("<\(secret)>") == "<***>")
    let encoded = Self.spelled(secret) { "%" + Self.hexadecimal($0) }
    #expect(mask.masked("<\(encoded)>") == "<***>")
  }

  @Test func `one mask knows every secret, the longer before one that it begins with`() {
    let mask = Self.mask("abcd", "abcdefgh", "abcd", Self.key)
    #expect(mask.masked("abcdefgh \(Self.key) abcde") == "*** *** ***e")
  }

  @Test(arguments: ["", "a", "abc"])
  func `what is too short to be told from a word is no secret`(secret: String) {
    #expect(Self.mask(secret).masked("abcabc") == "abcabc")
  }

  @Test(arguments: [8, 20, 31])
  func `the start of a secret is covered at the end of a text that was cut`(bytes: Int) {
    let mask = Self.mask(Self.key)
    let start = String(Self.key.prefix(bytes))
    #expect(mask.masked("memo \(start)") == "memo ***")
    #expect(mask.masked("memo \(Self.spelled(start) { "%" + Self.hexadecimal($0) })") == "memo ***")
    #expect(mask.masked("memo \(start).") == "memo \(start).")
  }

  @Test func `a mask that knows nothing covers nothing`() {
    #expect(SecretMask().masked("anything") == "anything")
    #expect(SecretMask().masked(nil as String?) == nil)
  }

  /// Whatever stands around it, nothing of a secret is left, and nothing else goes.
  @Test func `nothing but the secret is covered`() {
    var random = SeededGenerator(seed: 19)
    let mask = Self.mask(Self.key)
    let pieces = ["%", "%25", "\\", "\\u00", "&#", ";", "c", "c0", "c0ffee", "é", "\u{301}", " "]
    for _ in 0..<2000 {
      let before = (0..<4).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
      let after = (0..<4).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
      #expect(mask.masked(before + after) == before + after)
      #expect(mask.masked(before + Self.key + after).hasSuffix("***" + after))
    }
  }
}
