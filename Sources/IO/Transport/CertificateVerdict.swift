import COpenSSL
import Glibc

/// OpenSSL's verdict on a certificate, in exact words.
enum CertificateVerdict {
  /// - Parameters:
  ///   - code: `X509_V_ERR_…`.
  ///   - certificate: the one that was found wanting; borrowed.
  ///   - expectedHost: the name or address it should have been for.
  static func failure(code: CInt, certificate: OpaquePointer?, expectedHost: String) -> TLSFailure {
    switch code {
    case X509_V_ERR_CERT_HAS_EXPIRED: .certificateExpired
    case X509_V_ERR_CERT_NOT_YET_VALID: .certificateNotYetValid
    case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
      .otherHost(expected: expectedHost, certificateNames: names(of: certificate))
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: .selfSigned
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
      X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
      X509_V_ERR_CERT_UNTRUSTED:
      .unknownAuthority(issuer: issuer(of: certificate))
    case X509_V_ERR_CERT_REVOKED: .revoked
    default:
      .badCertificate(reason: String(cString: X509_verify_cert_error_string(Int(code))))
    }
  }

  /// The names and addresses of the certificate's subjectAltName (RFC 5280, section 4.2.1.6).
  static func names(of certificate: OpaquePointer?) -> [String] {
    guard let certificate,
      let raw = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil)
    else { return [] }
    let list = OpaquePointer(raw)
    defer { GENERAL_NAMES_free(list) }
    return (0..<OPENSSL_sk_num(list)).compactMap { index in
      OPENSSL_sk_value(list, index).flatMap {
        text(of: $0.assumingMemoryBound(to: GENERAL_NAME.self))
      }
    }
  }

  private static func text(of name: UnsafePointer<GENERAL_NAME>) -> String? {
    switch name.pointee.type {
    case GEN_DNS:
      return printable(bytes(of: name.pointee.d.dNSName))
    case GEN_IPADD:
      let bytes = bytes(of: name.pointee.d.iPAddress)
      var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
      let family = bytes.count == 4 ? AF_INET : AF_INET6
      guard bytes.count == 4 || bytes.count == 16,
        inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil
      else { return nil }
      return printable(text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)))
    default:
      return nil
    }
  }

  private static func bytes(of string: UnsafePointer<ASN1_STRING>?) -> [UInt8] {
    guard let string, let data = ASN1_STRING_get0_data(string) else { return [] }
    return Array(UnsafeBufferPointer(start: data, count: Int(ASN1_STRING_length(string))))
  }

  /// The common name of the issuer, or all of its name where it has none.
  private static func issuer(of certificate: OpaquePointer?) -> String {
    guard let certificate, let name = X509_get_issuer_name(certificate) else { return "unnamed" }
    var buffer = [CChar](repeating: 0, count: 256)
    if X509_NAME_get_text_by_NID(name, NID_commonName, &buffer, CInt(buffer.count)) <= 0 {
      X509_NAME_oneline(name, &buffer, CInt(buffer.count))
    }
    return printable(buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)))
  }

  /// A stranger's certificate must not be able to write control characters into a log.
  private static func printable(_ bytes: [UInt8]) -> String {
    String(
      decoding: bytes.map { (0x20..<0x7F).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
  }
}
