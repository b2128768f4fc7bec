import Testing

@testable import EventStore

@Suite("A store that is about to be full")
struct StoreHealthTests {
  private let directory = TemporaryDirectory()

  @Test("little space is a warning before the disk is full, and says what to do")
  func lowSpace() throws {
    let low = StoreHealth(freeBytes: StoreHealth.lowSpaceBytes - 1, upkeepFailure: nil)
    let warning = try #require(low.warning)
    #expect(warning.contains("127 MiB left"))
    #expect(warning.contains("[storage] path"))
    #expect(StoreHealth(freeBytes: 0, upkeepFailure: nil).warning != nil)
  }

  @Test("enough space, or a disk that cannot be asked, is none")
  func enough() {
    #expect(StoreHealth(freeBytes: StoreHealth.lowSpaceBytes, upkeepFailure: nil).warning == nil)
    #expect(StoreHealth(freeBytes: nil, upkeepFailure: nil).warning == nil)
    #expect(StoreHealth.freeBytes(at: directory.path + "/missing/file") == nil)
  }

  @Test("a checkpoint that failed is a warning, whatever the space")
  func failedCheckpoint() throws {
    let failure = StoreError(.full, path: "/x/walletwire.db")
    let health = StoreHealth(freeBytes: .max, upkeepFailure: failure)
    #expect(health.warning == failure.description)
  }

  @Test("an open store is asked of its own disk")
  func ownDisk() throws {
    let store = try openStore(directory.database)
    let free = try #require(store.health.freeBytes)
    #expect(free > 0)
    #expect(store.health.upkeepFailure == nil)
  }
}
