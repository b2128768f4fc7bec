import EventLoop
import Glibc
import Testing

@Suite("Program text")
struct ProgramTextTests {
  /// What is resident of the code of this program, in KiB.
  private static func residentKibibytes() throws -> Int {
    let file = try #require(fopen("/proc/self/smaps", "r"))
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 4096)
    var isText = false
    var total = 0
    while fgets(&line, CInt(line.count), file) != nil {
      let words = String(cString: line).split(whereSeparator: \.isWhitespace)
      if words.count >= 5, words[1] == "r-xp" || words[1] == "r--p" || words[1] == "rw-p" {
        isText = words[1] == "r-xp" && words.last?.hasSuffix(".xctest") == true
      } else if isText, words.first == "Rss:" {
        total += Int(words[1]) ?? 0
      }
    }
    return total
  }

  @Test("what was used is let go of, and comes back when it is needed")
  func release() throws {
    let before = try Self.residentKibibytes()
    ProgramText.release()
    #expect(try Self.residentKibibytes() < before)
  }
}
