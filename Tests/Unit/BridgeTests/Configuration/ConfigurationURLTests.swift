import Bridge
import Testing

/// URLs as people copy them from a wallet's page or from the documentation of its API.
@Suite("Configuration: a URL with a key in it is refused, and what was meant is told")
struct ConfigurationURLTests {
  private static let key = "0123456789abcdefFEDCBA9876543210"
  /// `0123` and so on, each digit percent-encoded.
  private static let encodedKey = key.utf8.map { "%" + String($0, radix: 16) }.joined()
  private static let page = "usr=\(key)&wal=\(key)"

  /// What was written, and what was meant.
  private static let pasted: [(String, String)] = [
    ("http://h:5000/api/v1/ws/\(key)", "http://h:5000"),
    ("http://h:5000/api/v1/ws/\(encodedKey)", "http://h:5000"),
    ("wss://h/api/v1/ws/\(key)", "https://h"),
    ("ws://h:5000/api/v1/ws/\(key)/", "http://h:5000"),
    ("https://h/lnbits/API/V1/WS/\(key)", "https://h/lnbits"),
    ("https://h/api/v1", "https://h"),
    ("https://h//api/./v1/payments", "https://h"),
    ("https://h/%61pi%2Fv1/wallet", "https://h"),
    ("https://h/%2561pi/v1", "https://h"),
    ("https://h/wallet?\(page)", "https://h"),
    ("https://h/pre/wallet/?\(page)", "https://h/pre"),
    ("https://h/wallet%3F\(page)", "https://h"),
    ("https://h/WALLET?USR=\(key)", "https://h"),
    ("https://h/extensions?usr=\(key)#x", "https://h"),
    ("https://h/pre/?wal=\(key)", "https://h/pre"),
    ("https://h/#\(page)", "https://h"),
    ("https://h/wallet/\(key)", "https://h"),
    ("https://\(key)@h/pre/", "https://h/pre"),
    ("https://admin:\(key)@h", "https://h"),
    ("https://a@b:\(key)@h", "https://h"),
    ("https://h?key=\(key)", "https://h"),
  ]

  /// The line of the mistake; nothing of the key is in it, however it is spelled.
  private func refusal(
    of url: String, in toml: String? = nil, environment: [String: String] = [:]
  ) throws -> String {
    let line = try #require(mistake(toml, environment: environment), "\(url) was taken")
    for secret in [Self.key, Self.encodedKey, Self.key.lowercased()] {
      #expect(!line.lowercased().contains(secret.lowercased()))
    }
    return line
  }

  @Test("Of a wallet", arguments: pasted)
  func refusesForWallets(_ url: String, _ meant: String) throws {
    let toml = "[[wallet]]\nname = \"main\"\nurl = \"\(url)\"\ninvoice_key = \"a-short-key\"\n"
    let line = try refusal(of: url, in: toml)
    #expect(line.hasPrefix("walletwire.toml:3: [[wallet]] \"main\" url: must be an http:// or"))
    #expect(line.hasSuffix("probably meant: \(meant)"))
  }

  @Test("Of the environment", arguments: pasted)
  func refusesForTheEnvironment(_ url: String, _ meant: String) throws {
    let line = try refusal(
      of: url,
      environment: ["WALLETWIRE_LNBITS_URL": url, "WALLETWIRE_INVOICE_KEY": "a-short-key"])
    #expect(line.hasPrefix("$WALLETWIRE_LNBITS_URL: [[wallet]] \"main\" url: "))
    #expect(line.hasSuffix("probably meant: \(meant)"))
  }

  @Test("Of a mint", arguments: pasted.filter { !$0.0.contains("/wallet/\(key)") })
  func refusesForMints(_ url: String, _ meant: String) throws {
    let line = try refusal(of: url, in: "[[mint]]\nname = \"m\"\nurl = \"\(url)\"\n")
    #expect(line.hasSuffix("probably meant: \(meant)"))
  }

  @Test(
    "The wallet's own key, of whatever form, in any part",
    arguments: [
      "https://h/canary-own-key", "https://h/x/CANARY-own-kEY/y", "https://h/a%2Dcanary%2Down-key",
      "https://canary-own-key.example", "https://h/canary-own-key-and-more",
    ])
  func refusesOwnKey(_ url: String) throws {
    let own = "name = \"main\"\nurl = \"\(url)\"\ninvoice_key = \"canary-own-key\"\n"
    let other = "name = \"other\"\nurl = \"http://h\"\ninvoice_key = \"canary-own-key\"\n"
    for toml in [
      "[[wallet]]\n\(own)", "[[wallet]]\n\(other)[[mint]]\nname=\"m\"\nurl=\"\(url)\"\n",
    ] {
      let line = try #require(mistake(toml))
      #expect(line.contains("url: must be") && !line.lowercased().contains("canary"), "\(line)")
    }
  }

  @Test("However a byte of the path is encoded, the key in it is seen")
  func seesThroughEncodings() throws {
    let path = Array("/pre/api/v1/ws/canary-own-key".utf8)
    for index in path.indices.dropFirst() {
      for encodings in 1...3 {
        var encoded = "%" + String(path[index], radix: 16)
        for _ in 1..<encodings { encoded = encoded.replacing("%", with: "%25") }
        let url =
          "https://h" + String(decoding: path[..<index], as: UTF8.self) + encoded
          + String(decoding: path[(index + 1)...], as: UTF8.self)
        let toml = "[[wallet]]\nname = \"a\"\nurl = \"\(url)\"\ninvoice_key = \"canary-own-key\"\n"
        let line = try #require(mistake(toml), "\(url) was taken")
        #expect(line.contains("probably meant: https://h") && !line.contains("own-key"), "\(line)")
      }
    }
  }

  @Test("A key in a name or a label, which everybody sees")
  func refusesKeysInNames() throws {
    for entry in ["name = \"0123456789abcdef\"", "name = \"a\"\nlabel = \"of 0123456789ABCDEF\""] {
      let toml = "[[wallet]]\n\(entry)\nurl = \"http://h\"\ninvoice_key = \"0123456789abcdef\"\n"
      let line = try #require(mistake(toml))
      #expect(line.contains("must not hold a wallet's key") && !line.contains("0123456789"))
    }
    let swapped = "[[wallet]]\nname = \"\(Self.key.lowercased())\"\ninvoice_key = \"main\"\n"
    #expect(try refusal(of: "", in: swapped).contains("[[wallet]] number 1 url: must be given"))
  }

  @Test("A key where the host should be has nothing that could be meant")
  func refusesKeysAsHosts() throws {
    let toml = "[[wallet]]\nname = \"main\"\nurl = \"https://\(Self.key)/\"\ninvoice_key = \"k\"\n"
    let line = try refusal(of: "", in: toml)
    #expect(line.contains("a key or a user has no place in it") && !line.contains("meant"))
  }

  @Test(
    "What holds no key is taken as it is",
    arguments: [
      "https://h/wallet", "https://h/api", "https://h/v1/api", "https://h/0123456789abcdef",
      "https://h/wallets/main", "http://abcdefabcdefabcdefabcdefabcdefab.example",
      "http://2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid.onion/lnbits",
    ])
  func takesOthers(_ url: String) throws {
    let toml = "[[wallet]]\nname = \"main\"\nurl = \"\(url)\"\ninvoice_key = \"h\"\n"
    #expect(try load(toml).wallets[0].url.description == url)
  }

  @Test("LNbits serves its own mints below an API path, and that is their address")
  func takesMintsOfLNbits() throws {
    let url = "https://h/cashu/api/v1/4gr9Xcmz3XEkUNwiBiQGoC"
    #expect(
      try load("[[mint]]\nname = \"m\"\nurl = \"\(url)\"\n").mints[0].url.description == url)
    let deeper = "[[mint]]\nname = \"m\"\nurl = \"\(url)/api/v1/ws/x\"\n"
    #expect(mistake(deeper)?.hasSuffix("probably meant: \(url)") == true)
  }

  @Test(
    "A proxy's URL",
    arguments: [
      ("socks5://a:1", "socks5h://a:1"), ("SOCKS5H://a:1", "socks5h://a:1"),
      ("socks5h://u:canary@a:1", "socks5h://a:1"),
      ("socks4a://canary@[::1]:1/", "socks5h://[::1]:1"),
      ("socks5h://a:1/", "socks5h://a:1"), ("socks://a:1?canary", "socks5h://a:1"),
    ])
  func refusesProxies(_ proxy: String, _ meant: String) throws {
    let line = try #require(mistake("[upstream]\nproxy = \"\(proxy)\"\n"))
    #expect(line.hasPrefix("walletwire.toml:2: [upstream] proxy: must be empty or a proxy such as"))
    #expect(line.hasSuffix("probably meant: \(meant)") && !line.contains("canary"))
  }
}
