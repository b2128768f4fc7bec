import COpenSSL
import Glibc

/// What OpenSSL had put on this thread's error queue, oldest first.
struct OpenSSLErrors {
  /// Reason codes; they mean something within their library only.
  private(set) var entries: [(library: CInt, reason: CInt)] = []
  private(set) var text = ""

  /// Takes everything off the queue, so that no later call finds it.
  static func takeAll() -> OpenSSLErrors {
    var errors = OpenSSLErrors()
    var texts: [String] = []
    while case let code = ERR_get_error(), code != 0 {
      errors.entries.append((ERR_GET_LIB(code), ERR_GET_REASON(code)))
      if let reason = ERR_reason_error_string(code) {
        texts.append(String(cString: reason))
      } else if ERR_GET_LIB(code) == ERR_LIB_SYS {
        texts.append(String(cString: strerror(ERR_GET_REASON(code))))
      }
    }
    errors.text = texts.isEmpty ? "no reason given" : texts.joined(separator: "; ")
    return errors
  }

  func contains(sslReason reason: CInt) -> Bool {
    entries.contains { $0.library == ERR_LIB_SSL && $0.reason == reason }
  }

  /// The failure of a handshake in which no certificate was found wanting.
  var handshakeFailure: TLSFailure {
    let tooOld = [SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_TLSV1_ALERT_PROTOCOL_VERSION]
    if tooOld.contains(where: { contains(sslReason: $0) }) { return .protocolTooOld }
    let notTLS = [
      SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST, SSL_R_PACKET_LENGTH_TOO_LONG,
      SSL_R_BAD_RECORD_TYPE,
    ]
    if notTLS.contains(where: { contains(sslReason: $0) }) { return .notTLS }
    return .other(reason: text)
  }
}
