import COpenSSL

/// What TLS connections share: which authorities are trusted and which versions spoken. TLS 1.2 at
/// least, the system's authorities, and further ones where they are given.
///
/// `@unchecked Sendable`: the `SSL_CTX` is not changed after `init`, and OpenSSL lets any thread
/// make sessions from it.
package final class TLSContext: @unchecked Sendable {
  let handle: OpaquePointer

  /// - Parameter trusted: further certificates: authorities, or a server's own.
  /// - Throws: `TransportError.tls` when a certificate cannot be used or OpenSSL cannot start.
  package init(trusting trusted: TrustedCertificates? = nil) throws(TransportError) {
    ERR_clear_error()
    guard let handle = SSL_CTX_new(TLS_client_method()) else {
      throw .tls(.other(reason: OpenSSLErrors.takeAll().text))
    }
    self.handle = handle
    SSL_CTX_ctrl(handle, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
    SSL_CTX_set_verify(handle, SSL_VERIFY_PEER, verifyCallback)
    SSL_CTX_set_default_verify_paths(handle)
    // A certificate that the user trusts is enough though it be no root.
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(handle), UInt(X509_V_FLAG_PARTIAL_CHAIN))
    // The peer must not be able to make us negotiate again and again.
    SSL_CTX_set_options(handle, noRenegotiation)
    if let trusted { try trusted.add(to: handle) }
    ERR_clear_error()
  }

  deinit {
    SSL_CTX_free(handle)
  }
}

/// `SSL_OP_NO_RENEGOTIATION` is a macro with a cast, which Swift does not import.
private let noRenegotiation: UInt64 = 1 << 30
