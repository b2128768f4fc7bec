import EventLoop
import Foundation
import Testing

@testable import Transport

@Suite("TLS with a real server", WithCertificates(), .serialized, .timeLimit(.minutes(2)))
struct TLSTests {
  private func certificates() throws -> TestCertificates { try #require(TestCertificates.current) }

  private func options(trusting authority: String?) throws -> ConnectionOptions {
    let trusted = try authority.map { try TrustedCertificates(pem: bytes(of: "\($0).pem")) }
    return ConnectionOptions(tls: try TLSContext(trusting: trusted))
  }

  private func attemptTLS(
    _ host: String, server name: String, trusting authority: String?, serverOptions: [String] = []
  ) async throws -> Outcome {
    let server = try TestTLSServer(try certificates(), name, options: serverOptions)
    var options = try options(trusting: authority)
    options.resolver = StubResolver(
      answer: .success([try #require(SocketAddress(literal: "127.0.0.1", port: server.port))]))
    return try await attempt(Endpoint(host: host, port: server.port), options)
  }

  @Test(
    "RFC 9525: a certificate for the name or the address is accepted",
    arguments: ["localhost", "localhost.", "127.0.0.1"])
  func accepted(host: String) async throws {
    let outcome = try await attemptTLS(host, server: "good", trusting: "ca")
    #expect(outcome.info?.tlsVersion == "TLSv1.3")
    #expect(outcome.steps == [.resolve, .connect, .tls])
    #expect(outcome.error == nil)
  }

  @Test("TLS 1.2 is spoken where the server knows nothing newer")
  func tls12() async throws {
    let outcome = try await attemptTLS(
      "localhost", server: "good", trusting: "ca", serverOptions: ["-tls1_2"])
    #expect(outcome.info?.tlsVersion == "TLSv1.2")
  }

  @Test("TLS 1.1 is refused")
  func tls11() async throws {
    let outcome = try await attemptTLS(
      "localhost", server: "good", trusting: "ca",
      serverOptions: ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"])
    #expect(outcome.error == .tls(.protocolTooOld))
    #expect(outcome.steps == [.resolve, .connect])
  }

  @Test("a certificate for another name is refused, and the names it has are told")
  func wrongHost() async throws {
    let outcome = try await attemptTLS("localhost", server: "other", trusting: "ca")
    let names = ["other.example", "www.other.example"]
    #expect(outcome.error == .tls(.otherHost(expected: "localhost", certificateNames: names)))
    let words = try #require(outcome.error?.description)
    #expect(words.contains("issued for another host (other.example, www.other.example"))
  }

  @Test("a certificate for another address is refused")
  func wrongAddress() async throws {
    let outcome = try await attemptTLS("127.0.0.2", server: "good", trusting: "ca")
    let names = ["localhost", "127.0.0.1"]
    #expect(outcome.error == .tls(.otherHost(expected: "127.0.0.2", certificateNames: names)))
  }

  @Test("an unknown authority is named", arguments: [nil, "stranger"])
  func unknownAuthority(trusted: String?) async throws {
    let outcome = try await attemptTLS("localhost", server: "good", trusting: trusted)
    #expect(outcome.error == .tls(.unknownAuthority(issuer: "ca authority")))
    #expect(outcome.error?.description.contains("unknown certificate authority") == true)
  }

  @Test("an expired certificate is refused")
  func expired() async throws {
    let outcome = try await attemptTLS("localhost", server: "expired", trusting: "ca")
    #expect(outcome.error == .tls(.certificateExpired))
    #expect(outcome.error?.description.contains("certificate has expired") == true)
  }

  @Test("a self-signed certificate is refused unless it is in ca_file")
  func selfSigned() async throws {
    let refused = try await attemptTLS("localhost", server: "self", trusting: "ca")
    #expect(refused.error == .tls(.selfSigned))
    let accepted = try await attemptTLS("localhost", server: "self", trusting: "self")
    #expect(accepted.error == nil)
    #expect(accepted.info != nil)
  }

  @Test("a server's own certificate in ca_file is enough, without its authority")
  func pinnedLeaf() async throws {
    let outcome = try await attemptTLS("localhost", server: "good", trusting: "good")
    #expect(outcome.info?.tlsVersion == "TLSv1.3")
  }

  @Test("bytes go both ways, large ones too")
  func roundTrip() async throws {
    let server = try TestTLSServer(try certificates(), "good")
    let options = try options(trusting: "ca")
    let line = (0..<12_000).map { UInt8(ascii: "a") + UInt8($0 % 26) }
    try await withLoop { loop in
      let connection = Connection(
        to: Endpoint(host: "127.0.0.1", port: server.port), options: options, on: loop)
      var received: [UInt8] = []
      for await event in try await loop.open(connection) {
        switch event {
        case .opened: try await loop.run { connection.send(line + [UInt8(ascii: "\n")]) }
        case .received(let bytes):
          received += bytes
          if received.count > line.count { try await loop.run { connection.close() } }
        case .closed(let error): #expect(error == nil)
        case .completed: break
        }
      }
      let isReversed = received == line.reversed() + [UInt8(ascii: "\n")]
      #expect(isReversed)
    }
  }

  @Test("through a proxy, the certificate is still the server's")
  func throughProxy() async throws {
    let server = try TestTLSServer(try certificates(), "good")
    let context = try options(trusting: "ca").tls
    try await withLoop { loop in
      let proxy = try await loop.listen { inner in
        let outer = Connection(
          to: Endpoint(host: "127.0.0.1", port: server.port), options: ConnectionOptions(), on: loop
        )
        relay(inner, outer)
      }
      let options = ConnectionOptions(tls: context, proxy: SOCKSProxy(endpoint: proxy.endpoint))
      let outcome = try await attempt(Endpoint(host: "localhost", port: 443), options)
      #expect(outcome.steps == [.resolve, .connect, .proxy, .tls])
      #expect(outcome.error == nil)
      try await loop.run { proxy.close() }
    }
  }

  @Test("a handshake that hangs runs into its deadline")
  func hanging() async throws {
    let context = try options(trusting: nil).tls
    try await withLoop { loop in
      var options = ConnectionOptions(tls: context)
      options.deadlines.tls = .milliseconds(30)
      let listener = try await loop.listen(silence)
      let outcome = try await attempt(listener.endpoint, options)
      #expect(outcome.error == .timedOut(.tls, after: .milliseconds(30)))
      try await loop.run { listener.close() }
    }
  }

  @Test("a server that speaks plain HTTP is told apart")
  func notTLS() async throws {
    let options = try options(trusting: nil)
    try await withLoop { loop in
      let listener = try await loop.listen { connection in
        connection.open { event in
          guard case .received = event else { return }
          connection.send(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))
          connection.close()
        }
      }
      let outcome = try await attempt(listener.endpoint, options)
      #expect(outcome.error == .tls(.notTLS))
      try await loop.run { listener.close() }
    }
  }

  @Test("a server that hangs up in the handshake is an error of TLS")
  func hangUp() async throws {
    let options = try options(trusting: nil)
    try await withLoop { loop in
      let listener = try await loop.listen { connection in
        connection.open { event in if case .received = event { connection.close() } }
      }
      let outcome = try await attempt(listener.endpoint, options)
      #expect(outcome.error?.category == .tls)
      try await loop.run { listener.close() }
    }
  }

  @Test(
    "RFC 9525: a name in the subject alone is none, whatever else the certificate names",
    arguments: [
      ("common-name", "localhost", []), ("common-address", "127.0.0.1", []),
      ("common-name-with-email", "localhost", []),
      ("common-name-with-address", "localhost", ["127.0.0.9"]),
      ("common-name-with-other", "localhost", ["other.example"]),
    ])
  func subjectDoesNotCount(_ certificate: String, _ host: String, _ names: [String]) async throws {
    let outcome = try await attemptTLS(host, server: certificate, trusting: "ca")
    #expect(outcome.error == .tls(.otherHost(expected: host, certificateNames: names)))
    let words = try #require(outcome.error?.description)
    #expect(words.contains(names.isEmpty ? "names no host" : "issued for another host"))
  }

  @Test(
    "RFC 9525, section 6.3: a wildcard is the whole of the leftmost label",
    arguments: [
      ("a.wild.example", true), ("b.a.wild.example", false), ("wild.example", false),
      ("www.part.example", false), ("w.part.example", false),
    ])
  func wildcards(_ host: String, _ isAccepted: Bool) async throws {
    let outcome = try await attemptTLS(host, server: "wildcards", trusting: "ca")
    #expect((outcome.error == nil) == isAccepted)
    if !isAccepted { #expect(outcome.error?.category == .tls) }
  }

  @Test("what is trusted is certificates in PEM form, and whole")
  func trustedCertificates() throws {
    let good = try bytes(of: "good.pem")
    let key = try bytes(of: "good.key")
    for pem in [[], key, Array(good.dropLast(good.count / 2)), good + good.dropLast(80)] {
      #expect {
        _ = try TrustedCertificates(pem: pem)
      } throws: { error in
        guard case .tls(.trust) = error as? TransportError else { return false }
        return true
      }
    }
    for pem in [good, key + good, good + key, good + good] {
      _ = try TLSContext(trusting: try TrustedCertificates(pem: pem))
    }
  }

  private func bytes(of file: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: try certificates().path(file))))
  }

  /// A SOCKS5 proxy for one connection that knows one target.
  @Sendable private func relay(_ inner: Connection, _ outer: Connection) {
    let greeted = Counter()
    inner.open { event in
      switch event {
      case .received(let bytes):
        switch greeted.next() {
        case 0: inner.send([5, 0])
        case 1:
          outer.open { event in
            switch event {
            case .opened: inner.send([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
            case .received(let bytes): inner.send(bytes)
            case .closed: inner.close()
            case .completed: break
            }
          }
        default: outer.send(bytes)
        }
      case .closed: outer.abort()
      case .opened, .completed: break
      }
    }
  }

}

@Suite("A certificate's verdict")
struct CertificateVerdictTests {
  @Test(
    "OpenSSL's codes become words",
    arguments: [
      (9, TLSFailure.certificateNotYetValid), (10, .certificateExpired), (18, .selfSigned),
      (19, .unknownAuthority(issuer: "unnamed")), (23, .revoked),
      (79, .badCertificate(reason: "invalid CA certificate")),
    ] as [(CInt, TLSFailure)])
  func verdict(code: CInt, failure: TLSFailure) {
    #expect(
      CertificateVerdict.failure(code: code, certificate: nil, expectedHost: "h") == failure)
  }
}
