import Bridge
import FoundationEssentials
import Testing

/// The example file says every key and its default; here it is held to that.
@Suite("The example file")
struct ConfigurationExampleTests {
  private static let path = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "config/walletwire.example.toml").path

  private static func text() throws -> String {
    let contents = try #require(try FileContents.read(path))
    return String(decoding: contents.bytes, as: UTF8.self)
  }

  @Test("As it stands it is the defaults")
  func isTheDefaults() throws {
    var example = try load(try Self.text())
    example.file = nil
    #expect(example == (try load()))
  }

  @Test("It shows every key of every section")
  func showsEveryKey() throws {
    // The blocks for wallets and mints are comments; uncommented they are a wallet and a mint.
    let text = try Self.text().split(separator: "\n", omittingEmptySubsequences: false)
      .map { line in
        let isBlock = line.hasPrefix("# [[") || line.contains(#/^# [a-z_]+ =/#)
        return isBlock ? line.dropFirst(2) : line
      }.joined(separator: "\n")
    let configuration = try load(text, files: FakeFiles(["/run/secrets/inkey": "abc"]))
    let shownAs = try load(
      """
      [[wallet]]
      name = "main"
      url = "https://lnbits.example.com"
      invoice_key_file = "/run/secrets/inkey"
      [[mint]]
      name = "minibits"
      url = "https://mint.example.com/Bitcoin"
      """, files: FakeFiles(["/run/secrets/inkey": "abc"]))
    #expect(configuration == shownAs)

    var section = ""
    var shown: [String: Set<String>] = [:]
    for line in text.split(separator: "\n") {
      if let header = line.wholeMatch(of: #/\[+([a-z]+)\]+.*/#) { section = String(header.1) }
      if let key = line.prefixMatch(of: #/([a-z_]+) +=/#) {
        shown[section, default: []].insert(String(key.1))
      }
    }
    let known = try Self.keys(of: configuration)
    #expect(shown["server"] == known["server"])
    #expect(shown["storage"] == known["storage"])
    #expect(shown["upstream"] == known["upstream"])
    let upstream = try #require(known["upstream"])
    #expect(shown["wallet"] == known["wallet"]?.subtracting(upstream))
    #expect(shown["mint"] == known["mint"]?.subtracting(upstream))
  }

  /// The keys of each section as the effective configuration has them.
  private static func keys(of configuration: Configuration) throws -> [String: Set<String>] {
    try JSONDecoder().decode(Shown.self, from: Data(configuration.effectiveJSON.utf8)).keys
  }

  private struct Shown: Decodable {
    let server: [String: Anything]
    let storage: [String: Anything]
    let upstream: [String: Anything]
    let wallet: [[String: Anything]]
    let mint: [[String: Anything]]

    var keys: [String: Set<String>] {
      [
        "server": Set(server.keys), "storage": Set(storage.keys), "upstream": Set(upstream.keys),
        "wallet": Set(wallet.flatMap(\.keys)), "mint": Set(mint.flatMap(\.keys)),
      ]
    }
  }

  private struct Anything: Decodable {
    init(from decoder: any Decoder) {}
  }
}
