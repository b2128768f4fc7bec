import Bridge
import Testing

@Suite("Configuration: a mistake is one line that helps")
struct ConfigurationMistakeTests {
  @Test("It names the file, the line, the key and what is allowed")
  func namesThePlace() {
    #expect(
      mistake("[server]\n\nmax_subscribers = 0\n")
        == "walletwire.toml:3: [server] max_subscribers: must be a whole number from 1 to 1000000")
    #expect(
      mistake("[server]\r\n\r\nmax_subscribers = 0\r\n")?.hasPrefix("walletwire.toml:3: ")
        == true, "lines that end in CRLF are counted as well")
    #expect(
      mistake("# x\n[upstream]\nwebsocket = \"yes\" # y\n")
        == "walletwire.toml:3: [upstream] websocket: must be true or false")
    #expect(
      mistake(wallet + "\n[[wallet]]\nname = \"b\"\nurl = \"ftp://x\"\n")?
        .hasPrefix("walletwire.toml:8: [[wallet]] \"b\" url: must be an http:// or") == true)
    #expect(
      mistake(environment: ["WALLETWIRE_SERVER_HEARTBEAT_MS": "1.5"])?
        .hasPrefix("$WALLETWIRE_SERVER_HEARTBEAT_MS: [server] heartbeat_ms: must be") == true)
    #expect(
      mistake(listen: "2121")?.hasPrefix("--listen: [server] listen: must be host:port") == true)
  }

  @Test("An unknown key is one, in every section, and so is an unknown section")
  func refusesUnknownKeys() {
    #expect(
      mistake("[storage]\npaths = \"x\"\n")
        == "walletwire.toml:2: [storage] paths: unknown key; allowed are path, keep_events")
    #expect(mistake("[server]\nlisen = 1\n")?.contains("[server] lisen: unknown key") == true)
    #expect(mistake("[upstream]\nlisten = 1\n")?.contains("[upstream] listen: unknown") == true)
    #expect(mistake(wallet + "invoice_keys = \"x\"\n")?.contains("invoice_keys: unknown") == true)
    #expect(
      mistake("[[mint]]\nname = \"m\"\nurl = \"http://a\"\ninvoice_key = \"x\"\n")?
        .contains("invoice_key: unknown key") == true)
    #expect(mistake("[wallets]\n")?.contains("walletwire.toml:1: wallets: unknown section") == true)
    #expect(mistake("listen = \"x:1\"\n")?.contains("unknown section") == true)
    #expect(mistake("[wallet]\nname = \"a\"\n")?.contains("[[wallet]]") == true)
    #expect(mistake("[[server]]\n")?.contains("must be a table") == true)
  }

  @Test(
    "A value of the wrong kind, or out of range",
    arguments: [
      "[server]\nlisten = 2121", "[server]\nlisten = \":2121\"", "[server]\nlisten = \"a:65536\"",
      "[server]\nlisten = \"::1:80\"", "[server]\nlisten = \"http://a:1\"",
      "[server]\nlisten = \"[::1]\"", "[server]\nlisten = \"a b:1\"", "[server]\nlisten = \"a:-1\"",
      "[server]\nlisten = \"nowhere\"", "[server]\nbase_path = \"x\"",
      "[server]\nbase_path = \"/a?b\"", "[server]\nbase_path = \"//a\"",
      "[server]\nallowed_hosts = \"a\"", "[server]\nallowed_hosts = [\"a:80\"]",
      "[server]\nallowed_hosts = [1]", "[server]\nallowed_hosts = [\"*\"]",
      "[server]\nallowed_origins = [\"*\"]", "[server]\nallowed_origins = [\"null\"]",
      "[server]\nallowed_origins = [\"https://a/\"]", "[server]\nallowed_origins = [\"a.example\"]",
      "[server]\nallowed_hosts = [\"http://a\"]", "[server]\nallowed_hosts = [\"\"]",
      "[server]\nallowed_hosts = [\"a\", \"*.local\"]", "[server]\nallowed_hosts = [\".\"]",
      "[server]\nallowed_hosts = [\"192.0.2.300\"]", "[server]\nallowed_hosts = [\"a/b\"]",
      "[server]\nallowed_origins = [\"\"]", "[server]\nallowed_origins = [\"https://a..b\"]",
      "[server]\nallowed_frames = [\"*\"]", "[server]\nallowed_frames = [\"a.example\"]",
      "[server]\nallowed_frames = [\"https://a/page\"]", "[server]\nallowed_frames = \"self\"",
      "[server]\naccess_token = \"1\"", "[server]\naccess_token = \"fifteen-bytes-a\"",
      "[server]\naccess = \"closed\"", "[server]\naccess_token = \"a b\"",
      "[server]\naccess_token = 1", "[server]\nallow_query_token = 1",
      "[server]\nmax_subscribers = 10.0", "[server]\nheartbeat_ms = 86400001",
      "[server]\nheartbeat_ms = -1", "[server]\npublic_dir = \"a\\nb\"", "[storage]\npath = 1",
      "[storage]\nkeep_events = 0", "[upstream]\nreconcile_ms = 0",
      "[upstream]\nreconcile_ms = \"1\"", "[upstream]\nfailed_retry_ms = -1",
      "[upstream]\nrequests_per_minute = 0", "[upstream]\nmax_message_bytes = 1",
      "[upstream]\nproxy = \"socks5://a:1\"", "[upstream]\nproxy = \"socks5h://a\"",
      "[upstream]\nproxy = \"socks5h://u:p@a:1\"", "[upstream]\nenabled = []",
    ])
  func refusesValues(_ toml: String) throws {
    let line = try #require(mistake(toml))
    #expect(line.hasPrefix("walletwire.toml:2: ["))
    #expect(line.contains("must be"))
    #expect(!line.contains("\n"))
  }

  @Test(
    "A wallet without what it needs, or with too much",
    arguments: [
      ("name = \"a\"\nurl = \"http://a\"", "invoice_key"),
      ("name = \"a\"\ninvoice_key = \"k\"", "url"),
      ("url = \"http://a\"\ninvoice_key = \"k\"", "name"),
      ("name = \"\"\nurl = \"http://a\"\ninvoice_key = \"k\"", "name"),
      ("name = \"Main\"\nurl = \"http://a\"\ninvoice_key = \"k\"", "name"),
      ("name = \"123456789012345678901234567890123\"\n", "name"),
      (
        "name = \"a\"\nurl = \"http://a\"\ninvoice_key = \"k\"\ninvoice_key_file = \"f\"",
        "only one"
      ),
      ("name = \"a\"\nurl = \"http://a\"\ninvoice_key = \"\"", "invoice_key"),
      ("name = \"a\"\nlabel = \"x\\ny\"", "label"), ("name = \"a\"\ntrust = \"blind\"", "trust"),
      ("name = \"a\"\noutgoing_balance = \"never\"", "outgoing_balance"),
    ])
  func refusesWallets(_ body: String, _ named: String) throws {
    let line = try #require(mistake("[[wallet]]\n\(body)\n", files: FakeFiles(["f": "k"])))
    #expect(line.contains(named))
    #expect(line.contains("walletwire.toml:"))
  }

  @Test("Wallets and mints share one set of names")
  func refusesTakenNames() {
    #expect(
      mistake(wallet + wallet)?.contains("walletwire.toml:6: [[wallet]] \"main\" name") == true)
    #expect(
      mistake(wallet + "[[mint]]\nname = \"main\"\nurl = \"http://a\"\n")?.contains("is taken")
        == true)
  }

  @Test("A mint stands once")
  func refusesTwoNamesForAMint() {
    let mints = #"""
      [[mint]]
      name = "a"
      url = "https://mint.example/Bitcoin"
      [[mint]]
      name = "b"
      url = "https://mint.example/Bitcoin/"

      """#
    #expect(
      mistake(mints)
        == #"walletwire.toml:6: [[mint]] "b" url: is the mint that is called "a" already"#)
  }

  @Test("Half a wallet in the environment")
  func refusesHalfAWallet() {
    #expect(
      mistake(environment: ["WALLETWIRE_LNBITS_URL": "http://a"])?.contains("invoice_key") == true)
    #expect(
      mistake(environment: ["WALLETWIRE_INVOICE_KEY": "k"])?.contains("url: must be given") == true)
  }

  @Test("Beyond loopback a token is required, or the word that switches that off")
  func guardsTheDoor() throws {
    for listen in ["0.0.0.0:1", "[::]:1", "192.168.1.2:1", "umbrel.local:1", "127.1:1"] {
      #expect(mistake(listen: listen)?.contains("token") == true, "\(listen)")
      let environment = ["WALLETWIRE_ACCESS_TOKEN": "a-token-of-some-length"]
      #expect(try load(listen: listen, environment: environment).server.accessToken != nil)
      #expect(try load("[server]\naccess = \"open\"\n", listen: listen).server.access == .open)
    }
    for listen in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1", "[::ffff:127.0.0.1]:1"] {
      #expect(mistake(listen: listen) == nil, "\(listen)")
    }
    #expect(
      mistake("[server]\nlisten = \"0.0.0.0:1\"\n")?.hasPrefix("walletwire.toml:2: [server] listen")
        == true)
  }

  @Test("What is not TOML is told with its line, and nothing of it repeated")
  func refusesBadSyntax() throws {
    let line = try #require(mistake("[[wallet]]\ninvoice_key = s3cr3tkey\n"))
    #expect(line.hasPrefix("walletwire.toml:2: must be TOML"))
    #expect(!line.contains("s3cr"))
    #expect(mistake("[server]\nlisten = \"a:1\"\nlisten = \"b:1\"\n")?.contains(":3: ") == true)
    // Each of these ends the process in toml++.
    for header in ["[;]", "[[;]]", "[ =", "[ö]", "[\t[.server]]", "[#", "[["] {
      #expect(mistake("[server]\r\n\(header)\n")?.contains(":2: must be TOML") == true)
    }
    for value in [
      "1979-05-27T'7:32:00Z", "1979-05-27T=7:3", "[1979-05-27T[:", "1979-05-27 7:32", "{a=1T:}",
      "'''\n'''\nb = 12:30", "1978-05-2a 7", "[}", "[[\n}", "[{}, }", "}",
    ] {
      #expect(mistake("[server]\nlisten = \(value)\n")?.contains("must be TOML") == true)
    }
    #expect(mistake("\u{FEFF}[;\n")?.contains(":1: must be TOML") == true)
    #expect(mistake("\u{FEFF}[server]\n") == nil)
    #expect(mistake("[server]\n\0[nonsense\n")?.contains("must be TOML in UTF-8") == true)
  }

  @Test("Colons, brackets and quotes in texts and comments are no mistake")
  func readsTexts() throws {
    for label in [
      #""at 12:30 \" 13:30 #""#, "'[; 1:2'", "\"\"\"\\\n[; 12:30 \"\" 1:2\"\"\"\"  # 1:2 ' \"\"\"",
      "'''[ = 1:2 ''\\'''",
    ] {
      let text =
        "\(wallet)label = \(label)\n# 12:30 [;\n[server]\nallowed_hosts = [ # 1:2 }\n 'a' ]\n"
      #expect(mistake(text) == nil, "\(text)")
    }
  }

  @Test(
    "Whatever is written, the mistake is one line of bounded length without control characters",
    arguments: [
      "[server]\n\"%@\" = 1\n", "\"%@\" = 1\n", "[server]\nlisten = \"%@\"\n", "[\"%@\"]\n",
      "[[wallet]]\n\"%@\" = 1\n", "[[wallet]]\nname = \"%@\"\n", "[[mint]]\nurl = \"http://%@\"\n",
      "[upstream]\nca_file = \"/%@\"\n", "[server]\naccess_token_file = \"/%@\"\n",
      "[upstream]\nproxy = \"socks5://%@\"\n",
    ])
  func isOneBoundedLine(_ template: String) throws {
    for text in [String(repeating: "a", count: 100_000), "\\u202E\\u2028\\u009B2J\\u007F\\u001B"] {
      let line = try #require(mistake(template.replacing("%@", with: text)))
      #expect(line.utf8.count <= 2048)
      let harmful = line.unicodeScalars.filter { scalar in
        [.control, .format, .lineSeparator, .paragraphSeparator]
          .contains(scalar.properties.generalCategory)
      }
      #expect(harmful.isEmpty)
    }
  }

  @Test("A ca_file that is missing, or holds no certificate, is named with its line")
  func refusesAuthorities() throws {
    for (contents, reason) in [
      (nil, "there is no such file"), ("", "no certificate in it"), ("PEM", "no certificate in it"),
      (authority.replacing("MIIB", with: "AAAA"), "must be in PEM form"),
      (authority + "\n" + authority.dropLast(200), "must be in PEM form"),
    ] {
      var files = FakeFiles()
      files.files["ca.pem"] = contents.map { FileContents(bytes: Array($0.utf8)) }
      for section in ["[upstream]\n", "[[mint]]\nurl = \"http://a\"\nname = \"m\"\n"] {
        let line = try #require(mistake(section + "ca_file = \"ca.pem\"\n", files: files))
        #expect(line.contains("ca_file: ca.pem cannot be used: ") && line.contains(reason))
      }
    }
    let files = FakeFiles(["ca.pem": authority])
    let toml = "[upstream]\nca_file = \"ca.pem\"\n" + wallet + wallet.replacing("main", with: "b")
    let wallets = try load(toml + "ca_file = \"\"\n", files: files).wallets
    #expect(wallets[0].upstream.trusted != nil && wallets[1].upstream.trusted == nil)
  }

  @Test("A file that cannot be read, or is not there")
  func refusesUnreadableFiles() {
    var files = FakeFiles()
    files.unreadable = ["config/walletwire.toml"]
    #expect(
      mistake(files: files) == "config/walletwire.toml: cannot be read: Permission denied")
    #expect(
      mistake(environment: ["WALLETWIRE_CONFIG": "no.toml"])
        == "$WALLETWIRE_CONFIG: no.toml: no such file")
    #expect(mistake(environment: ["HOME": ""])?.contains("[storage] path") == true)
  }
}
