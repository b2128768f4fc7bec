import Bridge
import Testing

@Suite("Configuration: what a reload changes, and what is shown")
struct ConfigurationDifferenceTests {
  private static func source(_ kind: String, _ name: String, _ more: String = "") -> String {
    let key = kind == "wallet" ? "invoice_key_file = \"\(name).key\"\n" : ""
    return "[[\(kind)]]\nname = \"\(name)\"\nurl = \"http://\(name)\"\n\(key)\(more)\n"
  }

  private static let files = FakeFiles(["a.key": "a", "b.key": "b", "c.key": "c", "m.key": "m"])

  private func difference(
    from before: String, to after: String, files: FakeFiles = Self.files
  ) throws -> ConfigurationDifference {
    try load(before, files: Self.files).difference(to: try load(after, files: files))
  }

  @Test("Sources are added, removed, changed or left alone")
  func comparesSources() throws {
    let a = Self.source("wallet", "a")
    let b = Self.source("wallet", "b")
    let mint = Self.source("mint", "m")
    let difference = try difference(
      from: a + b + mint,
      to: mint + Self.source("wallet", "b", "reconcile_ms = 5") + Self.source("wallet", "c"))
    #expect(difference.added.map(\.name) == ["c"])
    #expect(difference.removed == ["a"])
    #expect(difference.changed.map(\.name) == ["b"])
    #expect(difference.unchanged == ["m"])
    #expect(!difference.serverChanged && !difference.storageChanged)
  }

  @Test("Order alone changes nothing")
  func ignoresOrder() throws {
    let a = Self.source("wallet", "a")
    let b = Self.source("wallet", "b")
    let difference = try difference(from: a + b, to: b + a)
    #expect(difference.unchanged == ["b", "a"])
    #expect(difference.added.isEmpty && difference.removed.isEmpty && difference.changed.isEmpty)
  }

  @Test("A replaced key, a section's key and another kind are changes")
  func noticesChanges() throws {
    let a = Self.source("wallet", "a")
    var files = Self.files
    files.files["a.key"] = FileContents(bytes: Array("new".utf8))
    #expect(try difference(from: a, to: a, files: files).changed.map(\.name) == ["a"])
    #expect(
      try difference(from: a, to: a + "[upstream]\nwebsocket = false\n").changed.count == 1)
    #expect(
      try difference(from: Self.source("wallet", "m"), to: Self.source("mint", "m")).changed.count
        == 1)
  }

  @Test("A changed [server] or [storage] is told apart")
  func noticesSections() throws {
    #expect(try difference(from: "", to: "[server]\nheartbeat_ms = 5\n").serverChanged)
    #expect(try difference(from: "", to: "[storage]\nkeep_events = 5\n").storageChanged)
  }

  @Test("The effective configuration is the sections of the file with what is in force")
  func showsEffectiveValues() throws {
    let json = try load(
      "[upstream]\nwebsocket = false\nproxy = \"socks5h://a:1\"\n" + wallet
        + "label = \"a \\\"b\\\" \\\\ ⚡\"\n",
      listen: "[::1]:0",
      environment: [
        "WALLETWIRE_ACCESS_TOKEN": "a-token-of-some-length",
        "WALLETWIRE_SERVER_ALLOWED_HOSTS": "x,y",
      ]
    ).effectiveJSON
    #expect(json.hasPrefix(#"{"server":{"listen":"[::1]:0","public_dir":"public","#))
    for part in [
      #""allowed_hosts":["x","y"]"#, #""access_token":"***","access_token_file":"""#,
      #""allowed_frames":[],"#, #""path":"/home/alice/.local/state/walletwire/walletwire.db""#,
      #""websocket":false"#,
      #""reconnect_delay_ms":1000"#, #""proxy":"socks5h://a:1""#, #""invoice_key":"***""#,
      #""label":"a \"b\" \\ ⚡""#, #""url":"https://lnbits.example.com""#, #""mint":[]}"#,
    ] {
      #expect(json.contains(part), "\(part)")
    }
  }
}
