import EventLoop
import Testing

@testable import Transport

@Suite("SOCKS5, RFC 1928")
struct SOCKSHandshakeTests {
  private let target = Endpoint(host: "abc.onion", port: 443)
  private let request: [UInt8] = [5, 1, 0, 3, 9] + Array("abc.onion".utf8) + [1, 0xBB]

  @Test("sections 3, 4 and 6: greeting, request by name, reply; the rest is the tunnel's")
  func accepted() throws {
    var handshake = try SOCKSHandshake(target: target)
    #expect(SOCKSHandshake.greeting == [5, 1, 0])
    #expect(try handshake.receive([5]) == .needsMore)
    #expect(try handshake.receive([0]) == .send(request))
    let reply: [UInt8] = [5, 0, 0, 1, 10, 0, 0, 1, 0, 80]
    for byte in reply.dropLast() { #expect(try handshake.receive([byte]) == .needsMore) }
    #expect(try handshake.receive([80, 1, 2, 3]) == .done(rest: [1, 2, 3]))
  }

  @Test(
    "section 6: replies with each type of address",
    arguments: [
      [1, 0, 0, 0, 0], [3, 4, 1, 2, 3, 4], [4] + [UInt8](repeating: 0, count: 16),
    ] as [[UInt8]])
  func addressTypes(address: [UInt8]) throws {
    var handshake = try SOCKSHandshake(target: target)
    _ = try handshake.receive([5, 0])
    #expect(try handshake.receive([5, 0, 0] + address + [0, 80]) == .done(rest: []))
  }

  @Test(
    "refusals and nonsense end it",
    arguments: [
      [[72, 84]], [[5, 0xFF]], [[5, 0, 5]], [[5, 0], [5, 5, 0, 1, 0]], [[5, 0], [4, 0, 0, 1, 0]],
      [[5, 0], [5, 0, 0, 9, 0]],
    ] as [[[UInt8]]])
  func refused(pieces: [[UInt8]]) throws {
    var handshake = try SOCKSHandshake(target: target)
    for piece in pieces.dropLast() { _ = try handshake.receive(piece) }
    #expect {
      _ = try handshake.receive(pieces[pieces.count - 1])
    } throws: { ($0 as? TransportError)?.category == .proxy }
  }

  @Test("a name without room in the request is refused", arguments: [0, 256])
  func nameLength(length: Int) {
    let host = String(repeating: "a", count: length)
    #expect(throws: TransportError.self) {
      try SOCKSHandshake(target: Endpoint(host: host, port: 1))
    }
  }
}

@Suite("Through a SOCKS5 proxy", .timeLimit(.minutes(1)))
struct SOCKSConnectionTests {
  /// A proxy that answers each message as told and then echoes.
  private func proxy(_ loop: EventLoop, replies: [[UInt8]]) async throws -> TCPListener {
    try await loop.listen { connection in
      let received = Counter()
      connection.open { event in
        guard case .received(let bytes) = event else { return }
        let index = received.next()
        connection.send(index < replies.count ? replies[index] : bytes)
      }
    }
  }

  @Test("the name goes to the proxy, not to our resolver, and the tunnel carries bytes")
  func tunnel() async throws {
    try await withLoop { loop in
      let listener = try await proxy(
        loop, replies: [[5, 0], [5, 0, 0, 1, 0, 0, 0, 0, 0, 0] + Array("hi".utf8)])
      let options = ConnectionOptions(proxy: SOCKSProxy(endpoint: listener.endpoint))
      let connection = Connection(
        to: Endpoint(host: "name.onion", port: 80), options: options, on: loop)
      var steps: [ConnectStep] = []
      var received: [UInt8] = []
      for await event in try await loop.open(connection) {
        switch event {
        case .completed(let step, _): steps.append(step)
        case .opened: try await loop.run { connection.send(Array("!".utf8)) }
        case .received(let bytes):
          received += bytes
          if received.count == 3 { try await loop.run { connection.abort() } }
        case .closed(let error): #expect(error == nil)
        }
      }
      #expect(steps == [.resolve, .connect, .proxy])
      #expect(String(decoding: received, as: UTF8.self) == "hi!")
      try await loop.run { listener.close() }
    }
  }

  @Test("a refusal is the proxy's, a silence runs into its deadline")
  func failures() async throws {
    try await withLoop { loop in
      let refusing = try await proxy(loop, replies: [[5, 0], [5, 4, 0, 1, 0, 0, 0, 0, 0, 0]])
      let silent = try await loop.listen(silence)
      let target = Endpoint(host: "name.onion", port: 80)
      let refused = try await attempt(
        target, ConnectionOptions(proxy: SOCKSProxy(endpoint: refusing.endpoint)))
      #expect(refused.error?.category == .proxy)
      var options = ConnectionOptions(proxy: SOCKSProxy(endpoint: silent.endpoint))
      options.deadlines.proxy = .milliseconds(20)
      let timedOut = try await attempt(target, options)
      #expect(timedOut.error == .timedOut(.proxy, after: .milliseconds(20)))
      try await loop.run {
        refusing.close()
        silent.close()
      }
    }
  }
}
