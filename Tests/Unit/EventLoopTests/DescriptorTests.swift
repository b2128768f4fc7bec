import Glibc
import Synchronization
import Testing

@testable import EventLoop

@Suite("Descriptors", .timeLimit(.minutes(1)))
struct DescriptorTests {
  /// Runs `body` on a loop with two connected sockets, and closes them afterwards.
  private func withSockets(
    _ body: @Sendable (_ loop: EventLoop, _ here: CInt, _ there: CInt) async throws -> Void
  ) async throws {
    let (here, there) = try socketPair()
    defer {
      close(here)
      close(there)
    }
    try await withLoop { loop in try await body(loop, here, there) }
  }

  @Test("a handler hears of what it asked for, again and again while it lasts")
  func levelTriggered() async throws {
    try await withSockets { loop, here, there in
      _ = write(there, "x", 1)
      let journal = Journal<EventLoop.Readiness>()
      await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
        loop.execute {
          #expect(throws: Never.self) {
            try loop.watch(here, for: .read) { readiness in
              journal.note(readiness)
              if journal.all.count == 3 {
                loop.unwatch(here)
                done.resume()
              }
            }
          }
        }
      }
      #expect(journal.all == [.read, .read, .read])
    }
  }

  @Test("change adds and takes away an interest")
  func change() async throws {
    try await withSockets { loop, here, there in
      let journal = Journal<EventLoop.Readiness>()
      _ = write(there, "x", 1)
      await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
        let steps: @Sendable (EventLoop.Readiness) -> Void = { readiness in
          journal.note(readiness)
          switch journal.all.count {
          case 1: #expect(throws: Never.self) { try loop.change(here, to: .read) }
          case 2: #expect(throws: Never.self) { try loop.change(here, to: [.read, .write]) }
          default:
            loop.unwatch(here)
            done.resume()
          }
        }
        loop.execute {
          #expect(throws: Never.self) { try loop.watch(here, for: .write, steps) }
        }
      }
      #expect(journal.all == [.write, .read, [.read, .write]])
    }
  }

  @Test("an empty interest hears nothing, not even that the other side is gone")
  func emptyInterest() async throws {
    let (here, there) = try socketPair()
    defer { close(here) }
    try await withLoop { loop in
      let journal = Journal<EventLoop.Readiness>()
      try await loop.run {
        try loop.watch(here, for: .read) { journal.note($0) }
        try loop.change(here, to: [])
      }
      close(there)
      for _ in 0..<3 { try await loop.run {} }
      #expect(journal.all.isEmpty)
      try await loop.run { try loop.change(here, to: .read) }
      try await loop.run {}
      try await loop.run { loop.unwatch(here) }
      #expect(journal.all.first?.contains(.hangUp) == true)
    }
  }

  @Test("of two ready descriptors, the first handler can silence the second, and close it")
  func unwatchInTheSameTurn() async throws {
    let (one, oneEnd) = try socketPair()
    let (other, otherEnd) = try socketPair()
    defer {
      close(oneEnd)
      close(otherEnd)
    }
    let journal = Journal<CInt>()
    try await withLoop { loop in
      try await loop.run {
        _ = write(oneEnd, "x", 1)
        _ = write(otherEnd, "x", 1)
        for descriptor in [one, other] {
          try loop.watch(descriptor, for: .read) { _ in
            journal.note(descriptor)
            for each in [one, other] {
              loop.unwatch(each)
              close(each)
            }
          }
        }
      }
      // The watches were made before this job came; its turn has polled them.
      try await loop.run {}
      try await loop.run {}
    }
    #expect(journal.all.count == 1)
  }

  @Test("a descriptor number used again in the same turn does not inherit the old event")
  func reusedInTheSameTurn() async throws {
    let (one, oneEnd) = try socketPair()
    let (other, otherEnd) = try socketPair()
    let (silent, silentEnd) = try socketPair()
    defer {
      for descriptor in [one, oneEnd, other, otherEnd, silent, silentEnd] { close(descriptor) }
    }
    let journal = Journal<String>()
    try await withLoop { loop in
      try await loop.run {
        _ = write(oneEnd, "x", 1)
        _ = write(otherEnd, "x", 1)
        for (descriptor, sibling) in [(one, other), (other, one)] {
          try loop.watch(descriptor, for: .read) { _ in
            journal.note("first")
            loop.unwatch(descriptor)
            loop.unwatch(sibling)
            // The sibling's number now means a socket that nobody writes to.
            dup2(silent, sibling)
            #expect(throws: Never.self) {
              try loop.watch(sibling, for: .read) { _ in journal.note("inherited") }
            }
          }
        }
      }
      try await loop.run {}
      try await loop.run {}
    }
    #expect(journal.all == ["first"])
  }

  @Test("watching twice, or changing what is not watched, is refused")
  func misuse() async throws {
    try await withSockets { loop, here, _ in
      try await loop.run {
        try loop.watch(here, for: .read) { _ in }
        #expect(throws: EventLoopError.alreadyWatched(here)) {
          try loop.watch(here, for: .read) { _ in }
        }
        loop.unwatch(here)
        loop.unwatch(here)
        #expect(throws: EventLoopError.notWatched(here)) { try loop.change(here, to: .write) }
        #expect(throws: EventLoopError.system(call: "epoll_ctl", code: EBADF)) {
          try loop.watch(9999, for: .read) { _ in }
        }
      }
    }
  }
}

@Suite("Time", .timeLimit(.minutes(1)))
struct TimeTests {
  @Test("timers fire in the order of their deadlines, not before them")
  func order() async throws {
    let journal = Journal<Int>()
    let elapsed = try await withLoop { loop in
      let start = ContinuousClock.now
      await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
        loop.execute {
          _ = loop.schedule(after: .milliseconds(20)) {
            journal.note(20)
            done.resume()
          }
          _ = loop.schedule(after: .milliseconds(10)) { journal.note(10) }
          _ = loop.schedule(after: .seconds(-1)) { journal.note(-1) }
        }
      }
      return ContinuousClock.now - start
    }
    #expect(journal.all == [-1, 10, 20])
    #expect(elapsed >= .milliseconds(20))
  }

  @Test("a cancelled timer does not fire, and its end does not wake the loop")
  func cancel() async throws {
    let journal = Journal<String>()
    try await withLoop { loop in
      await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
        loop.execute {
          let early = loop.schedule(after: .milliseconds(1)) { journal.note("cancelled") }
          loop.cancel(early)
          loop.cancel(early)
          _ = loop.schedule(after: .milliseconds(5)) {
            journal.note("kept")
            done.resume()
          }
        }
      }
    }
    #expect(journal.all == ["kept"])
  }

  @Test("a delay beyond the clock's end is kept, and the loop sleeps on")
  func endless() async throws {
    try await withLoop { loop in
      let timer = try await loop.run {
        loop.schedule(after: .seconds(Int64.max)) { Issue.record("the end of time has come") }
      }
      try await loop.run { loop.cancel(timer) }
    }
  }

  @Test("an idle loop does not wake")
  func idle() async throws {
    try await withLoop { loop in
      let (here, there) = try socketPair()
      defer {
        close(here)
        close(there)
      }
      try await loop.run {
        try loop.watch(here, for: .read) { _ in }
        loop.cancel(loop.schedule(after: .milliseconds(10)) {})
        _ = loop.schedule(after: .seconds(3600)) {}
      }
      let before = loop.wakeUpCount
      try await Task.sleep(for: .milliseconds(300))
      #expect(loop.wakeUpCount == before)
      try await loop.run { loop.unwatch(here) }
      #expect(loop.wakeUpCount > before)
    }
  }
}
