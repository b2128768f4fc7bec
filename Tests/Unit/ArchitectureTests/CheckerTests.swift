import Testing

/// The checker is held against planted violations, for a check that cannot fail says nothing.
@Suite("The checker finds what it looks for")
struct CheckerTests {
  private func file(_ module: String, _ text: String, name: String = "A") -> ProjectFile {
    ProjectFile(path: "Sources/IO/\(module)/\(name).swift", text: text)
  }

  @Test(
    "An import in the wrong direction",
    arguments: [
      ("HTTPClientProtocol", "ServerSentEvents"), ("BridgeModel", "LNbitsSource"),
      ("LNbitsSource", "WebSocketProtocol"), ("LNbitsSource", "Glibc"),
      ("WebSocketProtocol", "Logging"), ("CashuSource", "LNbitsSource"),
      ("EventLoop", "Transport"), ("Transport", "Bridge"), ("Transport", "BridgeModel"),
      ("SQLiteStorage", "HTTPServer"), ("HTTPServer", "TOMLKit"), ("Bridge", "walletwire"),
      ("Bridge", "LNbitsSimulator"), ("LNbitsSimulator", "Bridge"), ("NewRoom", "BridgeModel"),
      ("Bridge", "Foundation"), ("walletwire", "Foundation"), ("BridgeModel", "Foundation"),
      ("Bridge", "COpenSSL"), ("HTTPServer", "COpenSSL"), ("LNbitsSimulator", "COpenSSL"),
      ("Transport", "CMicroHTTPD"), ("Bridge", "CSQLite"), ("SQLiteStorage", "CLinux"),
      ("WebSocketProtocol", "CLinux"),
    ])
  func findsWrongImports(_ module: String, _ imported: String) {
    #expect(ImportRules.violations(in: [file(module, "import \(imported)\n")]).count == 1)
  }

  @Test(
    "An import in the right direction is none",
    arguments: [
      ("LNbitsSource", "BridgeModel"), ("BridgeModel", "DequeModule"),
      ("LNbitsSource", "FoundationEssentials"), ("Transport", "COpenSSL"),
      ("HTTPServer", "CMicroHTTPD"), ("SQLiteStorage", "CSQLite"), ("EventLoop", "CLinux"),
      ("EventLoop", "Glibc"), ("Bridge", "SQLiteStorage"), ("Bridge", "TOMLKit"),
      ("walletwire", "Bridge"), ("walletwire", "ArgumentParser"),
    ])
  func acceptsRightImports(_ module: String, _ imported: String) {
    #expect(ImportRules.violations(in: [file(module, "import \(imported)\n")]).isEmpty)
  }

  @Test(
    "An import is found in all its spellings",
    arguments: [
      "import Glibc", "  package import Glibc", "@preconcurrency import Glibc",
      "import struct Glibc.tm",
      "@_exported public import Glibc", "#if os(Linux)\nimport Glibc\n#endif",
      "/* x */ import Glibc // y", "import Glibc;",
    ])
  func findsSpellings(_ text: String) {
    #expect(ImportRules.imports(of: file("Bridge", text)).map(\.module) == ["Glibc"])
  }

  @Test(
    "What only looks like an import is none",
    arguments: [
      "// import Glibc", "/* \n import Glibc\n */", "let a = \"\"\"\n  import Glibc\n  \"\"\"",
      "let important = 1", "func f(import x: Int) {}",
    ])
  func ignoresLookalikes(_ text: String) {
    #expect(ImportRules.imports(of: file("Bridge", text)).isEmpty)
  }

  @Test("FoundationEssentials in a second file of a core, not of a shell")
  func findsSecondFoundation() {
    let text = "import FoundationEssentials\n"
    func two(_ module: String) -> [ProjectFile] {
      [file(module, text, name: "A"), file(module, text, name: "B")]
    }
    #expect(ImportRules.violations(in: two("LNbitsSource")).map(\.path).count == 1)
    #expect(ImportRules.violations(in: two("Bridge")).isEmpty)
  }

  @Test("A file of 400 lines passes, one of 401 does not")
  func findsLongFiles() {
    #expect(SizeRules.violations(in: file("Bridge", lines(400))).isEmpty)
    #expect(SizeRules.violations(in: file("Bridge", lines(401))).count == 1)
  }

  @Test("A line of 100 columns passes, one of 101 does not")
  func findsLongLines() {
    func line(_ columns: Int) -> ProjectFile {
      file("Bridge", "//\n// " + String(repeating: "ü", count: columns - 3) + "\n")
    }
    #expect(SizeRules.violations(in: line(100)).isEmpty)
    #expect(SizeRules.violations(in: line(101)).map(\.line) == [2])
  }

  private func lines(_ count: Int) -> String { String(repeating: "// x\n", count: count) }

  @Test(
    "A function of 70 lines passes, one of 71 does not",
    arguments: [
      "func f() {", "init(a: () -> Void = {}) {", "deinit {", "subscript(i: Int) -> Int {",
      "var x: Int {", "mutating func f<T: A>(\n  _ a: [T]\n) throws(E) -> T\nwhere T: B {",
      "func f(_ s: String = \"{\") { // }",
    ])
  func findsLongFunctions(_ opening: String) {
    let spent = opening.split(separator: "\n").count + 1
    func function(_ total: Int) -> ProjectFile {
      let body = "  let a = \"}\"  // {\n"
      return file(
        "Bridge", "\(opening)\n\(String(repeating: body, count: total - spent))}\nlet b = 1\n")
    }
    #expect(SizeRules.violations(in: function(70)).isEmpty)
    #expect(SizeRules.violations(in: function(71)).map(\.line) == [1])
  }

  @Test("A requirement has no body, and does not borrow the next one's")
  func knowsRequirements() {
    let text = """
      protocol P {
        func a()
        var b: Int { get }
        init(c: Int)
      }
      struct S {
        let x = P.init(c: 1)
        var y = [1].map { $0 }
        func d() {
          let e = "\\(f("}"))"
        }
      }
      """
    #expect(
      SizeRules.functions(in: MaskedSource(text))
        == [.init(firstLine: 3, lines: 1), .init(firstLine: 9, lines: 3)])
  }

  @Test(
    "What is declared and used nowhere",
    arguments: [
      "func lonely() {}", "  package static let lonely = 1", "enum A {\n  case lonely\n}",
      "enum A {\n  case lonely(Int)\n}", "struct lonely {}\n// lonely\n/* lonely */",
      "let lonely = \"lonely\"", "extension B {\n  private var lonely: Int { 1 }\n}",
    ])
  func findsUnused(_ text: String) {
    let used = file("Bridge", "enum A {}\nstruct B {}\nlet c = [A.self, B.self, c]", name: "B")
    let found = DeclarationRules.violations(in: [file("Bridge", text), used])
    #expect(found.map(\.message) == ["lonely is used by no source"])
  }

  @Test(
    "What is used, in another file, in an interpolation or as a pattern",
    arguments: ["lonely()", "let b = \"x \\(lonely) y\"; b", "case .lonely:", "self.lonely = 1"])
  func acceptsUsed(_ use: String) {
    let files = [file("Bridge", "var lonely = 1"), file("Bridge", "\(use)\n_ = b", name: "B")]
    #expect(DeclarationRules.violations(in: files).isEmpty)
  }

  static let waivers = [
    "final class A: @unchecked Sendable {}", "nonisolated(unsafe) var a = 1",
    "let a = unsafeBitCast(b, to: C.self)", "Unmanaged.passUnretained(a)",
  ]

  @Test("A waiver of safety without a reason near", arguments: waivers)
  func findsWaivers(_ waiver: String) {
    let gap = String(repeating: "\n", count: SafetyRules.linesBefore)
    func check(_ text: String) -> Int {
      SafetyRules.violations(in: file("EventLoop", text)).count
    }
    #expect(check(waiver) == 1)
    #expect(check("let s = \"// why\"\n\(waiver)") == 1)
    #expect(check("// why\n\n\(gap)\(waiver)") == 1)
    #expect(check("// why\n\(gap.dropFirst())\(waiver)") == 0)
    #expect(check("/// why\n\(waiver)") == 0)
    #expect(check("\(waiver)  // why") == 0)
    #expect(check("// \(waiver)") == 0)
  }

  @Test(
    "A core with a clock or a generator of its own",
    arguments: [
      "let a = Date()", "let a = ContinuousClock.now", "var g = SystemRandomNumberGenerator()",
      "Int.random(in: 0...1)", "Bool.random()", "a.shuffled()", "a.randomElement()",
      "Int.random(\n  in: 0...1)",
    ])
  func findsImpurity(_ text: String) {
    #expect(PurityRules.violations(in: file("BridgeModel", text)).count == 1)
    #expect(PurityRules.violations(in: file("Bridge", text)).isEmpty)
  }

  @Test(
    "A generator that is handed in is pure",
    arguments: [
      "Int.random(in: 0...1, using: &g)", "Int.random(\n  in: 0...1,\n  using: &g)",
      "a.shuffled(using: &g)", "// Date()", "let a = \"Date()\"", "let updated = f(Date.self)",
    ])
  func acceptsHandedGenerators(_ text: String) {
    #expect(PurityRules.violations(in: file("BridgeModel", text)).isEmpty)
  }

  @Test(
    "A page that refers to another host",
    arguments: [
      #"<script src="https://cdn.example/x.js">"#, #"<link href='//fonts.example/a'>"#,
      "background: url(http://a.example/b.png)", "fetch(`HTTPS://a.example`)",
      #"new WebSocket("wss://a.example")"#, "<img src=//a.example/b>",
    ])
  func findsForeignHosts(_ text: String) {
    #expect(PageRules.violations(in: ProjectFile(path: "public/a", text: text)).count == 1)
  }

  @Test(
    "A page that stays at home",
    arguments: [
      #"<svg xmlns="http://www.w3.org/2000/svg">"#, #"<a href="/x">"#, "// a comment",
      "import './a.js'", #"fetch("/api/v1/status")"#, "a = b // c",
    ])
  func acceptsOwnHost(_ text: String) {
    #expect(PageRules.violations(in: ProjectFile(path: "public/a", text: text)).isEmpty)
  }
}
