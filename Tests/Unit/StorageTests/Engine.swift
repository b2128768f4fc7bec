import MemoryStorage
import SQLiteStorage
import Storage
import StorageTesting
import TestSupport

/// The engines that every test of this suite runs on. Another one is another case here.
enum Engine: String, CaseIterable, Sendable {
  case sqlite
  case memory

  /// Somewhere for one store.
  func place() -> any Place {
    switch self {
    case .sqlite: Directory()
    case .memory: Memory()
    }
  }
}

/// Where a store can be opened, closed and opened again.
protocol Place {
  func open(keepEvents: Int, seed: UInt64) throws(StorageError) -> PromptStorage
}

extension Place {
  func open(
    keepEvents: Int = 100_000, seed: UInt64 = 1
  ) throws(StorageError) -> PromptStorage {
    try open(keepEvents: keepEvents, seed: seed)
  }
}

private struct Directory: Place {
  private let directory = TemporaryDirectory(named: "storage")

  func open(keepEvents: Int, seed: UInt64) throws(StorageError) -> PromptStorage {
    var random = SeededGenerator(seed: seed)
    let prompt = StorageWorkers(
      write: { $0() }, readLog: { $0() }, work: { $0() }, deliver: { $0() })
    return PromptStorage(
      try SQLiteStorage(
        path: directory.path + "/walletwire.db", keepEvents: keepEvents, using: &random,
        workers: prompt), keeping: directory)
  }
}

private struct Memory: Place {
  private let contents = MemoryContents()

  func open(keepEvents: Int, seed: UInt64) throws(StorageError) -> PromptStorage {
    var random = SeededGenerator(seed: seed)
    return PromptStorage(
      MemoryStorage(contents, keepEvents: keepEvents, using: &random, deliver: { $0() }))
  }
}
