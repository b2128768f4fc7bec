import BridgeModel
import Testing

@testable import EventStore

@Suite("Upkeep")
struct UpkeepTests {
  private let directory = TemporaryDirectory()

  private func bigEntry(_ count: Int) -> LogEntry {
    let data = [UInt8](repeating: UInt8(ascii: "x"), count: 3000)
    let event = EncodedEvent(type: .watch, source: "mint", data: data)
    return LogEntry(commit: nil, events: Array(repeating: event, count: count))
  }

  @Test("checkpoints keep the WAL bounded while appends go on")
  func boundedWAL() throws {
    let store = try openStore(directory.database, keepEvents: 100)
    for _ in 0..<60 {
      _ = try store.append([bigEntry(100)])
      try store.upkeep.runPending()
    }
    let size = try #require(Files.size(directory.database + "-wal"))
    // A checkpoint is due at 1024 pages; one commit may go beyond.
    #expect(size < 2 * StoreUpkeep.checkpointPages * 4200)
  }

  @Test("the WAL stays bounded under appends that never pause", arguments: [true, false])
  func boundedUnderPressure(withThread: Bool) throws {
    let store = try openStore(directory.database, keepEvents: 100)
    if withThread { store.upkeep.start() }
    var largest = 0
    for _ in 0..<300 {
      _ = try store.append([bigEntry(100)])
      largest = max(largest, Files.size(directory.database + "-wal") ?? 0)
    }
    // More than three times the bound went through it.
    let commit = 400
    #expect(largest <= (StoreUpkeep.maximumPages + commit) * 4200)
    #expect(store.upkeep.lastFailure == nil)
  }

  @Test("without upkeep the store goes on")
  func withoutUpkeep() throws {
    let store = try openStore(directory.database)
    for _ in 0..<10 { _ = try store.append([bigEntry(400)]) }
    #expect(store.lastEventID.sequence == 4000)
  }

  @Test("the thread does what is asked, and start and stop can be repeated")
  func thread() throws {
    let store = try openStore(directory.database)
    store.upkeep.start()
    store.upkeep.start()
    for _ in 0..<10 { _ = try store.append([bigEntry(400)]) }
    store.upkeep.stop()
    store.upkeep.stop()
    store.upkeep.start()
    store.close()
    #expect(store.upkeep.lastFailure == nil)
    #expect(try openStore(directory.database).lastEventID.sequence == 4000)
  }

  @Test("a reservation ahead is used once the upkeep has synced it, not before")
  func reservationAhead() {
    var sequences = SequenceReservation(after: 0)
    sequences.noteSynced(through: 1024)
    #expect(sequences.targetAhead(for: 512) == nil)
    #expect(sequences.targetAhead(for: 513) == 2048)
    sequences.noteWritten(through: 2048)
    sequences.noteGivenOut(1024)
    #expect(!sequences.suffices(for: 1))
    #expect(sequences.targetAhead(for: 1) == nil)
    sequences.noteSynced(through: 2048)
    #expect(sequences.suffices(for: 1024))
    #expect(!sequences.suffices(for: 1025))
  }
}
