import BridgeModel
import LNbitsSource
import Testing

@testable import Bridge

@Suite("Configuration: what is written is what counts")
struct ConfigurationTests {
  @Test("Without a file and without variables there are the defaults of the contract")
  func hasDefaults() throws {
    let configuration = try load()
    #expect(configuration.file == nil)
    #expect(configuration.sources.isEmpty)

    let server = configuration.server
    #expect(server.listen == ListenAddress(host: "127.0.0.1", port: 2121))
    #expect(server.publicDirectory == "public")
    #expect(server.basePath.isEmpty && server.allowedHosts.isEmpty && server.allowedOrigins.isEmpty)
    #expect(server.access == .token && server.accessToken == nil && !server.allowsQueryToken)
    #expect(server.maximumSubscribers == 10_000)
    #expect(server.maximumConnectionsPerAddress == 0)
    #expect(server.heartbeatInterval == .milliseconds(15_000))

    #expect(configuration.storage.keptEvents == 100_000)

    let upstream = configuration.upstream
    #expect(upstream.isEnabled && upstream.usesWebSocket && !upstream.pausesWhenUnwatched)
    #expect(upstream.reconnect.delay == .milliseconds(1000))
    #expect(upstream.reconnect.maximumDelay == .milliseconds(60_000))
    #expect(upstream.reconnect.maximumAttempts == 5)
    #expect(upstream.reconnect.failedRetry == .milliseconds(60_000))
    #expect(upstream.reconnect.serverErrorDelay == .milliseconds(5000))
    #expect(upstream.heartbeatInterval == .milliseconds(30_000))
    #expect(upstream.heartbeatTimeout == .milliseconds(10_000))
    #expect(upstream.requestTimeout == .milliseconds(30_000))
    #expect(upstream.reconcileInterval == .milliseconds(60_000))
    #expect(upstream.requestsPerMinute == 150)
    #expect(upstream.maximumMessageBytes == 16_777_216)
    #expect(upstream.certificateAuthorityFile.isEmpty && upstream.proxy == nil)
  }

  @Test("Every key of a file is read")
  func readsEveryKey() throws {
    let configuration = try load(
      """
      [server]
      listen = "[::1]:0"
      public_dir = "/srv/page"
      base_path = "/wallet/"
      allowed_hosts = ["Umbrel.local", "[::1]"]
      allowed_origins = ["https://Example.com:443", "http://a:8080"]
      access = "open"
      access_token = " t0ken~of-16-bytes "
      allow_query_token = true
      max_subscribers = 3
      heartbeat_ms = 100
      [storage]
      path = "a.db"
      keep_events = 7
      [upstream]
      enabled = false
      websocket = false
      reconnect_delay_ms = 1
      max_reconnect_delay_ms = 2
      max_reconnect_attempts = 0
      failed_retry_ms = 0
      server_error_delay_ms = 3
      heartbeat_ms = 4
      heartbeat_timeout_ms = 5
      request_timeout_ms = 6
      reconcile_ms = 7
      requests_per_minute = 8
      pause_when_unwatched = true
      max_message_bytes = 1024
      ca_file = "ca.pem"
      proxy = "socks5h://[::1]:9050"
      """, files: FakeFiles(["ca.pem": authority]))
    let server = configuration.server
    #expect(server.listen == ListenAddress(host: "::1", port: 0))
    #expect(server.publicDirectory == "/srv/page")
    #expect(server.basePath == "/wallet")
    #expect(server.allowedHosts == ["umbrel.local", "::1"])
    #expect(server.allowedOrigins == ["https://example.com", "http://a:8080"])
    #expect(server.access == .open && server.allowsQueryToken)
    #expect(server.accessToken?.revealed == "t0ken~of-16-bytes")
    #expect(server.maximumSubscribers == 3 && server.heartbeatInterval == .milliseconds(100))
    #expect(configuration.storage.path == "a.db" && configuration.storage.keptEvents == 7)

    var upstream = UpstreamSettings()
    upstream.isEnabled = false
    upstream.usesWebSocket = false
    upstream.reconnect = ReconnectPolicy(
      delay: .milliseconds(1), maximumDelay: .milliseconds(2), maximumAttempts: 0,
      failedRetry: .zero, serverErrorDelay: .milliseconds(3))
    upstream.heartbeatInterval = .milliseconds(4)
    upstream.heartbeatTimeout = .milliseconds(5)
    upstream.requestTimeout = .milliseconds(6)
    upstream.reconcileInterval = .milliseconds(7)
    upstream.requestsPerMinute = 8
    upstream.pausesWhenUnwatched = true
    upstream.maximumMessageBytes = 1024
    upstream.certificateAuthorityFile = "ca.pem"
    #expect(configuration.upstream.trusted != nil)
    upstream.trusted = configuration.upstream.trusted
    upstream.proxy = ProxyAddress("socks5h://[::1]:9050")
    #expect(configuration.upstream == upstream)
  }

  @Test("A wallet and a mint stand on [upstream], with keys of their own over it")
  func readsSources() throws {
    let configuration = try load(
      """
      [[wallet]]
      name = "main"
      label = "Till ⚡"
      url = "HTTP://LNbits.local:5000/pre/fix//"
      invoice_key = "0123456789abcdef"
      trust = "frames"
      outgoing_balance = "before"
      reconcile_ms = 500
      [[wallet]]
      name = "b_2-"
      url = "https://[fd00::1]/"
      invoice_key = "key"
      [[mint]]
      name = "minibits"
      url = "https://mint.example.com/Bitcoin"
      enabled = false
      [upstream]
      reconcile_ms = 900
      requests_per_minute = 9
      """)
    let main = try #require(configuration.wallets.first)
    #expect(main.name == "main" && main.label == "Till ⚡")
    #expect(main.url.description == "http://lnbits.local:5000/pre/fix")
    #expect(main.invoiceKey.revealed == "0123456789abcdef")
    #expect(main.trust == .frames && main.outgoingBalance == .before)
    #expect(main.upstream.reconcileInterval == .milliseconds(500))
    #expect(main.upstream.requestsPerMinute == 9)

    let second = configuration.wallets[1]
    #expect(second.label == "b_2-" && second.trust == .verified && second.outgoingBalance == .auto)
    #expect(second.url.description == "https://[fd00::1]")
    #expect(second.upstream == configuration.upstream)

    let mint = try #require(configuration.mints.first)
    #expect(mint.url.prefix == "/Bitcoin" && !mint.upstream.isEnabled)
    #expect(mint.upstream.reconcileInterval == .milliseconds(900))
    #expect(configuration.sources.map(\.name) == ["main", "b_2-", "minibits"])
  }

  @Test("The file is the flag's, the variable's, then the first that is found")
  func searchesFiles() throws {
    let files = FakeFiles([
      "flag.toml": "", "variable.toml": "", "config/walletwire.toml": "",
      "/etc/walletwire/walletwire.toml": "",
    ])
    func found(_ flag: String?, _ variable: String?, in files: FakeFiles) throws -> String? {
      var environment = ["HOME": "/h"]
      environment["WALLETWIRE_CONFIG"] = variable
      return try Configuration.load(
        ConfigurationOverrides(file: flag), environment: environment, readFile: files.read
      ).file
    }
    #expect(try found("flag.toml", "variable.toml", in: files) == "flag.toml")
    #expect(try found(nil, "variable.toml", in: files) == "variable.toml")
    #expect(try found(nil, "", in: files) == "config/walletwire.toml")
    var fewer = files
    fewer.files["config/walletwire.toml"] = nil
    #expect(try found(nil, nil, in: fewer) == "/etc/walletwire/walletwire.toml")
    #expect(try found(nil, nil, in: FakeFiles()) == nil)
    #expect(throws: ConfigurationError.self) { try found("none.toml", nil, in: files) }
    #expect(throws: ConfigurationError.self) { try found(nil, "none.toml", in: files) }
  }

  @Test(
    "The log stands where the system keeps state",
    arguments: [
      (["STATE_DIRECTORY": "/var/lib/walletwire"], "/var/lib/walletwire/walletwire.db"),
      (["STATE_DIRECTORY": "/a:/b", "XDG_STATE_HOME": "/x"], "/a/walletwire.db"),
      (["XDG_STATE_HOME": "/x"], "/x/walletwire/walletwire.db"),
      (["XDG_STATE_HOME": "x"], "/home/alice/.local/state/walletwire/walletwire.db"),
      ([:], "/home/alice/.local/state/walletwire/walletwire.db"),
    ])
  func findsStorage(_ environment: [String: String], _ path: String) throws {
    #expect(try load(environment: environment).storage.path == path)
    #expect(try load("[storage]\npath = \"\"", environment: environment).storage.path == path)
    #expect(
      try load("[storage]\npath = \"b.db\"", environment: environment).storage.path == "b.db")
  }
}

@Suite("Configuration: environment over file, flags over both")
struct ConfigurationLayersTests {
  @Test("Every kind of scalar can come from the environment")
  func readsVariables() throws {
    let configuration = try load(
      "[server]\nlisten = \"127.0.0.1:1\"\nmax_subscribers = 1\n[upstream]\nwebsocket = true\n",
      environment: [
        "WALLETWIRE_SERVER_LISTEN": "localhost:2",
        "WALLETWIRE_SERVER_MAX_SUBSCRIBERS": "22",
        "WALLETWIRE_SERVER_ALLOWED_HOSTS": "a.local, b.local",
        "WALLETWIRE_STORAGE_PATH": "/x.db",
        "WALLETWIRE_UPSTREAM_WEBSOCKET": "false",
        "WALLETWIRE_UPSTREAM_RECONCILE_MS": "333",
        "WALLETWIRE_UPSTREAM_PROXY": "",
        "WALLETWIRE_SERVICE_HOST": "of somebody else",
      ])
    #expect(configuration.server.listen.description == "localhost:2")
    #expect(configuration.server.maximumSubscribers == 22)
    #expect(configuration.server.allowedHosts == ["a.local", "b.local"])
    #expect(configuration.storage.path == "/x.db")
    #expect(!configuration.upstream.usesWebSocket)
    #expect(configuration.upstream.reconcileInterval == .milliseconds(333))
  }

  @Test("The flag stands over the variable")
  func flagWins() throws {
    let environment = ["WALLETWIRE_SERVER_LISTEN": "localhost:2"]
    let configuration = try load(listen: "127.0.0.1:0", environment: environment)
    #expect(configuration.server.listen.description == "127.0.0.1:0")
  }

  @Test("A source's own key stands over the section, wherever that is written")
  func ownKeyWins() throws {
    let configuration = try load(
      wallet + "reconcile_ms = 1\n",
      environment: [
        "WALLETWIRE_UPSTREAM_RECONCILE_MS": "2", "WALLETWIRE_UPSTREAM_HEARTBEAT_MS": "3",
      ])
    #expect(configuration.wallets[0].upstream.reconcileInterval == .milliseconds(1))
    #expect(configuration.wallets[0].upstream.heartbeatInterval == .milliseconds(3))
  }

  @Test("An address and a key in the environment alone are a wallet")
  func makesWallet() throws {
    var environment = [
      "WALLETWIRE_LNBITS_URL": "http://127.0.0.1:5000/", "WALLETWIRE_INVOICE_KEY": "abc",
    ]
    let wallets = try load(environment: environment).wallets
    #expect(wallets.map(\.name) == ["main"])
    #expect(wallets[0].url.description == "http://127.0.0.1:5000")
    #expect(wallets[0].invoiceKey.revealed == "abc")

    environment["WALLETWIRE_INVOICE_KEY"] = nil
    environment["WALLETWIRE_INVOICE_KEY_FILE"] = "/run/key"
    let files = FakeFiles(["/run/key": "def\n"])
    #expect(
      try load(environment: environment, files: files).wallets[0].invoiceKey.revealed == "def")
  }

  @Test("A token of the environment replaces the file's, however that was given")
  func replacesToken() throws {
    let toml = "[server]\naccess_token_file = \"none\"\n"
    for variable in ["WALLETWIRE_ACCESS_TOKEN", "WALLETWIRE_SERVER_ACCESS_TOKEN"] {
      let configuration = try load(toml, environment: [variable: "t-of-at-least-16"])
      #expect(configuration.server.accessToken?.revealed == "t-of-at-least-16")
    }
    let configuration = try load(
      "[server]\naccess_token = \"t-of-at-least-16\"\n",
      environment: ["WALLETWIRE_ACCESS_TOKEN_FILE": "f"],
      files: FakeFiles(["f": "\tu-of-at-least-16\r\n"]))
    #expect(configuration.server.accessToken?.revealed == "u-of-at-least-16")
  }
}
