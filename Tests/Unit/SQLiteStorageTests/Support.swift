import Glibc
import SQLiteStorage
import Storage
import StorageTesting
import TestSupport

extension TemporaryDirectory {
  var database: String { path + "/walletwire.db" }

  convenience init() { self.init(named: "sqlite") }
}

/// A store whose work is done within the call, on the caller's thread.
func openStore(
  _ path: String, keepEvents: Int = 100_000, seed: UInt64 = 1, vfs: String? = nil
) throws(StorageError) -> PromptStorage {
  var random = SeededGenerator(seed: seed)
  return PromptStorage(
    try SQLiteStorage(
      path: path, keepEvents: keepEvents, using: &random, workers: prompt, vfs: vfs))
}

private let prompt = StorageWorkers(
  write: { $0() }, readLog: { $0() }, work: { $0() }, deliver: { $0() })
