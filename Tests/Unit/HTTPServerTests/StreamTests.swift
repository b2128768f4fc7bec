import HTTPServer
import Testing

@Suite("Streams", .serialized)
struct StreamTests {
  private static func event(_ bytes: Int) -> [UInt8] {
    (0..<bytes).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
  }

  @Test("a stream is chunked, bears its head, and carries what is published")
  func carries() async throws {
    try await TestServer.run { server in
      let client = try server.client()
      client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
      let (status, head) = try client.readHead()
      #expect(status == 200)
      #expect(head.contains("Content-Type: text/event-stream\r\n"))
      #expect(head.contains("Transfer-Encoding: chunked\r\n"))
      #expect(head.contains("X-Content-Type-Options: nosniff\r\n"))
      for round in 0..<5 {
        let event = Self.event(100 + round)
        await server.publish(event)
        #expect(try client.readStream(event.count) == event)
      }
      #expect(await server.counts == HTTPServerCounts(connections: 1, streams: 1, waiting: 1))
    }
  }

  @Test("an event larger than the buffer is split over fills and arrives whole")
  func splits() async throws {
    try await TestServer.run { server in
      let client = try server.stream()
      let event = Self.event(100_000)
      await server.publish(event)
      #expect(try client.readStream(event.count) == event)
      #expect(await server.onLoop { $0.largestCapacity } < event.count)
      #expect(await server.onLoop { $0.smallestCapacity } > 100)
    }
  }

  @Test("one resume reaches 200 streams, with two fills for each")
  func batches() async throws {
    try await TestServer.run { server in
      let clients = try (0..<200).map { _ in try server.stream() }
      try await server.waitUntil { _ in server.server.counts.waiting == 200 }
      for _ in 0..<3 {
        let event = Self.event(145)
        let before = await server.onLoop { $0.fills }
        await server.publish(event)
        for client in clients { #expect(try client.readStream(145) == event) }
        try await server.waitUntil { _ in server.server.counts.waiting == 200 }
        // One that writes, and one that finds nothing more.
        #expect(await server.onLoop { $0.fills } - before == 400)
      }
    }
  }

  @Test("resume wakes the streams it names; of others, closed ones and none it takes no notice")
  func resumesSome() async throws {
    try await TestServer.run { server in
      let first = try server.stream()
      let second = try server.stream()
      try await server.waitUntil { _ in server.server.counts.waiting == 2 }
      await server.onLoop { handler in
        handler.log += [1, 2, 3]
        let stale = StreamID(index: handler.opened[0].index, generation: .max)
        server.server.resume([stale, StreamID(index: .max, generation: 0)])
        server.server.resume([handler.opened[1], handler.opened[1]])
        server.server.resume([])
      }
      #expect(try second.readStream(3) == [1, 2, 3])
      #expect(await server.counts.waiting >= 1)
      await server.onLoop { _ in server.server.resumeAll() }
      #expect(try first.readStream(3) == [1, 2, 3])
    }
  }

  @Test("a stream that is resumed while it finds nothing is asked again")
  func resumesDuringFill() async throws {
    try await TestServer.run { server in
      await server.onLoop { handler in
        handler.onNothing = { id in
          guard handler.log.count < 300 else { return }
          handler.log += [UInt8](repeating: 9, count: 100)
          server.server.resume([id])
        }
      }
      let client = try server.stream()
      #expect(try client.readStream(300).count == 300)
      try await server.waitUntil { _ in server.server.counts.waiting == 1 }
    }
  }

  @Test("a stream that the handler ends is complete, and its connection is closed")
  func ends() async throws {
    try await TestServer.run { server in
      let client = try server.client()
      client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
      await server.publish([1, 2, 3])
      await server.onLoop { handler in
        handler.isFinished = true
        server.server.resumeAll()
      }
      let response = try client.response()
      #expect(response.field("Connection") == "close")
      #expect(response.body == [1, 2, 3])
      #expect(client.isClosed())
      #expect(await server.onLoop { $0.hasClosedEachOnce })
    }
  }

  @Test("HEAD of a stream is answered with the head, and opens none")
  func head() async throws {
    try await TestServer.run { server in
      let client = try server.client()
      client.send("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n")
      let response = try client.response(toHead: true)
      #expect(response.status == 200)
      #expect(response.field("Content-Type") == "text/event-stream")
      #expect(response.field("Content-Length") == nil)
      #expect(client.isClosed())
      #expect(await server.onLoop { $0.opened }.isEmpty)
    }
  }

  @Test("to HTTP/1.0 a stream is sent without chunks, and closing ends it")
  func http10() async throws {
    try await TestServer.run { server in
      let client = try server.client()
      client.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
      let head = try client.readHead().head
      #expect(!head.contains("Transfer-Encoding"))
      #expect(head.contains("Connection: close\r\n"))
      let event = Self.event(50_000)
      await server.publish(event)
      #expect(try client.read(exactly: event.count) == event)
      try await server.waitUntil { _ in server.server.counts.waiting == 1 }
      await server.publish([5])
      #expect(try client.read(exactly: 1) == [5])
      await server.onLoop { handler in
        handler.isFinished = true
        server.server.resumeAll()
      }
      #expect(client.isClosed())
      #expect(await server.onLoop { $0.hasClosedEachOnce })
    }
  }

  @Test("a client that went away while its stream waited is noticed by writing, and closed once")
  func noticesAbsence() async throws {
    try await TestServer.run { server in
      var clients = try (0..<20).map { _ in try server.stream() }
      try await server.waitUntil { _ in server.server.counts.waiting == 20 }
      clients.removeFirst(10)
      #expect(await server.counts.streams == 20)
      // The first write is answered with a reset, the second finds it.
      for _ in 0..<20 where await server.counts.streams > 10 {
        await server.publish([1])
        try await Task.sleep(for: .milliseconds(10))
      }
      try await server.waitUntil { $0.closed.count == 10 }
      #expect(await server.counts.streams == 10)
      clients = []
      for _ in 0..<20 where await server.counts.streams > 0 {
        await server.publish([1])
        try await Task.sleep(for: .milliseconds(10))
      }
      try await server.waitUntil { $0.closed.count == 20 }
      #expect(await server.onLoop { $0.hasClosedEachOnce })
    }
  }

  @Test("a reset in mid-stream closes the stream once")
  func survivesReset() async throws {
    try await TestServer.run { server in
      await server.publish([UInt8](repeating: 1, count: 8_000_000))
      for _ in 0..<5 {
        let client = try server.stream(receiveBufferBytes: 4096)
        _ = try client.readStream(1000)
        client.resetOnClose()
      }
      try await server.waitUntil { $0.closed.count == 5 }
      #expect(await server.onLoop { $0.hasClosedEachOnce })
      #expect(await server.counts == HTTPServerCounts(connections: 0, streams: 0, waiting: 0))
    }
  }

  @Test("what a client has sent behind its request does not make the end of its stream a reset")
  func endsInOrder() async throws {
    try await TestServer.run { server in
      let clients = try (0..<20).map { _ in try server.stream() }
      for client in clients {
        client.send(String(repeating: "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", count: 1000))
      }
      let event = Self.event(20_000)
      await server.onLoop { $0.log += event }
      await server.server.stop(within: .seconds(5))
      for client in clients {
        #expect(try client.readStream(event.count) == event)
        #expect(try client.nextChunk() == nil)
        #expect(client.endsInOrder())
      }
    }
  }

  @Test("a stream on a connection that was used before, and one whose request came in pieces")
  func takesOver() async throws {
    try await TestServer.run { server in
      let kept = try server.client()
      kept.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try kept.response().text == "hello")
      kept.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try kept.readHead().status == 200)
      let pieces = try server.client()
      for piece in ["GET /str", "eam HTTP/1.1\r\nHo", "st: a\r\n", "\r\n"] {
        pieces.send(piece)
        try await Task.sleep(for: .milliseconds(5))
      }
      #expect(try pieces.readHead().status == 200)
      await server.publish([1, 2, 3])
      #expect(try kept.readStream(3) == [1, 2, 3])
      #expect(try pieces.readStream(3) == [1, 2, 3])
      #expect(await server.counts == HTTPServerCounts(connections: 2, streams: 2, waiting: 2))
      #expect(openSockets(on: server.port) == 3, "microhttpd has closed its own descriptors")
    }
  }

  @Test("a reader that doesn't read is cut off after inactivityTimeout; one that waits is not")
  func cutsSlowReaders() async throws {
    try await TestServer.run {
      $0.inactivityTimeout = .seconds(1)
    } _: { server in
      await server.publish([UInt8](repeating: 1, count: 8_000_000))
      let waiting = try server.stream(isLive: true)
      let blocked = try server.stream(receiveBufferBytes: 4096)
      try await server.waitUntil { $0.closed.count == 1 }
      let (opened, closed) = await server.onLoop { ($0.opened, $0.closed) }
      #expect(closed == [opened[1]])
      await server.publish([7])
      #expect(try waiting.readStream(1) == [7])
      withExtendedLifetime(blocked) {}
    }
  }

  @Test("a place that is taken again has another generation")
  func renamesPlaces() async throws {
    try await TestServer.run { server in
      await server.publish([1])
      await server.onLoop { $0.isFinished = true }
      for round in 1...3 {
        let response = try server.exchange("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(response.body == [1])
        try await server.waitUntil { $0.closed.count == round }
      }
      let opened = await server.onLoop { $0.opened }
      #expect(opened.map(\.index) == [0, 0, 0])
      #expect(Set(opened).count == 3)
    }
  }
}
