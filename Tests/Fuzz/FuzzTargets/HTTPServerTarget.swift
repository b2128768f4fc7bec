import Bridge
import EventLoop
import Glibc
import Logging
import Synchronization

/// Bytes on a connection to a whole bridge. Whatever they are, it answers the next client.
func fuzzHTTPServer(_ input: [UInt8]) {
  let port = ServerUnderTest.shared.port
  let stranger = LoopbackClient(port: port)
  for part in parts(of: input) where !part.isEmpty {
    stranger.send(part)
    // The server has taken the part by the time it has answered somebody else.
    askHealth(port)
  }
  askHealth(port)
  stranger.close()
}

private func askHealth(_ port: UInt16) {
  let client = LoopbackClient(port: port)
  defer { client.close() }
  client.send(Array("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8))
  let answer = client.receive()
  guard answer.starts(with: "HTTP/1.1 200 OK".utf8) else {
    fatalError("another client is not answered: \(String(decoding: answer, as: UTF8.self))")
  }
}

/// One bridge for the process: its wallet is disabled, so that nothing happens but by requests.
private final class ServerUnderTest: Sendable {
  static let shared = ServerUnderTest()

  let port: UInt16
  private let bridge: Bridge

  private init() {
    signal(SIGPIPE, SIG_IGN)
    guard let folder = Self.temporaryFolder(), let loop = try? EventLoop(name: "fuzzed") else {
      fatalError("no folder, or no loop")
    }
    let text = """
      [server]
      listen = "127.0.0.1:0"
      allowed_origins = ["https://till.example"]
      [storage]
      path = "\(folder)/fuzzed.db"
      [[wallet]]
      name = "main"
      url = "http://127.0.0.1:9"
      invoice_key = "0123456789abcdef0123456789abcdef"
      enabled = false
      """
    guard
      let configuration = try? Configuration.load(
        ConfigurationOverrides(file: "fuzzed.toml"), environment: [:],
        readFile: { _ throws(FileReadError) in FileContents(bytes: Array(text.utf8)) })
    else { fatalError("the configuration is sound") }
    var log = Logger(label: "fuzzed") { _ in SwiftLogNoOpLogHandler() }
    log.logLevel = .critical
    let bridge = Bridge(configuration: configuration, loop: loop, version: "0", log: log)
    self.bridge = bridge
    port = Self.start(bridge)
  }

  /// Waits for the start: libFuzzer knows nothing of `async`.
  private static func start(_ bridge: Bridge) -> UInt16 {
    let port = PortBox()
    Task.detached {
      let address = try? await bridge.start().first
      let digits = address?.split(separator: ":").last.map { $0.prefix { $0.isNumber } }
      port.value.store(digits.flatMap { Int($0) } ?? -1, ordering: .releasing)
    }
    while true {
      let value = port.value.load(ordering: .acquiring)
      precondition(value >= 0, "the bridge did not start")
      if value > 0 { return UInt16(value) }
      usleep(1000)
    }
  }

  private static func temporaryFolder() -> String? {
    var template = Array("/tmp/walletwire-fuzz-XXXXXX".utf8CString)
    return mkdtemp(&template).map { String(cString: $0) }
  }
}

private final class PortBox: Sendable {
  /// 0 while it starts, -1 when that failed.
  let value = Atomic(0)
}
