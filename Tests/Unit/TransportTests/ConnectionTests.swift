import EventLoop
import Testing

@testable import Transport

@Suite("A stream", .timeLimit(.minutes(1)))
struct StreamTests {
  @Test(
    "carries bytes both ways, over IPv4 and IPv6", arguments: ["127.0.0.1", "::1", "localhost"])
  func roundTrip(host: String) async throws {
    try await withLoop { loop in
      let listener = try await loop.listen(at: host, echo)
      let endpoint = Endpoint(host: host, port: listener.address.port)
      let connection = Connection(to: endpoint, options: ConnectionOptions(), on: loop)
      var received: [UInt8] = []
      var steps: [ConnectStep] = []
      var end: TransportError?
      for await event in try await loop.open(connection) {
        switch event {
        case .completed(let step, _): steps.append(step)
        case .opened(let info):
          #expect(info.address == listener.address)
          #expect(info.tlsVersion == nil)
          try await loop.run { connection.send(Array("hello".utf8)) }
        case .received(let bytes):
          received += bytes
          if received.count == 5 { try await loop.run { connection.close() } }
        case .closed(let error): end = error
        }
      }
      #expect(String(decoding: received, as: UTF8.self) == "hello")
      #expect(steps == [.resolve, .connect])
      #expect(end == nil)
      try await loop.run { listener.close() }
    }
  }

  @Test("delivers everything that was sent before close, however slow the reader")
  func closeFlushes() async throws {
    let sent = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try await withLoop { loop in
      let listener = try await loop.listen { connection in
        connection.open { event in
          guard case .opened = event else { return }
          connection.send(sent)
          connection.close()
        }
      }
      let connection = Connection(to: listener.endpoint, options: ConnectionOptions(), on: loop)
      let events = try await loop.open(connection)
      let (bytes, end) = await collect(events)
      expectSame(bytes, sent)
      #expect(end == .closedByPeer)
      try await loop.run { listener.close() }
    }
  }

  @Test("delivers its last words though it has not read the other side's")
  func closeWithUnreadBytes() async throws {
    let answer = [UInt8](repeating: 3, count: 500_000)
    try await withLoop { loop in
      let listener = try await loop.listen { connection in
        connection.open { event in
          guard case .opened = event else { return }
          connection.send(answer)
          connection.close()
        }
      }
      // While the loop does this it accepts nothing: the request waits in the kernel when the
      // connection is opened and closed. Closing on it would be a reset.
      let client = try await loop.run {
        let client = try RawClient(port: listener.endpoint.port)
        client.send([UInt8](repeating: 1, count: 100_000))
        return client
      }
      let (bytes, isOrderly) = await Task.detached { client.readToEnd() }.value
      expectSame(bytes, answer)
      #expect(isOrderly)
      try await loop.run { listener.close() }
    }
  }

  @Test("ends with an error when more waits to be sent than its limit")
  func overflow() async throws {
    try await withLoop { loop in
      let listener = try DeafListener()
      var options = ConnectionOptions()
      options.maximumOutgoingBytes = 100_000
      let connection = Connection(to: listener.endpoint, options: options, on: loop)
      let events = try await loop.open(connection)
      var end: TransportError?
      for await event in events {
        switch event {
        case .opened:
          // The kernel's buffers take some megabytes before ours has to.
          try await loop.run {
            for _ in 0..<1000 { connection.send([UInt8](repeating: 0, count: 50_000)) }
          }
        case .closed(let error): end = error
        default: break
        }
      }
      #expect(end == .outgoingBufferFull(limit: 100_000))
      #expect(end?.category == .bufferOverflow)
    }
  }

  @Test("calls back only after open, close and abort have returned, and closed comes once and last")
  func noCallFromWithin() async throws {
    try await withLoop { loop in
      let listener = try await loop.listen(silence)
      let connection = Connection(to: listener.endpoint, options: ConnectionOptions(), on: loop)
      let isWithin = Flag(false)
      let closings = Counter()
      try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
        loop.execute {
          isWithin.set(true)
          connection.open { event in
            #expect(!isWithin.isSet)
            switch event {
            case .opened:
              isWithin.set(true)
              connection.send([1])
              connection.close()
              connection.close()
              connection.abort()
              connection.abort()
              connection.send([2])
              isWithin.set(false)
            case .closed(let error):
              #expect(error == nil)
              _ = closings.next()
              loop.execute { done.resume() }
            default: break
            }
          }
          isWithin.set(false)
        }
      }
      #expect(closings.next() == 1)
      try await loop.run { listener.close() }
    }
  }

  @Test("close ends in time though the other side never does")
  func closeIsBounded() async throws {
    try await withLoop { loop in
      // Never reads, so never sees the end.
      let listener = try DeafListener()
      var options = ConnectionOptions()
      options.deadlines.close = .milliseconds(30)
      let connection = Connection(to: listener.endpoint, options: options, on: loop)
      for await event in try await loop.open(connection) {
        if case .opened = event { try await loop.run { connection.close() } }
        if case .closed(let error) = event { #expect(error == nil) }
      }
    }
  }

  @Test("an abort at the other side is a reset or an end, never silence")
  func peerAborts() async throws {
    try await withLoop { loop in
      let listener = try await loop.listen { connection in
        connection.open { event in if case .opened = event { connection.abort() } }
      }
      let connection = Connection(to: listener.endpoint, options: ConnectionOptions(), on: loop)
      let (_, end) = await collect(try await loop.open(connection))
      #expect(end == .closedByPeer || end == .reset)
      try await loop.run { listener.close() }
    }
  }

  @Test("an accepted connection that nobody opens is closed")
  func unopened() async throws {
    try await withLoop { loop in
      let listener = try await loop.listen { _ in }
      let connection = Connection(to: listener.endpoint, options: ConnectionOptions(), on: loop)
      let (_, end) = await collect(try await loop.open(connection))
      #expect(end == .closedByPeer)
      try await loop.run { listener.close() }
    }
  }

  @Test("a connection that is over is let go of")
  func noLeak() async throws {
    let remembered = try await withLoop { loop in
      let listener = try await loop.listen(echo)
      let connection = Connection(to: listener.endpoint, options: ConnectionOptions(), on: loop)
      for await event in try await loop.open(connection) {
        if case .opened = event { try await loop.run { connection.abort() } }
      }
      try await loop.run { listener.close() }
      return Remembered(connection: connection)
    }
    #expect(remembered.connection == nil)
  }

  private struct Remembered: Sendable {
    weak let connection: Connection?
  }
}

/// Are many bytes the same? `#expect` would show the difference, and take minutes to find it.
private func expectSame(
  _ bytes: [UInt8], _ expected: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
) {
  let isSame = bytes == expected
  #expect(
    isSame, "\(bytes.count) bytes instead of \(expected.count), or others",
    sourceLocation: sourceLocation)
}
