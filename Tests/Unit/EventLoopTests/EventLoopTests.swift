import Glibc
import Synchronization
import Testing

@testable import EventLoop

/// What a test has seen, from any thread.
final class Journal<Entry: Sendable>: Sendable {
  private let entries = Mutex<[Entry]>([])

  func note(_ entry: Entry) { entries.withLock { $0.append(entry) } }
  var all: [Entry] { entries.withLock { $0 } }
}

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
  func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result
  {
    try await withCheckedThrowingContinuation { continuation in
      execute { continuation.resume(with: Swift.Result(catching: body)) }
    }
  }
}

/// Lives on a loop.
actor Resident {
  let loop: EventLoop
  private(set) var count = 0

  init(on loop: EventLoop) { self.loop = loop }

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  func add() -> Bool {
    count += 1
    return loop.isCurrent
  }

  nonisolated func addFromCallback() {
    assumeIsolated { $0.count += 1 }
  }

  func ask(_ other: Resident) async -> Bool {
    let there = await other.add()
    return there && loop.isCurrent
  }
}

@Suite("Jobs", .timeLimit(.minutes(1)))
struct JobTests {
  @Test("work from one thread runs in the order it was submitted, on the loop's thread")
  func order() async throws {
    let journal = Journal<Int>()
    try await withLoop { loop in
      #expect(!loop.isCurrent)
      for index in 0..<2000 {
        loop.execute { if loop.isCurrent { journal.note(index) } }
      }
      try await loop.run {}
    }
    #expect(journal.all == Array(0..<2000))
  }

  @Test("work submitted on the loop runs after the caller has returned, in order")
  func nested() async throws {
    let journal = Journal<String>()
    try await withLoop { loop in
      try await loop.run {
        loop.execute { journal.note("b") }
        loop.execute { journal.note("c") }
        journal.note("a")
      }
      try await loop.run {}
    }
    #expect(journal.all == ["a", "b", "c"])
  }

  @Test("every wake-up from other threads arrives", arguments: [1, 4])
  func crossThread(threads: Int) async throws {
    try await withLoop { loop in
      let answers = Journal<Int>()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<threads {
          group.addTask {
            for index in 0..<500 {
              await withCheckedContinuation { continuation in
                loop.execute { continuation.resume() }
              }
              answers.note(index)
            }
          }
        }
      }
      #expect(answers.all.count == threads * 500)
    }
  }

  @Test("an endless chain of jobs starves neither timers nor descriptors")
  func fairness() async throws {
    try await withLoop { loop in
      let (reader, writer) = try socketPair()
      defer {
        close(reader)
        close(writer)
      }
      let heard = Journal<String>()
      @Sendable func repost() {
        if heard.all.count < 2 { loop.execute { repost() } }
      }
      try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
        let finishIfBoth: @Sendable () -> Void = {
          if heard.all.count == 2 { done.resume() }
        }
        loop.execute {
          do {
            try loop.watch(reader, for: .read) { _ in
              loop.unwatch(reader)
              heard.note("descriptor")
              finishIfBoth()
            }
          } catch { done.resume(throwing: error) }
          _ = loop.schedule(after: .milliseconds(1)) {
            heard.note("timer")
            finishIfBoth()
          }
          _ = write(writer, "x", 1)
          repost()
        }
      }
    }
  }
}

@Suite("Actors", .timeLimit(.minutes(1)))
struct ActorTests {
  @Test("an actor on the loop runs on its thread")
  func actorRunsOnLoop() async throws {
    try await withLoop { loop in
      let resident = Resident(on: loop)
      #expect(await resident.add())
    }
  }

  @Test("raw callbacks enter the actor with assumeIsolated")
  func assumeIsolated() async throws {
    try await withLoop { loop in
      let resident = Resident(on: loop)
      try await loop.run { resident.addFromCallback() }
      await withCheckedContinuation { continuation in
        loop.execute {
          _ = loop.schedule(after: .zero) {
            resident.addFromCallback()
            continuation.resume()
          }
        }
      }
      #expect(await resident.count == 2)
    }
  }

  @Test("an actor's own code may call the synchronous entry of another actor on the same loop")
  func betweenActors() async throws {
    try await withLoop { loop in
      let one = Resident(on: loop)
      let other = Resident(on: loop)
      try await loop.run { one.assumeIsolated { _ in other.addFromCallback() } }
      #expect(await other.count == 1)
    }
  }

  @Test("actors of two loops await each other and come back to their own thread")
  func twoLoops() async throws {
    try await withLoop { left in
      try await withLoop { right in
        let here = Resident(on: left)
        let there = Resident(on: right)
        for _ in 0..<100 { #expect(await here.ask(there)) }
        #expect(await there.count == 100)
      }
    }
  }
}

@Suite("Shutdown", .timeLimit(.minutes(1)))
struct ShutDownTests {
  @Test("runs what is queued, and more than once does no harm")
  func idempotent() async throws {
    let loop = try EventLoop(name: "test")
    let journal = Journal<Int>()
    loop.execute { for index in 0..<3 { loop.execute { journal.note(index) } } }
    async let first: Void = loop.shutDown()
    async let second: Void = loop.shutDown()
    _ = await (first, second)
    await loop.shutDown()
    #expect(journal.all == [0, 1, 2])
  }

  @Test("may be awaited from an actor on the loop itself")
  func fromInside() async throws {
    let loop = try EventLoop(name: "test")
    let resident = Resident(on: loop)
    await Ender().end(loop, on: resident)
    #expect(await resident.count == 1)
  }

  /// Ends a loop from within an actor that lives on it.
  private struct Ender {
    func end(_ loop: EventLoop, on resident: isolated Resident) async {
      await loop.shutDown()
      resident.addFromCallback()
    }
  }

  @Test("a task that comes after the end still runs, alone and in order")
  func stragglers() async throws {
    let loop = try EventLoop(name: "test")
    let resident = Resident(on: loop)
    await loop.shutDown()
    #expect(await resident.add())
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<50 { group.addTask { _ = await resident.add() } }
    }
    #expect(await resident.count == 51)
  }

  @Test("waits for no timer, and refuses watches afterwards")
  func waitsForNoTimer() async throws {
    let loop = try EventLoop(name: "test")
    try await loop.run { _ = loop.schedule(after: .seconds(3600)) {} }
    await loop.shutDown()
    await #expect(throws: EventLoopError.stopped) {
      try await loop.run { try loop.watch(0, for: .read) { _ in } }
    }
  }

  @Test("an ended loop gives its memory back")
  func noLeak() async throws {
    weak var weakLoop: EventLoop?
    do {
      let loop = try EventLoop(name: "test")
      weakLoop = loop
      await loop.shutDown()
    }
    // The thread lets go just after it has answered: a bounded wait, with no upper time to be
    // missed.
    for _ in 0..<1000 where weakLoop != nil { Thread.block(milliseconds: 1) }
    #expect(weakLoop == nil)
  }
}

/// Blocks the calling thread, for tests that need time to pass.
enum Thread {
  static func block(milliseconds: UInt32) { usleep(milliseconds * 1000) }
}

/// Two connected sockets that do not block.
func socketPair() throws -> (CInt, CInt) {
  var ends: [CInt] = [0, 0]
  let kind = CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
  guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
    throw EventLoopError.system(call: "socketpair", code: errno)
  }
  return (ends[0], ends[1])
}
