import FaultyDisk
import Simulation
import Testing

/// A few lives, built for debugging; `simulate` runs them by the thousand, built for release.
@Suite("Simulated lives", .serialized)
struct LifeTests {
  private static let disk = FaultyDisk(name: "life-tests")

  private static func live(_ seed: UInt64) -> Life {
    let directory = Files.makeDirectory()
    defer { Files.removeDirectory(directory) }
    return Life(seed: seed, disk: disk, directory: directory)
  }

  @Test("nothing is lost, doubled, out of order or wrong", arguments: UInt64(1)...10)
  func life(seed: UInt64) {
    let life = Self.live(seed)
    #expect(life.failure == nil, "replay: simulate --seed \(seed) --lives 1 --trace")
    #expect(life.payments >= 100)
    #expect(life.faults >= 20)
    #expect(life.received > 0)
  }

  @Test("a seed tells the whole life")
  func replay() {
    #expect(Self.live(7).digest == Self.live(7).digest)
  }
}
