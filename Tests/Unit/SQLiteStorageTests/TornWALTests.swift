import BridgeModel
import Storage
import StorageTesting
import TestSupport
import Testing

@testable import SQLiteStorage

/// SQLite's file format, "The Write-Ahead Log": a header of 32 bytes, then frames of 24 bytes and a
/// page.
@Suite("Torn WAL")
struct TornWALTests {
  private static let headerBytes = 32
  private static let frameBytes = 24 + 4096

  /// A store with six commits in its WAL, left as a crash would.
  private struct Scene {
    let database: [UInt8]
    let wal: [UInt8]
    let head: [UInt8]
    let epoch: String
    /// The size of the WAL at first, and after each commit.
    let sizes: [Int]

    init() throws {
      let directory = TemporaryDirectory()
      let store = try openStore(directory.database)
      var sizes = [Files.size(directory.database + "-wal") ?? 0]
      for number in 1...6 {
        _ = try store.append([sampleEntry([samplePayment("p\(number)")])])
        sizes.append(Files.size(directory.database + "-wal") ?? 0)
      }
      self.sizes = sizes
      database = Files.read(directory.database) ?? []
      wal = Files.read(directory.database + "-wal") ?? []
      head = Files.read(directory.database + "-head") ?? []
      epoch = store.epoch
    }
  }

  @Test("cut at any place, each commit is wholly there or wholly not, and no id comes back")
  func truncated() throws {
    let scene = try Scene()
    try #require(scene.sizes.count == 7 && scene.wal.count == scene.sizes[6])
    try #require(Set(scene.sizes).count == 7, "each commit grows the WAL")
    let frames = (scene.wal.count - Self.headerBytes) / Self.frameBytes
    for frame in 0...frames {
      let boundary = Self.headerBytes + frame * Self.frameBytes
      for cut in [boundary - 1, boundary, boundary + 1, boundary + 24, boundary + 2000]
      where (scene.sizes[0]...scene.wal.count).contains(cut) {
        let commits = scene.sizes.dropFirst().count { $0 <= cut }
        try check(scene, Array(scene.wal.prefix(cut)), commits: commits)
      }
    }
  }

  @Test("a damaged frame takes its commit and the later ones, no earlier one")
  func damaged() throws {
    let scene = try Scene()
    for (index, size) in scene.sizes.dropFirst().enumerated() {
      var wal = scene.wal
      wal[size - 100] ^= 0x40
      try check(scene, wal, commits: index)
    }
  }

  private func check(_ scene: Scene, _ wal: [UInt8], commits: Int) throws {
    let directory = TemporaryDirectory()
    Files.write(scene.database, to: directory.database)
    Files.write(wal, to: directory.database + "-wal")
    Files.write(scene.head, to: directory.database + "-head")
    let store = try openStore(directory.database, seed: 9)
    #expect(try store.events().map(\.sequence) == (0..<2 * commits).map { Int64($0 + 1) })
    let payments = try store.book(for: alice)?.payments.map(\.paymentID) ?? []
    #expect(Set(payments) == Set((0..<commits).map { "p\($0 + 1)" }))
    #expect((store.epoch == scene.epoch) == (commits == 6), "an id that was given out before")
  }
}
