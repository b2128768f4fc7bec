import BridgeModel
import FaultyDisk
import CSQLite
import TestSupport
import Testing

@testable import EventStore

/// `synchronous=NORMAL` gives up the last commits when the power goes. What must hold is that each
/// commit is whole or gone, and that no id is given out twice.
@Suite("Power cut")
struct PowerCutTests {
  /// What was true when an append returned.
  private struct Milestone {
    var operations: Int
    var lastID: Int64
  }

  private static let eventsPerCommit = 400

  private func watchEntry(_ number: Int) -> LogEntry {
    let data = Array("\(number)".utf8)
    let event = EncodedEvent(type: .watch, source: "mint", data: data)
    return LogEntry(commit: nil, events: Array(repeating: event, count: Self.eventsPerCommit))
  }

  @Test(
    "no id is given out twice and no commit is torn, whatever unsynced writes are lost",
    arguments: [UInt64(1), 2])
  func idsAreNeverReused(seed: UInt64) throws {
    let directory = TemporaryDirectory()
    let disk = FaultyDisk(name: "power-cut-\(seed)")
    disk.record()
    let store = try openStore(directory.database, vfs: disk.name)
    var milestones = [Milestone(operations: disk.operationCount, lastID: 0)]
    // More than four blocks of reservations, synced by the upkeep every third time, else by the
    // append itself.
    for number in 0..<12 {
      _ = try store.append([watchEntry(number)])
      milestones.append(
        Milestone(operations: disk.operationCount, lastID: store.lastEventID.sequence))
      if number % 3 == 2 { try store.upkeep.runPending() }
      if number == 5 {
        store.upkeep.requestCheckpoint()
        try store.upkeep.runPending()
      }
    }
    var random = SeededGenerator(seed: seed)
    for (index, milestone) in milestones.enumerated() {
      // Right after an append returned, and somewhere before the next one does.
      let next = index + 1 < milestones.count ? milestones[index + 1].operations : nil
      let later = next.map { Int.random(in: milestone.operations...$0, using: &random) }
      for cut in [milestone.operations, later ?? milestone.operations] {
        try checkCut(disk, at: cut, givenOut: milestone.lastID, using: &random)
      }
    }
  }

  private func checkCut(
    _ disk: FaultyDisk, at cut: Int, givenOut: Int64, using random: inout SeededGenerator
  ) throws {
    for fates in [[FaultyDisk.Fate.lost], [.kept, .lost], [.kept, .lost, .torn], [.torn]] {
      let directory = TemporaryDirectory()
      let image = disk.image(afterOperations: cut) {
        fates[Int.random(in: 0..<fates.count, using: &random)]
      }
      for (suffix, content) in image { Files.write(content, to: directory.database + suffix) }
      let store = try openStore(directory.database, seed: 99)
      let events = try store.makeReader().events(after: 0, limit: .max)
      #expect(events.count % Self.eventsPerCommit == 0, "a torn commit, cut at \(cut)")
      #expect(store.bounds.issuedThrough >= givenOut, "ids lost, cut at \(cut)")
      let fresh = try store.append([watchEntry(-1)])
      #expect(fresh.allSatisfy { $0.sequence > givenOut }, "an id twice, cut at \(cut)")
    }
  }

  @Test("a subscriber that saw what the power cut took is told nothing is missing")
  func subscriberAheadOfTheStore() throws {
    let directory = TemporaryDirectory()
    let disk = FaultyDisk(name: "power-cut-subscriber")
    disk.record()
    let store = try openStore(directory.database, vfs: disk.name)
    let seen = try #require(try store.append([watchEntry(1)]).last)
    let image = disk.image(afterOperations: disk.operationCount) { .lost }
    let after = TemporaryDirectory()
    for (suffix, content) in image { Files.write(content, to: after.database + suffix) }

    let reopened = try openStore(after.database)
    #expect(reopened.lastEventID.sequence == 0)
    #expect(reopened.bounds.position(of: seen) == .known(after: seen.sequence))
    let fresh = try reopened.append([watchEntry(2)])
    #expect(fresh.allSatisfy { $0.sequence > seen.sequence })
  }
}
