import BridgeModel
import FaultyDisk
import Storage
import StorageTesting
import TestSupport
import Testing

@testable import SQLiteStorage

/// What an append has answered is on the disk: whatever the power takes, it is there afterwards,
/// and its ids are not given out again.
@Suite("Power cut")
struct PowerCutTests {
  /// What was true when an append was answered.
  private struct Milestone {
    var operations: Int
    var last: Int64
  }

  private static let eventsPerCommit = 3

  /// Appends, with checkpoints among them, while the disk notes every operation.
  private func live(on disk: FaultyDisk, in directory: TemporaryDirectory) throws -> [Milestone] {
    disk.record()
    let store = try openStore(directory.database, vfs: disk.name)
    let upkeep = try StoreUpkeep(path: directory.database, vfs: disk.name)
    var milestones = [Milestone(operations: disk.operationCount, last: 0)]
    for number in 0..<16 {
      try store.append(watchEntry(Self.eventsPerCommit, data: "\(number)"))
      milestones.append(Milestone(operations: disk.operationCount, last: store.bounds.last))
      if number % 5 == 4 { upkeep.checkpoint() }
    }
    store.close()
    return milestones
  }

  @Test("at every operation, whatever unsynced writes are lost", arguments: [UInt64(1), 2, 3])
  func atEveryOperation(seed: UInt64) throws {
    let directory = TemporaryDirectory()
    let disk = FaultyDisk(name: "power-cut-\(seed)")
    let milestones = try live(on: disk, in: directory)
    var random = SeededGenerator(seed: seed)
    let kinds: [[DiskSurface.Fate]] = [[.lost], [.kept, .lost], [.kept, .lost, .torn], [.torn]]
    for cut in milestones[0].operations...disk.operationCount {
      let told = milestones.last { $0.operations <= cut }?.last ?? 0
      let fates = kinds[Int.random(in: 0..<kinds.count, using: &random)]
      let image = disk.image(afterOperations: cut) {
        fates[Int.random(in: 0..<fates.count, using: &random)]
      }
      try check(image, told: told, cut)
    }
  }

  private func check(_ image: [String: [UInt8]], told: Int64, _ cut: Int) throws {
    let directory = TemporaryDirectory()
    for (suffix, content) in image { Files.write(content, to: directory.database + suffix) }
    let store = try openStore(directory.database, seed: 99)
    let last = store.bounds.last
    #expect(last >= told, "lost what was told, cut at \(cut)")
    #expect(last % Int64(Self.eventsPerCommit) == 0, "a torn commit, cut at \(cut)")
    let events = try store.events()
    #expect(events.map(\.sequence) == Array(1..<(last + 1)), "cut at \(cut)")
    for event in events {
      let number = (event.sequence - 1) / Int64(Self.eventsPerCommit)
      #expect(event.data == Array("\(number)".utf8), "something else, cut at \(cut)")
    }
    let fresh = try store.append(watchEntry(1))
    #expect(fresh.map(\.sequence) == [last + 1], "cut at \(cut)")
  }
}
