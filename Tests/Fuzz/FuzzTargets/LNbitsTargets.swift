import BridgeModel
import JSON
import LNbitsSource

private let balanceMillisatoshi = 99_877_000

/// A wallet that never changes and holds no payment.
private func truth(_ request: UpstreamRequest) -> UpstreamResponse {
  switch request.path {
  case "/openapi.json": json(#"{"info":{"version":"1.6.2"}}"#)
  case "/api/v1/wallet": json(#"{"name":"alice","balance":\#(balanceMillisatoshi)}"#)
  default: json(#"{"data":[],"total":0}"#)
  }
}

private func json(_ text: String) -> UpstreamResponse {
  UpstreamResponse(status: 200, contentType: "application/json", body: Array(text.utf8))
}

private func rig(
  trust: LNbitsConfiguration.Trust, answer: @escaping (UpstreamRequest) -> UpstreamResponse
) -> SourceRig<LNbitsSource> {
  let configuration = LNbitsConfiguration(
    name: "main", origin: "https://lnbits.example", keyFingerprint: "key", trust: trust)
  return SourceRig(
    LNbitsSource(configuration, now: SourceRig<LNbitsSource>.beginning), answer: answer)
}

/// Frames, which anybody who knows the invoice key can forge: the wallet knows of none of it, so
/// nothing may be published. With `trust = "frames"` they are believed, but not beyond what there
/// can be.
func fuzzLNbitsFrames(_ input: [UInt8]) {
  let texts = parts(of: input).map { String(decoding: $0, as: UTF8.self) }
  var verified = rig(trust: .verified, answer: truth)
  verified.feed(.start)
  verified.wake(times: 4)
  verified.forgetEvents()
  for text in texts { verified.receive(text) }
  verified.wake(times: 8)
  precondition(verified.events.isEmpty, "a frame was believed")
  precondition(
    verified.source.wallet?.balance.amount.value == Int64(balanceMillisatoshi), "a wrong balance")

  var trusting = rig(trust: .frames, answer: truth)
  trusting.feed(.start)
  for text in texts { trusting.receive(text) }
  trusting.wake(times: 4)
}

/// The first answers over REST: a character for the status, then the body. What is asked after them
/// is answered truly.
func fuzzLNbitsREST(_ input: [UInt8]) {
  var bodies = parts(of: input)[...]
  var source = rig(trust: .verified) { request in
    guard let body = bodies.popFirst(), let status = body.first else { return truth(request) }
    return UpstreamResponse(
      status: restStatus(status), contentType: "application/json", body: Array(body.dropFirst()))
  }
  source.feed(.start)
  source.wake(times: 12)
  _ = LNbitsAnswers.release(input)
  _ = LNbitsAnswers.refusal(input)
  _ = LNbitsAnswers.keyAdvice(input)
  for body in parts(of: input) { checkElements(of: Array(body.dropFirst())) }
}

/// To drop any one element of a list changes nothing of what is read of the others.
private func checkElements(of body: [UInt8]) {
  guard let list = try? PaymentList(body), let elements = JSONDocument(body)?.root["data"]?.elements
  else { return }
  precondition(list.elements.count == elements.count, "a list of another length")
  for index in elements.indices.prefix(maximumDrops) {
    var others = elements.map { Array($0.source) }
    others.remove(at: index)
    var expected = list.elements
    expected.remove(at: index)
    let text =
      Array(#"{"data":["#.utf8) + others.joined(separator: [UInt8(ascii: ",")])
      + Array("]}".utf8)
    precondition((try? PaymentList(text))?.elements == expected, "an element changed others")
  }
}

/// A list that is longer is not tried at every place.
private let maximumDrops = 40

func restStatus(_ character: UInt8) -> Int {
  switch character {
  case UInt8(ascii: "1"): 401
  case UInt8(ascii: "3"): 302
  case UInt8(ascii: "4"): 404
  case UInt8(ascii: "5"): 500
  case UInt8(ascii: "9"): 429
  default: 200
  }
}
