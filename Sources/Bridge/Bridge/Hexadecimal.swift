extension Sequence<UInt8> {
  /// Two lower-case digits for each byte.
  var hexadecimal: String {
    reduce(into: "") { text, byte in
      if byte < 16 { text += "0" }
      text += String(byte, radix: 16)
    }
  }
}
