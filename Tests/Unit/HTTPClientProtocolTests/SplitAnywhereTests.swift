import HTTPClientProtocol
import TestSupport
import Testing

/// TCP cuts a stream where it likes. Whatever the pieces, the outcome is the same: for sound
/// responses, and for damaged ones too.
@Suite("Responses in pieces")
struct SplitAnywhereTests {
  private static let smallLimits: HTTPResponseLimits = {
    var limits = HTTPResponseLimits(maximumBodyBytes: 200)
    limits.maximumStatusLineBytes = 32
    limits.maximumHeaderLineBytes = 40
    limits.maximumHeaderCount = 5
    limits.maximumHeaderBytes = 120
    limits.maximumChunkExtensionBytes = 12
    limits.maximumTrailerBytes = 30
    return limits
  }()

  private enum Outcome: Equatable {
    case response(HTTPResponse?)
    case failure(HTTPParseError)

    init(_ pieces: [[UInt8]]) {
      do throws(HTTPParseError) {
        self = .response(
          try parse(pieces, limits: SplitAnywhereTests.smallLimits, thenEOF: true))
      } catch {
        self = .failure(error)
      }
    }
  }

  private struct Sample {
    var bytes: [UInt8]
    let body: [UInt8]

    init(using random: inout some RandomNumberGenerator) {
      body = (0..<Int.random(in: 0...180, using: &random)).map { _ in
        [UInt8](arrayLiteral: 0, 10, 13, 48, 65, 255).randomElement(using: &random) ?? 0
      }
      var bytes: [UInt8] = []
      if Bool.random(using: &random) { bytes += "HTTP/1.1 100 Continue\r\nA: b\r\n\r\n".utf8 }
      bytes += "HTTP/1.1 200 OK\r\nDate: x\r\n".utf8
      switch Int.random(in: 0...2, using: &random) {
      case 0:
        bytes += "Content-Length: \(body.count)\r\n\r\n".utf8
        bytes += body
      case 1:
        bytes += "\r\n".utf8
        bytes += body
      default:
        bytes += "Transfer-Encoding: chunked\r\n\r\n".utf8
        var rest = body[...]
        while !rest.isEmpty {
          let chunk = rest.prefix(Int.random(in: 1...60, using: &random))
          bytes += "\(String(chunk.count, radix: 16))\r\n".utf8
          bytes += chunk
          bytes += "\r\n".utf8
          rest = rest[chunk.endIndex...]
        }
        bytes += (Bool.random(using: &random) ? "0;x=y\r\nT: u\r\n\r\n" : "0\r\n\r\n").utf8
      }
      self.bytes = bytes
    }

    mutating func damage(using random: inout some RandomNumberGenerator) {
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        guard let place = bytes.indices.randomElement(using: &random) else { return }
        let byte = Array("\r\n\0 :;,0aAzZ9\u{7F}".utf8).randomElement(using: &random) ?? 0
        switch Int.random(in: 0...2, using: &random) {
        case 0: bytes[place] = byte
        case 1: bytes.insert(byte, at: place)
        default: bytes.remove(at: place)
        }
      }
    }
  }

  private func cut(
    _ bytes: [UInt8], using random: inout some RandomNumberGenerator
  ) -> [[UInt8]] {
    let longest = Int.random(in: 1...40, using: &random)
    var pieces: [[UInt8]] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = rest.prefix(Int.random(in: 0...longest, using: &random))
      pieces.append(Array(piece))
      rest = rest[piece.endIndex...]
    }
    return pieces
  }

  @Test("Sound responses give their body", arguments: 0..<300 as Range<UInt64>)
  func readsSoundResponses(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let sample = Sample(using: &random)
    let whole = Outcome([sample.bytes])
    guard case .response(let response) = whole else {
      Issue.record("\(whole)")
      return
    }
    #expect(response?.body == sample.body)
    #expect(Outcome(cut(sample.bytes, using: &random)) == whole)
    #expect(Outcome(sample.bytes.map { [$0] }) == whole)
  }

  @Test("Damaged responses fail alike", arguments: 1000..<1600 as Range<UInt64>)
  func failsAlike(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var sample = Sample(using: &random)
    sample.damage(using: &random)
    let whole = Outcome([sample.bytes])
    #expect(Outcome(cut(sample.bytes, using: &random)) == whole)
    #expect(Outcome(sample.bytes.map { [$0] }) == whole)
  }

  @Test(
    "A body of 16 MiB in pieces of 16 KiB arrives whole",
    arguments: ["Content-Length: 16777216\r\n", ""])
  func readsLargeBody(_ field: String) throws {
    let pieceBytes = 16 * 1024
    let bodyBytes = 16 * 1024 * 1024
    var parser = HTTPResponseParser(
      answering: .get, limits: HTTPResponseLimits(maximumBodyBytes: bodyBytes))
    var response = try parser.receive(Array("HTTP/1.1 200 OK\r\n\(field)\r\n".utf8))
    for number in 0..<bodyBytes / pieceBytes {
      #expect(response == nil)
      response = try parser.receive(
        [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: pieceBytes))
    }
    if response == nil { response = try parser.receiveEOF() }
    let body = try #require(response).body
    #expect(body.count == bodyBytes)
    #expect(body[pieceBytes * 300] == 300 % 256)
  }
}
