import EventLoop
import Glibc
import Testing

@testable import Transport

@Suite("Connecting", .timeLimit(.minutes(1)))
struct ConnectingTests {
  /// A port on which nobody listens: one that was just given back.
  private func freePort(_ host: String = "127.0.0.1") async throws -> UInt16 {
    try await withLoop { loop in
      let listener = try await loop.listen(at: host, silence)
      try await loop.run { listener.close() }
      return listener.address.port
    }
  }

  private func address(_ host: String, _ port: UInt16) throws -> SocketAddress {
    try #require(SocketAddress(literal: host, port: port))
  }

  @Test("a refusal names the address")
  func refused() async throws {
    let port = try await freePort()
    let outcome = try await attempt(Endpoint(host: "127.0.0.1", port: port), ConnectionOptions())
    #expect(outcome.error == .refused(address: "127.0.0.1:\(port)"))
    #expect(outcome.steps == [.resolve])
  }

  @Test("a name that does not exist is a failure of name resolution")
  func unknownName() async throws {
    let outcome = try await attempt(
      Endpoint(host: "nonexistent.invalid", port: 80), ConnectionOptions())
    #expect(outcome.error?.category == .nameResolution)
    #expect(outcome.steps == [])
    #expect(outcome.error?.description.contains("nonexistent.invalid") == true)
  }

  @Test(
    "RFC 7686, section 2: no resolver is asked for an onion service's name, and the remedy is told",
    arguments: ["abc.onion", "sub.abc.ONION", "abc.onion.", "Abc.Onion", "onion"])
  func onion(host: String) async throws {
    var options = ConnectionOptions()
    options.resolver = UnwantedResolver()
    let outcome = try await attempt(Endpoint(host: host, port: 80), options)
    #expect(outcome.error == .onionWithoutProxy(host: host))
    #expect(outcome.steps == [])
    #expect(outcome.error?.category == .nameResolution)
    #expect(outcome.error?.description.contains("set proxy") == true)
    // Nor is a proxy looked for under such a name.
    options.proxy = SOCKSProxy(endpoint: Endpoint(host: host, port: 9050))
    let behind = try await attempt(Endpoint(host: "example.com", port: 80), options)
    #expect(behind.error == .onionWithoutProxy(host: host))
  }

  @Test("a proxy is given an onion service's name; the resolver is asked for the proxy alone")
  func onionThroughProxy() async throws {
    try await withLoop { loop in
      let proxy = try await loop.listen { connection in
        connection.open { event in
          // The greeting; then the request, which ends with the name and the port.
          guard case .received(let bytes) = event else { return }
          if bytes.count == 3 { return connection.send([5, 0]) }
          let isNamed = bytes.suffix(11) == Array("abc.onion".utf8) + [0, 80]
          connection.send([5, isNamed ? 0 : 1, 0, 1, 0, 0, 0, 0, 0, 0])
        }
      }
      let options = ConnectionOptions(proxy: SOCKSProxy(endpoint: proxy.endpoint))
      let outcome = try await attempt(Endpoint(host: "abc.onion", port: 80), options)
      #expect(outcome.steps == [.resolve, .connect, .proxy])
      #expect(outcome.error == nil)
      try await loop.run { proxy.close() }
    }
  }

  @Test("other names that only hold the word are looked up", arguments: ["onion.test", "aonion"])
  func notOnion(host: String) async throws {
    var options = ConnectionOptions()
    options.resolver = StubResolver(answer: .failure(.nameNotFound(host: host)))
    let outcome = try await attempt(Endpoint(host: host, port: 80), options)
    #expect(outcome.error == .nameNotFound(host: host))
  }

  @Test(
    "a name of mDNS that is not found asks for mDNS",
    arguments: [
      TransportError.nameNotFound(host: "umbrel.local"), .nameNotFound(host: "A.LOCAL."),
      .nameLookupFailed(host: "umbrel.local", reason: "no answer"),
    ])
  func mDNS(error: TransportError) {
    #expect(error.description.contains("libnss-mdns"))
    #expect(!TransportError.nameNotFound(host: "local.test").description.contains("mdns"))
  }

  @Test("a resolver that does not answer runs into the deadline of its step")
  func silentResolver() async throws {
    var options = ConnectionOptions()
    options.resolver = StubResolver(answer: nil)
    options.deadlines.resolve = .milliseconds(20)
    let outcome = try await attempt(Endpoint(host: "example.com", port: 80), options)
    #expect(outcome.error == .timedOut(.resolve, after: .milliseconds(20)))
  }

  @Test("an address that does not answer runs into the deadline of its step")
  func silentAddress() async throws {
    let hole = try BlackHole("127.0.0.1")
    var options = ConnectionOptions()
    options.deadlines.connect = .milliseconds(20)
    let outcome = try await attempt(
      Endpoint(host: "127.0.0.1", port: hole.address.port), options)
    #expect(outcome.error == .timedOut(.connect, after: .milliseconds(20)))
    #expect(outcome.steps == [.resolve])
  }

  @Test("RFC 8305, section 4: a dead IPv6 falls back to IPv4", arguments: [true, false])
  func fallback(isSilent: Bool) async throws {
    let hole = try BlackHole("::1")
    let dead = isSilent ? hole.address : try address("::1", try await freePort("::1"))
    try await withLoop { loop in
      let listener = try await loop.listen(silence)
      var options = ConnectionOptions()
      options.resolver = StubResolver(answer: .success([dead, listener.address]))
      let outcome = try await attempt(Endpoint(host: "both.test", port: 1), options)
      #expect(outcome.info?.address == listener.address)
      try await loop.run { listener.close() }
    }
  }

  /// TCP cannot reach a multicast group: the kernel says so at once.
  private let nowhere = "224.0.0.1"

  @Test("an address without a way to it is unreachable")
  func unreachable() async throws {
    let outcome = try await attempt(Endpoint(host: nowhere, port: 9), ConnectionOptions())
    #expect(outcome.error?.category == .unreachable)
  }

  @Test(
    "when all fail, a refusal says more than an unreachable network", arguments: [true, false])
  func worstFailure(isRefusedFirst: Bool) async throws {
    let port = try await freePort()
    var options = ConnectionOptions()
    let addresses = [try address("127.0.0.1", port), try address(nowhere, 9)]
    options.resolver = StubResolver(
      answer: .success(isRefusedFirst ? addresses : addresses.reversed()))
    let outcome = try await attempt(Endpoint(host: "both.test", port: 1), options)
    #expect(outcome.error == .refused(address: "127.0.0.1:\(port)"))
  }

  @Test("RFC 8305, section 4: families alternate, beginning with the resolver's first")
  func interleaving() throws {
    let v6 = try (1...3).map { try address("fd00::\($0)", 1) }
    let v4 = try (1...2).map { try address("10.0.0.\($0)", 1) }
    #expect(AddressRace.interleaved(v6 + v4) == [v6[0], v4[0], v6[1], v4[1], v6[2]])
    #expect(AddressRace.interleaved(v4 + v6) == [v4[0], v6[0], v4[1], v6[1], v6[2]])
    #expect(AddressRace.interleaved(v4) == v4)
  }

  @Test("abort during any step ends it", arguments: [true, false])
  func abortOnTheWay(whileResolving: Bool) async throws {
    let hole = try BlackHole("127.0.0.1")
    try await withLoop { loop in
      var options = ConnectionOptions()
      options.resolver = StubResolver(answer: whileResolving ? nil : .success([hole.address]))
      let connection = Connection(to: Endpoint(host: "x", port: 1), options: options, on: loop)
      let events = try await loop.open(connection)
      try await loop.run {}
      try await loop.run { connection.abort() }
      let (_, end) = await collect(events)
      #expect(end == nil)
    }
  }

  @Test("a port that is taken is refused to a second listener")
  func portTaken() async throws {
    try await withLoop { loop in
      let listener = try await loop.listen(silence)
      #expect {
        _ = try TCPListener(at: listener.endpoint, on: loop, silence)
      } throws: { error in
        guard case .system(_, EADDRINUSE) = error as? TransportError else { return false }
        return true
      }
      try await loop.run { listener.close() }
    }
  }
}

@Suite("Addresses")
struct SocketAddressTests {
  @Test(
    "literals are recognised and written as they were",
    arguments: ["127.0.0.1", "::1", "fd00::1", "2001:db8::2"])
  func literals(host: String) throws {
    let address = try #require(SocketAddress(literal: host, port: 443))
    #expect(address.host == host)
    #expect(address.port == 443)
    #expect(address.isIPv6 == host.contains(":"))
    #expect(address.description == Endpoint(host: host, port: 443).description)
  }

  @Test("names are no literals", arguments: ["localhost", "1.example", "", "256.0.0.1", "127.1"])
  func names(host: String) {
    #expect(SocketAddress(literal: host, port: 443) == nil)
  }
}
