import FoundationEssentials
import FuzzTargets
import Testing

/// What the fuzzer was given to begin with, and what it has found since: replayed without it.
@Suite("Corpora", .serialized)
struct CorpusTests {
  private static let folder = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")

  private static func corpus(of target: FuzzTarget) throws -> [String] {
    let path = "/\(folder)/Corpus/\(target.rawValue)"
    return try FileManager.default.contentsOfDirectory(atPath: path).map { "\(path)/\($0)" }
  }

  @Test("Every target takes its corpus", arguments: FuzzTarget.allCases)
  func replay(_ target: FuzzTarget) throws {
    let files = try Self.corpus(of: target)
    try #require(files.count >= 5, "a target without seeds is not tested")
    for file in files {
      let input = try #require(FileManager.default.contents(atPath: file))
      target.run(Array(input))
    }
  }

  @Test("Every target takes nothing, and a little of anything", arguments: FuzzTarget.allCases)
  func trifles(_ target: FuzzTarget) {
    target.run([])
    for byte in UInt8.min...UInt8.max { target.run([byte]) }
  }
}
