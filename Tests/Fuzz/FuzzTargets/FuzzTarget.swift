/// Where hostile bytes come in. Each takes any bytes, and ends the process when something does not
/// hold that must.
///
/// `make fuzz` feeds them what libFuzzer thinks of; the tests feed them the corpus.
package enum FuzzTarget: String, CaseIterable, Sendable {
  case webSocket = "websocket"
  case httpResponse = "http-response"
  case lnbitsFrames = "lnbits-frames"
  case lnbitsREST = "lnbits-rest"
  case cashu = "nut17"
  case configuration = "toml"
  case json
  case query
  case lastEventID = "last-event-id"
  case eventStream = "event-stream"
  case httpServer = "http-server"

  package func run(_ input: [UInt8]) {
    switch self {
    case .webSocket: fuzzWebSocket(input)
    case .httpResponse: fuzzHTTPResponse(input)
    case .lnbitsFrames: fuzzLNbitsFrames(input)
    case .lnbitsREST: fuzzLNbitsREST(input)
    case .cashu: fuzzCashu(input)
    case .configuration: fuzzConfiguration(input)
    case .json: fuzzJSON(input)
    case .query: fuzzQuery(input)
    case .lastEventID: fuzzLastEventID(input)
    case .eventStream: fuzzEventStream(input)
    case .httpServer: fuzzHTTPServer(input)
    }
  }
}

/// The parts of an input, between bytes of zero.
func parts(of input: [UInt8]) -> [[UInt8]] {
  input.split(separator: 0, omittingEmptySubsequences: false).map { Array($0) }
}

/// The input in pieces whose lengths follow from its bytes: TCP cuts where it likes.
func pieces(of input: [UInt8]) -> [[UInt8]] {
  var pieces: [[UInt8]] = []
  var rest = input[...]
  while let first = rest.first {
    let piece = rest.prefix(1 + Int(first % 13))
    pieces.append(Array(piece))
    rest = rest[piece.endIndex...]
  }
  return pieces
}
