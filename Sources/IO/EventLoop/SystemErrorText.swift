import Glibc

/// The C library's words for an `errno` value, e.g. `Connection refused`.
package func systemErrorText(_ code: CInt) -> String {
  var buffer = [CChar](repeating: 0, count: 256)
  let status = strerror_r(code, &buffer, buffer.count)
  guard status == 0 else { return "error \(code)" }
  let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
  return String(decoding: bytes, as: UTF8.self)
}
