import Testing

@testable import Bridge

@Suite("Configuration: a variable that is not known is a mistake")
struct ConfigurationVariableTests {
  @Test(
    "It is named, with the nearest known one",
    arguments: [
      ("WALLETWIRE_SERVER_ACCES_TOKEN", "WALLETWIRE_SERVER_ACCESS_TOKEN"),
      ("WALLETWIRE_ACESS_TOKEN", "WALLETWIRE_ACCESS_TOKEN"),
      ("WALLETWIRE_TOKEN", "WALLETWIRE_ACCESS_TOKEN"),
      ("WALLETWIRE_ACCESS_TOKEN_FIEL", "WALLETWIRE_ACCESS_TOKEN_FILE"),
      ("WALLETWIRE_LISTEN", "WALLETWIRE_SERVER_LISTEN"),
      ("WALLETWIRE_SERVER__LISTEN", "WALLETWIRE_SERVER_LISTEN"),
      ("walletwire_server_listen", "WALLETWIRE_SERVER_LISTEN"),
      ("WALLETWIRE_SERVER_listen", "WALLETWIRE_SERVER_LISTEN"),
      ("WALLETWIRE_CONFIG_FILE", "WALLETWIRE_CONFIG"),
      ("WALLETWIRE_LNBIT_URL", "WALLETWIRE_LNBITS_URL"),
      ("WALLETWIRE_INVOICE_KEYFILE", "WALLETWIRE_INVOICE_KEY_FILE"),
      ("WALLETWIRE_STORAGE_KEEP_EVENT", "WALLETWIRE_STORAGE_KEEP_EVENTS"),
      ("WALLETWIRE_UPSTREAM_RECONCILE", "WALLETWIRE_UPSTREAM_RECONCILE_MS"),
    ])
  func isNamed(_ name: String, _ nearest: String) {
    #expect(
      mistake(environment: [name: "canary"])
        == "$\(name): unknown variable; the nearest known one is \(nearest)")
  }

  @Test("It is a mistake beside a file and beside flags too, and comes first")
  func isNamedFirst() throws {
    let variables = ["WALLETWIRE_SERVER_ACCES_TOKEN": "x", "WALLETWIRE_CONFIG": "none.toml"]
    #expect(mistake(environment: variables)?.hasPrefix("$WALLETWIRE_SERVER_ACCES_TOKEN") == true)
    #expect(mistake(wallet, listen: "127.0.0.1:0", environment: ["WALLETWIRE_X": "x"]) != nil)
    let two = ["WALLETWIRE_Y": "x", "WALLETWIRE_B": "x"]
    #expect(mistake(environment: two)?.hasPrefix("$WALLETWIRE_B:") == true)
  }

  @Test(
    "A name that is long, or no name, is one short line",
    arguments: [
      "WALLETWIRE_" + String(repeating: "A", count: 100_000), "WALLETWIRE_\n\u{1B}[2J\u{202E}",
      "WALLETWIRE_0123456789abcdef0123456789abcdef",
    ])
  func isBounded(_ name: String) throws {
    let line = try #require(mistake(environment: [name: "x"]))
    #expect(line.utf8.count < 300)
    #expect(!line.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202E })
    #expect(!line.contains("0123456789abcdef"))
  }

  @Test("Every key of every section has its variable, and none of them is unknown")
  func knowsItsOwn() {
    let known = Dictionary(uniqueKeysWithValues: ConfigurationVariable.known.map { ($0, "x") })
    #expect(ConfigurationVariable.firstUnknown(in: known) == nil)
    #expect(known["WALLETWIRE_UPSTREAM_PAUSE_WHEN_UNWATCHED"] != nil)
    #expect(known["WALLETWIRE_STORAGE_PATH"] != nil && known["WALLETWIRE_SERVER_LISTEN"] != nil)
    for name in known.keys { #expect(ConfigurationVariable.nearest(to: name) == name) }
  }

  @Test(
    "Those that Kubernetes sets for a service of our name are none of ours, nor those of our tests",
    arguments: [
      ["WALLETWIRE_SERVICE_HOST": "10.0.0.1", "WALLETWIRE_SERVICE_PORT": "2121"],
      ["WALLETWIRE_SERVICE_PORT_HTTP": "2121", "WALLETWIRE_PORT": "tcp://10.0.0.1:2121"],
      [
        "WALLETWIRE_PORT_2121_TCP": "tcp://10.0.0.1:2121", "WALLETWIRE_PORT_2121_TCP_PROTO": "tcp",
        "WALLETWIRE_PORT_2121_TCP_ADDR": "10.0.0.1", "WALLETWIRE_PORT_2121_TCP_PORT": "2121",
      ],
      ["WALLETWIRE_MAIN_SERVICE_HOST": "10.0.0.1", "WALLETWIRE_BINARY": "x"], ["WALLETWIRE_X": ""],
      ["WALLETWIREX": "x", "MY_WALLETWIRE_X": "x"],
    ])
  func passesOverOthers(_ environment: [String: String]) {
    #expect(mistake(environment: environment) == nil)
  }

  @Test("A port that is none of Kubernetes' is ours, and unknown")
  func refusesPort() {
    #expect(
      mistake(environment: ["WALLETWIRE_PORT": "8080"])?.hasPrefix("$WALLETWIRE_PORT") == true)
  }

  @Test(
    "A wallet of the environment beside a file that names wallets",
    arguments: ["WALLETWIRE_LNBITS_URL", "WALLETWIRE_INVOICE_KEY", "WALLETWIRE_INVOICE_KEY_FILE"])
  func refusesSecondWallet(_ name: String) throws {
    #expect(
      mistake(wallet, environment: [name: "canary"])
        == "$\(name): must not be set beside walletwire.toml that names wallets: write it there")
    let pair = ["WALLETWIRE_LNBITS_URL": "http://h", "WALLETWIRE_INVOICE_KEY": "abc"]
    let mint = "[[mint]]\nname = \"m\"\nurl = \"http://a\"\n"
    #expect(try load(mint, environment: pair).sources.map(\.name) == ["main", "m"])
  }
}
