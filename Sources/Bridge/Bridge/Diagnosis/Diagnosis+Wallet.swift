import BridgeModel
import LNbitsSource

/// What is asked of an LNbits.
extension Diagnosis {
  private static let keyHeader = "X-Api-Key"
  private static let walletPath = "/api/v1/wallet"

  mutating func examineWallet(_ probe: UpstreamProbe) async throws(DiagnosisFault) {
    try await step(.server) { () throws(DiagnosisFault) in
      ((), try await Self.release(probe))
    }
    try await step(.credentials) { () throws(DiagnosisFault) in
      let response = try await probe.get(Self.walletPath, keyHeader: Self.keyHeader)
      try Self.judge(response)
      let advice = LNbitsAnswers.keyAdvice(response.body).map { "; " + $0 } ?? ""
      return ((), "the wallet answers to the key" + advice)
    }
    try await examineSocket(probe, path: "/api/v1/ws/" + probe.key.revealed)
  }

  /// Which LNbits it is, and what that means.
  private static func release(_ probe: UpstreamProbe) async throws(DiagnosisFault) -> String {
    let response = try await probe.get("/openapi.json")
    if response.status == 200, let release = LNbitsAnswers.release(response.body) {
      return (["LNbits \(release.version)"] + release.implications).joined(separator: "; ")
    }
    // A proxy may hide the document; LNbits still knows how to refuse a request without a key.
    let refusal = try await probe.get(walletPath)
    if refusal.status == 401, LNbitsAnswers.refusal(refusal.body) != nil {
      return "LNbits of an unknown version (openapi.json is not served); taken for the newest"
    }
    throw foreign(response, "an LNbits")
  }

  private static func judge(_ response: UpstreamResponse) throws(DiagnosisFault) {
    if response.status == 200, LNbitsAnswers.isWallet(response.body) { return }
    let refusal = LNbitsAnswers.refusal(response.body)
    switch (response.status, refusal) {
    case (404, "Not Found"):
      throw foreign(response, "an LNbits' wallet")
    case (401, let words?), (403, let words?), (404, let words?):
      throw DiagnosisFault(
        "LNbits refused the key with HTTP \(response.status): \(words)",
        remedy: "copy the wallet's invoice/read key from LNbits' API docs into invoice_key_file")
    default:
      throw foreign(response, "a wallet")
    }
  }

  // MARK: Answers that are not the wanted ones

  /// Some other server answers, or the right one under another path.
  static func foreign(_ response: UpstreamResponse, _ wanted: String) -> DiagnosisFault {
    switch response.status {
    case 300..<400:
      return DiagnosisFault(
        "the server answers with a redirection (HTTP \(response.status)), not as \(wanted)",
        remedy: "write the URL that it leads to (https:// for http://?), and finish the server's"
          + " installation if it has just been set up")
    case 429:
      return DiagnosisFault(
        "the server limits its clients (HTTP 429)",
        remedy: "wait a minute; lower requests_per_minute if it happens again")
    case 500...:
      return trouble(response)
    default:
      let kind = response.contentType.map { " of \($0)" } ?? ""
      return DiagnosisFault(
        "what answers (HTTP \(response.status)\(kind)) is not \(wanted)",
        remedy: "check the URL: host, port, and the path prefix if there is one")
    }
  }

  private static func trouble(_ response: UpstreamResponse) -> DiagnosisFault {
    DiagnosisFault(
      "the server, or a proxy before it, is in trouble (HTTP \(response.status))",
      remedy: "check that the server runs behind its proxy, and see its log")
  }
}
