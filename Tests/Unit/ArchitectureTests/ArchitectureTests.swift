import Testing

/// The house rules, held against the project as it stands on disk.
@Suite("The house rules hold")
struct ArchitectureTests {
  /// Read once for all rules.
  private static let sources = Result {
    try SourceTree.files(under: "Sources", extensions: ["swift"])
  }

  private func expectNone(_ violations: [Violation]) {
    for violation in violations { Issue.record("\(violation.description)") }
  }

  @Test("The sources are found, and every room has its place in the table")
  func findsSources() throws {
    let modules = Set(try Self.sources.get().compactMap(\.module))
    #expect(modules.isSuperset(of: ["HTTPClientProtocol", "Bridge", "walletwire"]))
    #expect(modules.subtracting(ImportRules.rooms).isEmpty)
  }

  @Test("Imports point one way: walletwire, Bridge, shells and sources, protocols and model")
  func importsPointOneWay() throws {
    expectNone(ImportRules.violations(in: try Self.sources.get()))
  }

  @Test("Files and functions stay readable")
  func sizesAreKept() throws {
    expectNone(try Self.sources.get().flatMap(SizeRules.violations))
    let tests = try SourceTree.files(under: "Tests", extensions: ["swift"])
    expectNone(tests.flatMap(SizeRules.violations))
  }

  @Test("What is declared is used")
  func declarationsAreUsed() throws {
    expectNone(DeclarationRules.violations(in: try Self.sources.get()))
  }

  @Test("Every waiver of safety has its reason beside it")
  func waiversHaveReasons() throws {
    expectNone(try Self.sources.get().flatMap(SafetyRules.violations))
  }

  @Test("Cores read no clock and draw no random number of their own")
  func coresArePure() throws {
    expectNone(try Self.sources.get().flatMap(PurityRules.violations))
  }

  @Test("The page refers to no other host")
  func pageStaysAtHome() throws {
    let pages = try SourceTree.files(under: "public", extensions: PageRules.extensions)
    expectNone(pages.flatMap(PageRules.violations))
  }
}
