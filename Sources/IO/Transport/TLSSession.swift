import COpenSSL

/// One TLS connection as a client, between two buffers in memory: bytes of the network in and out,
/// bytes of the application in and out, and no socket. So the sends stay ours (no SIGPIPE), and
/// below may be a proxy's tunnel.
///
/// Owns its `SSL`, which owns the two BIOs. Used by one thread, within its connection's actor.
final class TLSSession {
  private let ssl: OpaquePointer
  /// Where we put what the network sent. Owned by `ssl`.
  private let incoming: OpaquePointer
  /// Where OpenSSL puts what the network shall get. Owned by `ssl`.
  private let outgoing: OpaquePointer
  private let host: String
  /// Set by `verifyCallback` when the certificate is found wanting.
  fileprivate(set) var certificateFailure: TLSFailure?

  /// - Parameters:
  ///   - context: may be let go of meanwhile; OpenSSL counts references.
  ///   - host: the name or IP address that the certificate must be for.
  /// - Throws: `TransportError.tls` when OpenSSL is out of memory or the name is impossible.
  init(_ context: TLSContext, host: String) throws(TransportError) {
    ERR_clear_error()
    guard let ssl = SSL_new(context.handle) else {
      throw .tls(.other(reason: OpenSSLErrors.takeAll().text))
    }
    guard let incoming = BIO_new(BIO_s_mem()), let outgoing = BIO_new(BIO_s_mem()) else {
      preconditionFailure("OpenSSL is out of memory")
    }
    SSL_set_bio(ssl, incoming, outgoing)
    self.ssl = ssl
    self.incoming = incoming
    self.outgoing = outgoing
    self.host = host
    // An empty buffer means "later", not "the end".
    BIO_ctrl(incoming, BIO_C_SET_BUF_MEM_EOF_RETURN, -1, nil)
    BIO_ctrl(outgoing, BIO_C_SET_BUF_MEM_EOF_RETURN, -1, nil)
    SSL_set_connect_state(ssl)
    // The callback runs within our calls into OpenSSL, while `self` is alive: the pointer need not
    // count.
    SSL_set_ex_data(ssl, 0, Unmanaged.passUnretained(self).toOpaque())
    try expectHost()
  }

  deinit {
    SSL_free(ssl)
  }

  /// RFC 6066, section 3: no SNI for addresses. RFC 9525 for the rest.
  private func expectHost() throws(TransportError) {
    let parameters = SSL_get0_param(ssl)
    let isKnown: Bool
    if SocketAddress.isLiteral(host) {
      let address = String(host.prefix { $0 != "%" })
      isKnown = X509_VERIFY_PARAM_set1_ip_asc(parameters, address) == 1
    } else {
      let name = host.hasSuffix(".") ? String(host.dropLast()) : host
      // RFC 9525, sections 2 and 6.3: a name stands in subjectAltName, never in the subject's
      // common name, and a wildcard is a whole label.
      X509_VERIFY_PARAM_set_hostflags(
        parameters,
        UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT))
      var bytes = Array(name.utf8CString)
      isKnown =
        X509_VERIFY_PARAM_set1_host(parameters, name, 0) == 1
        && SSL_ctrl(
          ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name), &bytes) == 1
    }
    guard isKnown else {
      throw .tls(
        .other(reason: "\(host) is no possible host name; \(OpenSSLErrors.takeAll().text)"))
    }
  }

  // MARK: - The network's side

  /// Hands over bytes that the network sent.
  func receive(_ ciphertext: [UInt8]) {
    // A memory BIO takes everything; it grows by what one read of the socket brings.
    let written = BIO_write(incoming, ciphertext, CInt(ciphertext.count))
    precondition(written == ciphertext.count, "OpenSSL is out of memory")
  }

  /// Takes the bytes that the network shall get. Ask after every other call.
  func takeOutgoing() -> [UInt8] {
    let count = Int(BIO_ctrl_pending(outgoing))
    guard count > 0 else { return [] }
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      initialized = max(0, Int(BIO_read(outgoing, buffer.baseAddress, CInt(count))))
    }
  }

  // MARK: - The application's side

  /// Goes on with the handshake; true when it is complete.
  ///
  /// - Throws: `TransportError.tls` with the exact reason. `takeOutgoing` then holds the alert.
  func handshake() throws(TransportError) -> Bool {
    ERR_clear_error()
    let status = SSL_do_handshake(ssl)
    if status == 1 { return true }
    switch SSL_get_error(ssl, status) {
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return false
    default:
      let errors = OpenSSLErrors.takeAll()
      throw .tls(certificateFailure ?? errors.handshakeFailure)
    }
  }

  enum Decrypted {
    case bytes([UInt8])
    /// Nothing more until the network brings more.
    case needsMore
    /// The other side has said farewell (close_notify).
    case end
  }

  /// How much one call of OpenSSL yields at most: a TLS record's content.
  private static let recordBytes = 16 * 1024

  /// Decrypts at most one record. Call until it is no longer `.bytes`.
  ///
  /// - Throws: `TransportError.tls` when the stream is not what was agreed on.
  func read() throws(TransportError) -> Decrypted {
    ERR_clear_error()
    var status: CInt = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: Self.recordBytes) { buffer, count in
      status = SSL_read(ssl, buffer.baseAddress, CInt(buffer.count))
      count = max(0, Int(status))
    }
    if status > 0 { return .bytes(bytes) }
    switch SSL_get_error(ssl, status) {
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .needsMore
    case SSL_ERROR_ZERO_RETURN: return .end
    default: throw .tls(.other(reason: OpenSSLErrors.takeAll().text))
    }
  }

  /// Encrypts all of `plaintext`; a memory BIO is never full.
  ///
  /// - Throws: `TransportError.tls` when the session is broken.
  func write(_ plaintext: [UInt8]) throws(TransportError) {
    guard !plaintext.isEmpty else { return }
    ERR_clear_error()
    var written = 0
    guard SSL_write_ex(ssl, plaintext, plaintext.count, &written) == 1 else {
      throw .tls(.other(reason: OpenSSLErrors.takeAll().text))
    }
  }

  /// Says farewell (close_notify).
  func end() {
    SSL_shutdown(ssl)
    ERR_clear_error()
  }

  /// The version agreed on, such as `TLSv1.3`.
  var version: String { String(cString: SSL_get_version(ssl)) }
}

/// Notes what is wrong with the certificate while OpenSSL still holds it; lets its verdict stand.
func verifyCallback(isGood: CInt, store: OpaquePointer?) -> CInt {
  guard isGood == 0,
    let ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()),
    let session = SSL_get_ex_data(OpaquePointer(ssl), 0)
  else { return isGood }
  // The session owns the SSL that is calling, so it is alive.
  Unmanaged<TLSSession>.fromOpaque(session).takeUnretainedValue().noteFailure(in: store)
  return isGood
}

extension TLSSession {
  fileprivate func noteFailure(in store: OpaquePointer?) {
    let code = X509_STORE_CTX_get_error(store)
    certificateFailure = CertificateVerdict.failure(
      code: code, certificate: X509_STORE_CTX_get_current_cert(store), expectedHost: host)
  }
}
