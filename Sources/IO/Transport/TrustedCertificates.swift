import COpenSSL

/// Certificates that are trusted beside the system's: authorities, or a server's own. Equal where
/// their PEM is.
package struct TrustedCertificates: Sendable, Hashable {
  private let pem: [UInt8]

  /// Reads certificates in PEM form; what stands between them is passed over, as is everything that
  /// is no certificate.
  ///
  /// - Throws: `TransportError.tls` when there is none, or one cannot be read.
  package init(pem: [UInt8]) throws(TransportError) {
    self.pem = pem
    guard try forEach({ _ in true }) > 0 else {
      throw .tls(.trust(reason: "there is no certificate in it"))
    }
  }

  /// Adds them to those that a context trusts.
  func add(to context: OpaquePointer) throws(TransportError) {
    _ = try forEach { X509_STORE_add_cert(SSL_CTX_get_cert_store(context), $0) == 1 }
  }

  /// - Returns: how many there are.
  private func forEach(_ body: (OpaquePointer) -> Bool) throws(TransportError) -> Int {
    ERR_clear_error()
    // It reads our bytes where they are, so they must stay until it is gone.
    let count = pem.withUnsafeBytes { bytes -> Int? in
      guard let source = BIO_new_mem_buf(bytes.baseAddress, CInt(bytes.count)) else { return nil }
      defer { BIO_free(source) }
      var count = 0
      while let certificate = PEM_read_bio_X509_AUX(source, nil, nil, nil) {
        defer { X509_free(certificate) }
        guard body(certificate) else { return nil }
        count += 1
      }
      // The end is an error too, the only right one.
      let code = ERR_peek_last_error()
      let isEnd = ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE
      return isEnd ? count : nil
    }
    let reason = OpenSSLErrors.takeAll().text
    guard let count else { throw .tls(.trust(reason: reason)) }
    return count
  }
}
