import EventLoop
import Glibc
import Synchronization
import Testing

@testable import Transport

/// Runs `body` with a loop of its own and ends the loop.
func withLoop<Result: Sendable>(
  _ body: @Sendable (EventLoop) async throws -> Result
) async throws -> Result {
  let loop = try EventLoop(name: "test")
  do {
    let result = try await body(loop)
    await loop.shutDown()
    return result
  } catch {
    await loop.shutDown()
    throw error
  }
}

extension EventLoop {
  /// Runs `body` on the loop and hands back its result.
  @discardableResult
  func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result
  {
    try await withCheckedThrowingContinuation { continuation in
      execute { continuation.resume(with: Swift.Result(catching: body)) }
    }
  }

  /// Opens a connection and hands out its events as they come; they end after `closed`.
  func open(_ connection: Connection) async throws -> AsyncStream<ConnectionEvent> {
    let (events, continuation) = AsyncStream<ConnectionEvent>.makeStream()
    try await run {
      connection.open { event in
        #expect(self.isCurrent)
        continuation.yield(event)
        if case .closed = event { continuation.finish() }
      }
    }
    return events
  }

  /// A listener that treats each connection with `serve`, with the address it got.
  func listen(
    at host: String = "127.0.0.1", port: UInt16 = 0,
    _ serve: @escaping @Sendable (Connection) -> Void
  ) async throws -> TCPListener {
    let listener = try TCPListener(at: Endpoint(host: host, port: port), on: self, serve)
    try await run { try listener.start() }
    return listener
  }
}

extension TCPListener {
  nonisolated var endpoint: Endpoint { Endpoint(host: address.host, port: address.port) }
}

/// How an attempt to connect ended.
struct Outcome: Sendable {
  var steps: [ConnectStep] = []
  var info: ConnectionInfo?
  var error: TransportError?
}

/// Connects, says how that went, and closes.
func attempt(_ endpoint: Endpoint, _ options: ConnectionOptions) async throws -> Outcome {
  try await withLoop { loop in
    let connection = Connection(to: endpoint, options: options, on: loop)
    var outcome = Outcome()
    for await event in try await loop.open(connection) {
      switch event {
      case .completed(let step, _): outcome.steps.append(step)
      case .opened(let info):
        outcome.info = info
        try await loop.run { connection.abort() }
      case .received: break
      case .closed(let error): outcome.error = error
      }
    }
    return outcome
  }
}

/// Collects what an echo server would: everything it is sent, until the other side has ended.
func collect(_ events: AsyncStream<ConnectionEvent>) async -> (bytes: [UInt8], end: TransportError?)
{
  var bytes: [UInt8] = []
  for await event in events {
    switch event {
    case .received(let more): bytes += more
    case .closed(let error): return (bytes, error)
    case .completed, .opened: break
    }
  }
  Issue.record("the events ended without closed")
  return (bytes, nil)
}

/// Sends back what it gets.
@Sendable func echo(_ connection: Connection) {
  connection.open { event in
    if case .received(let bytes) = event { connection.send(bytes) }
  }
}

/// Accepts and says nothing.
@Sendable func silence(_ connection: Connection) {
  connection.open { _ in }
}

/// Answers with what it was made with; nil never answers.
struct StubResolver: HostResolver {
  let answer: Result<[SocketAddress], TransportError>?

  func resolve(
    _ endpoint: Endpoint,
    _ completion: @escaping @Sendable (Result<[SocketAddress], TransportError>) -> Void
  ) {
    if let answer { completion(answer) }
  }
}

/// Is a mistake to ask.
struct UnwantedResolver: HostResolver {
  func resolve(
    _ endpoint: Endpoint,
    _ completion: @escaping @Sendable (Result<[SocketAddress], TransportError>) -> Void
  ) {
    Issue.record("the resolver was asked for \(endpoint)")
    completion(.failure(.nameNotFound(host: endpoint.host)))
  }
}

/// An address in whose queue there is no room: the kernel leaves attempts to connect unanswered.
final class BlackHole: Sendable {
  let address: SocketAddress
  private let descriptors: [CInt]

  init(_ host: String) throws {
    let wanted = try #require(SocketAddress(literal: host, port: 0))
    let listening = socket(wanted.family, CInt(SOCK_STREAM.rawValue), 0)
    try #require(wanted.withSockAddr { bind(listening, $0, $1) } == 0)
    try #require(listen(listening, 0) == 0)
    let bound = Self.address(of: listening)
    address = try #require(bound)
    let full = address
    // A queue of length 0 holds one; the others are left hanging and keep it full.
    let waiting = (0..<3).map { _ in
      let waiting = socket(full.family, CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
      _ = full.withSockAddr { connect(waiting, $0, $1) }
      return waiting
    }
    descriptors = [listening] + waiting
  }

  deinit {
    for descriptor in descriptors { close(descriptor) }
  }

  private static func address(of descriptor: CInt) -> SocketAddress? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &storage) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
        getsockname(descriptor, raw, &length) == 0 ? SocketAddress(raw, length: length) : nil
      }
    }
  }
}

/// Counts, from 0.
final class Counter: Sendable {
  private let count = Atomic<Int>(0)
  func next() -> Int { count.add(1, ordering: .relaxed).oldValue }
}

/// Is set or not.
final class Flag: Sendable {
  private let value: Atomic<Bool>
  init(_ isSet: Bool) { value = Atomic(isSet) }
  var isSet: Bool { value.load(ordering: .relaxed) }
  func set(_ isSet: Bool) { value.store(isSet, ordering: .relaxed) }
}
