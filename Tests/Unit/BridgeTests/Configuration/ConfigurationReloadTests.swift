import Testing

@testable import Bridge

@Suite("Configuration: reload")
struct ConfigurationReloadTests {
  @Test("A reload brings into force what can change; the rest stays as it is, and is named")
  func reloadsServer() throws {
    let running = try load("[server]\nlisten = \"127.0.0.1:1\"\nmax_subscribers = 5\n").server
    let next = try load(
      """
      [server]
      listen = "127.0.0.1:2"
      public_dir = "other"
      base_path = "/wallet"
      max_subscribers = 7
      max_connections_per_address = 9
      heartbeat_ms = 100
      access_token = "a-token-of-some-length"
      allowed_hosts = ["umbrel.local"]
      allowed_origins = ["https://till.example"]
      allowed_frames = ["https://dash.example"]
      allow_query_token = true
      """
    ).server
    let (settings, waiting) = next.reloaded(over: running)
    #expect(
      waiting == [
        "listen", "public_dir", "base_path", "max_subscribers", "max_connections_per_address",
        "heartbeat_ms",
      ])
    var expected = running
    expected.accessToken = next.accessToken
    expected.accessTokenSource = next.accessTokenSource
    expected.allowedHosts = ["umbrel.local"]
    expected.allowedOrigins = ["https://till.example"]
    expected.allowedFrames = ["https://dash.example"]
    expected.allowsQueryToken = true
    #expect(settings == expected)
    #expect(settings.admitsOthers(than: running))
    #expect(settings.reloaded(over: settings).waiting.isEmpty)
    #expect(!settings.admitsOthers(than: settings))
  }

  @Test("A reload that would open a listener beyond loopback is found out")
  func exposes() throws {
    let token = ["WALLETWIRE_ACCESS_TOKEN": "a-token-of-some-length"]
    let running = try load(listen: "0.0.0.0:1", environment: token).server
    #expect(!running.isExposed)
    #expect(try load(listen: "127.0.0.1:1").server.reloaded(over: running).settings.isExposed)
    let open = try load("[server]\naccess = \"open\"\n").server.reloaded(over: running)
    #expect(!open.settings.isExposed)
  }
}
