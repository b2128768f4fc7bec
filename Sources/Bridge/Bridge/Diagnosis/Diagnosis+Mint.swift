import BridgeModel
import JSON

/// What is asked of a Cashu mint.
extension Diagnosis {
  mutating func examineMint(_ probe: UpstreamProbe) async throws(DiagnosisFault) {
    let info = try await step(.server) { () throws(DiagnosisFault) in
      let response = try await probe.get("/v1/info")
      guard response.status == 200, let info = MintInfo(response.body) else {
        throw Self.foreign(response, "a Cashu mint")
      }
      return (info, info.version ?? "a mint that does not tell its version")
    }
    skip(.credentials, "a mint asks for none")
    guard info.offersSubscriptions else {
      skip(.websocket, "the mint offers no NUT-17: it is asked from time to time instead")
      return
    }
    try await examineSocket(probe, path: "/v1/ws")
  }
}

/// `GET /v1/info` (NUT-06), as far as a diagnosis needs it.
private struct MintInfo {
  /// Such as `Nutshell/0.16.0`.
  let version: String?
  /// What NUT-17 says is not read: that it is there means subscriptions.
  let offersSubscriptions: Bool

  init?(_ body: [UInt8]) {
    guard let root = JSONDocument(body)?.root, let nuts = root["nuts"], nuts.isObject else {
      return nil
    }
    version = root["version"]?.string
    offersSubscriptions = nuts["17"]?.isObject == true
  }
}
