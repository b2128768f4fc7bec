/// Why TLS was not agreed on.
package enum TLSFailure: Hashable, Sendable {
  case certificateExpired
  case certificateNotYetValid
  /// The certificate is good, but for other names than the one asked for.
  case otherHost(expected: String, certificateNames: [String])
  /// The issuer, as the certificate names it.
  case unknownAuthority(issuer: String)
  case selfSigned
  case revoked
  /// Any other fault of the certificate, in OpenSSL's words.
  case badCertificate(reason: String)
  /// The server offers nothing as new as TLS 1.2.
  case protocolTooOld
  /// What answers does not speak TLS.
  case notTLS
  /// What should be certificates to trust cannot be used.
  case trust(reason: String)
  /// Anything else, in OpenSSL's words.
  case other(reason: String)
}

extension TLSFailure: CustomStringConvertible {
  /// How many names of a foreign certificate are worth showing.
  private static let maximumShownNames = 5

  package var description: String {
    switch self {
    case .certificateExpired:
      "the server's certificate has expired: renew it on the server, and check this machine's clock"
    case .certificateNotYetValid:
      "the server's certificate is not yet valid: check the clocks of this machine and the server"
    case .otherHost(let expected, let names) where names.isEmpty:
      "the server's certificate names no host as subjectAltName, and a common name does not count "
        + "(RFC 9525): have it issued anew for \(expected)"
    case .otherHost(let expected, let names):
      "the server's certificate was issued for another host "
        + "(\(Self.list(names)), not \(expected)): "
        + "use a name that the certificate covers"
    case .unknownAuthority(let issuer):
      "unknown certificate authority (\(issuer)): put its certificate into ca_file, "
        + "or have the server send its whole chain"
    case .selfSigned:
      "the server's certificate is self-signed: put it into ca_file if you trust it"
    case .revoked:
      "the server's certificate has been revoked"
    case .badCertificate(let reason):
      "the server's certificate is not acceptable: \(reason)"
    case .protocolTooOld:
      "the server offers no TLS version from 1.2 on: update the server"
    case .notTLS:
      "the server does not speak TLS on this port: check the port, or try http://"
    case .trust(let reason):
      "no certificates to trust (\(reason)): they must be in PEM form"
    case .other(let reason):
      "TLS failed: \(reason)"
    }
  }

  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(maximumShownNames).joined(separator: ", ")
    return names.count > maximumShownNames ? shown + ", …" : shown
  }
}
