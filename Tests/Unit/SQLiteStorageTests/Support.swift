import Glibc
import SQLiteStorage
import Storage
import StorageTesting
import TestSupport

/// A directory that goes with the test.
final class TemporaryDirectory {
  let path: String

  init() {
    var template = Array("/tmp/event-store-XXXXXX".utf8CString)
    let made = mkdtemp(&template)
    precondition(made != nil, "a temporary directory can be made")
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  var database: String { path + "/walletwire.db" }

  deinit {
    removeAll(path)
  }

  private func removeAll(_ path: String) {
    if let directory = opendir(path) {
      while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != "." && name != ".." { removeAll(path + "/" + name) }
      }
      closedir(directory)
      rmdir(path)
    } else {
      unlink(path)
    }
  }
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
