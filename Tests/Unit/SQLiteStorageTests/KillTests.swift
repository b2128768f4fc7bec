import BridgeModel
import Glibc
import Storage
import StorageTesting
import TestSupport
import Testing

@testable import SQLiteStorage

/// `kill -9` at any instruction loses nothing that was told, and doubles nothing.
@Suite("Kill")
struct KillTests {
  /// Lines to read before the kill: early ones meet the first writes, late ones a second block of
  /// sequences.
  @Test("what was told is there after a kill, and no id is told twice")
  func nothingIsLostOrDoubled() throws {
    let directory = TemporaryDirectory()
    var told: [String: ClosedRange<Int64>] = [:]
    var highest: Int64 = 0
    for (round, lines) in [1, 2, 7, 700, 40, 1300].enumerated() {
      let writer = try CrashWriterProcess(["append", directory.database, "r\(round)"])
      let output = writer.readLines(atLeast: lines)
      writer.kill()
      for line in output + writer.remainingLines() {
        let words = line.split(separator: " ")
        try #require(words.count == 3, "\(line)")
        let first = try #require(Int64(words[0]))
        let last = try #require(Int64(words[1]))
        #expect(first > highest, "an id twice in round \(round)")
        highest = last
        told[String(words[2])] = first...last
      }
      try check(directory.database, told: told)
    }
  }

  private func check(_ path: String, told: [String: ClosedRange<Int64>]) throws {
    let store = try openStore(path)
    var found: [String: [Int64]] = [:]
    for event in try store.events() {
      found[String(decoding: event.data, as: UTF8.self), default: []].append(event.sequence)
    }
    for (id, range) in told { #expect(found[id] == Array(range), "lost: \(id)") }
    #expect(found.values.allSatisfy { $0.count == 2 }, "half a commit")
    let identity = crashIdentity
    let payments = try store.book(for: identity)?.payments.map(\.paymentID) ?? []
    #expect(Set(payments) == Set(found.keys), "payments and events differ")
    // Left like a crash: the next round starts from what a kill leaves, not from a clean end.
  }
}
