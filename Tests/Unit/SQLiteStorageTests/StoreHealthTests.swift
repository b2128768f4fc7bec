import Storage
import StorageTesting
import TestSupport
import Testing

@testable import SQLiteStorage

@Suite("A store that is about to be full")
struct StoreHealthTests {
  private let directory = TemporaryDirectory()

  @Test("little space is a warning before the disk is full, and says what to do")
  func lowSpace() throws {
    let low = StorageHealth(freeBytes: StorageHealth.lowSpaceBytes - 1)
    let warning = try #require(low.warning)
    #expect(warning.contains("127 MiB left"))
    #expect(warning.contains("[storage] path"))
    #expect(StorageHealth(freeBytes: 0).warning != nil)
  }

  @Test("enough space, or a disk that cannot be asked, is none")
  func enough() {
    #expect(StorageHealth(freeBytes: StorageHealth.lowSpaceBytes).warning == nil)
    #expect(StorageHealth().warning == nil)
    #expect(StoreUpkeep.freeBytes(at: directory.path + "/missing/file") == nil)
  }

  @Test("a checkpoint that failed is a warning, whatever the space")
  func failedCheckpoint() throws {
    let failure = StorageError(.full, path: "/x/walletwire.db")
    let health = StorageHealth(freeBytes: .max, failure: failure)
    #expect(health.warning == failure.description)
  }

  @Test("an open store is asked of its own disk")
  func ownDisk() throws {
    let store = try openStore(directory.database)
    let health = store.health
    #expect(try #require(health.freeBytes) > 0)
    #expect(try #require(health.sizeBytes) > 0)
    #expect(health.failure == nil)
  }
}
