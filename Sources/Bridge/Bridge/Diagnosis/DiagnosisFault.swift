import BridgeModel
import Transport

/// Why a step failed and what to do about it.
struct DiagnosisFault: Error, Equatable {
  var message: String
  var remedy: String

  init(_ message: String, remedy: String) {
    self.message = message
    self.remedy = remedy
  }

  /// Most descriptions of the transport end in their remedy, behind the last colon.
  init(_ error: TransportError) {
    let words = error.description
    if error.endsInRemedy, let colon = words.ranges(of: ": ").last {
      self.init(String(words[..<colon.lowerBound]), remedy: String(words[colon.upperBound...]))
    } else {
      self.init(words, remedy: error.ownRemedy)
    }
  }

  /// The connection stood a moment ago, so what is left is the server or what stands before it.
  init(_ failure: UpstreamFailure) {
    let remedy =
      switch failure.kind {
      case .timeout: "see whether the server is overloaded, or raise request_timeout_ms"
      case .upgradeRefused, .protocolError:
        "have the proxy before the server pass HTTP/1.1 and the Upgrade and Connection headers on"
      case .network, .tls: "see the server's log, and that of the proxy before it"
      }
    self.init(failure.message, remedy: remedy)
  }
}

extension TransportError {
  fileprivate var endsInRemedy: Bool {
    switch self {
    case .nameNotFound, .nameLookupFailed, .onionWithoutProxy, .refused, .unreachable: true
    case .tls(.revoked), .tls(.badCertificate), .tls(.other): false
    case .tls: true
    default: false
    }
  }

  fileprivate var ownRemedy: String {
    switch category {
    case .timedOut: "check the address, the port and any firewall between"
    case .tls: "look at the server's certificate and TLS settings"
    case .proxy: "check that the proxy runs, and that it can reach the server"
    case .system: "look at this machine's limits, such as open files"
    default: "see the server's log, and that of the proxy before it"
    }
  }
}
