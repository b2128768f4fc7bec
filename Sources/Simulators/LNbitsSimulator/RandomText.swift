extension RandomNumberGenerator {
  /// Lower-case hexadecimal digits, two for each byte.
  mutating func hexadecimal(bytes count: Int) -> String {
    var text = ""
    for _ in 0..<count {
      let byte = UInt8.random(in: .min ... .max, using: &self)
      text += (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    return text
  }

  /// Something that looks like an invoice (BOLT 11): the amount is in its prefix, the rest is
  /// chance. Nobody can decode it; the simulator looks it up.
  mutating func invoice(satoshi: Int64) -> String {
    let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l")
    let amount = satoshi % 100 == 0 ? "\(satoshi / 100)u" : "\(satoshi * 10)n"
    var text = "lnbc\(amount)1p"
    for _ in 0..<190 { text.append(alphabet[Int.random(in: 0..<alphabet.count, using: &self)]) }
    return text
  }
}
