import BridgeModel
import FoundationEssentials

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
private struct MintInfo: Decodable {
  /// Such as `Nutshell/0.16.0`.
  var version: String?
  /// What NUT-17 says is not read: that it is there means subscriptions.
  private var nuts: Nuts

  var offersSubscriptions: Bool { nuts.subscriptions != nil }

  init?(_ body: [UInt8]) {
    guard let info = try? JSONDecoder().decode(Self.self, from: Data(body)) else { return nil }
    self = info
  }

  private struct Nuts: Decodable {
    struct Present: Decodable {}

    var subscriptions: Present?

    enum CodingKeys: String, CodingKey {
      case subscriptions = "17"
    }
  }
}
