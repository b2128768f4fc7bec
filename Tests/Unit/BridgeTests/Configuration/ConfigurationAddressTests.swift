import Bridge
import Testing

@Suite("Addresses")
struct ConfigurationAddressTests {
  @Test(
    "A URL has one spelling",
    arguments: [
      ("http://a", "http://a"), ("HTTPS://A.Example/", "https://a.example"),
      ("http://a:80", "http://a"), ("https://a:80/x/", "https://a:80/x"),
      ("https://a/x/y//", "https://a/x/y"), ("http://[::1]:5000", "http://[::1]:5000"),
      ("https://xyz.onion/%20a", "https://xyz.onion/%20a"),
      ("http://127.0.0.1:1/", "http://127.0.0.1:1"),
    ])
  func readsURLs(_ text: String, _ spelling: String) throws {
    #expect(try #require(UpstreamURL(text)).description == spelling)
  }

  @Test("Host, port and prefix stand apart")
  func takesURLsApart() throws {
    let url = try #require(UpstreamURL("https://[::1]/lnbits/"))
    #expect(url.scheme == .https && url.host == "::1" && url.port == 443 && url.prefix == "/lnbits")
    #expect(url.hostField == "[::1]" && url.origin == "https://[::1]")
    #expect(try #require(UpstreamURL("http://a:81")).hostField == "a:81")
  }

  @Test(
    "What is no address of a server is refused",
    arguments: [
      "", "a", "a.example:80", "//a", "http:/a", "http://", "http:///x", "ws://a", "file:///a",
      "http://a:0", "http://a:65536", "http://a:", "http://a:x", "http://u@a", "http://u:p@a",
      "http://a?b", "http://a/?b", "http://a#b", "http://a b", "http://a/b c", "http://a\r\n",
      "http://a/\r\nX: y", "http://ä.example", "http://[::1", "http://[a]", "http://::1/",
      "http://a/\0", "http://a\\b", " http://a",
    ])
  func refusesURLs(_ text: String) {
    #expect(UpstreamURL(text) == nil)
  }

  @Test(
    "A listen address is printed as it is written", arguments: ["a:1", "[::1]:0", "1.2.3.4:65535"])
  func printsListenAddresses(_ text: String) throws {
    #expect(try #require(ListenAddress(text)).description == text)
  }
}
