import ArgumentParser
import Bridge
import EventLoop
import Glibc
import Transport
import UnixSignals

/// `walletwire watch`.
struct Watch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Follow a running bridge: balances, payments, states.")

  @Argument(help: "Where the bridge is, with its base path if it has one. http:// may be left out.")
  var url = "http://127.0.0.1:2121"

  private var address: UpstreamURL? {
    if url.contains("://") { return UpstreamURL(url) }
    // A word alone is more likely a mistake than a host.
    let isHost = url.hasPrefix("localhost") || url.contains { ".:".contains($0) }
    return isHost ? UpstreamURL("http://\(url)") : nil
  }

  @Flag(help: "Print one event a line, as JSON.")
  var json = false

  @Option(help: "A file with the access token. Without it: $WALLETWIRE_ACCESS_TOKEN.")
  var tokenFile: String?

  func validate() throws {
    guard address != nil else {
      throw ValidationError("URL must be \(UpstreamURL.allowed), or host:port")
    }
  }

  func run() async throws {
    guard let url = address else { return }
    let printer = WatchPrinter(url: url, isJSON: json)
    let token = try readToken()
    do {
      let loop = try EventLoop(name: "watch")
      try WatchConnection(to: url, token: token, on: loop) { printer.print($0) }.start()
    } catch {
      throw Failure(code: .unavailable, message: "\(error)")
    }
    // The loop may be waiting for the reader of a full pipe, so the end does not wait for the loop.
    for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { return }
  }

  private func readToken() throws(Failure) -> Secret? {
    guard let tokenFile else {
      let token = ProcessEnvironment.variables()["WALLETWIRE_ACCESS_TOKEN", default: ""]
      return token.isEmpty ? nil : Secret(token)
    }
    let contents: FileContents?
    do throws(FileReadError) {
      contents = try FileContents.read(tokenFile)
    } catch {
      throw Failure(
        code: .configuration, message: "--token-file: it cannot be read: \(error.reason)")
    }
    guard let contents else {
      throw Failure(code: .configuration, message: "--token-file: there is no such file")
    }
    let words = contents.text.split { $0 <= 0x20 }
    guard let word = words.first, words.count == 1 else {
      throw Failure(code: .configuration, message: "--token-file: the file must hold one token")
    }
    return Secret(String(decoding: word, as: UTF8.self))
  }
}

/// Writes notices to the terminal or the pipe. Called on one loop only, in order.
private final class WatchPrinter: @unchecked Sendable {
  private let url: UpstreamURL
  private let isJSON: Bool
  /// Unchecked: touched by `print` alone, which only the connection's loop calls.
  private var isLost = false

  init(url: UpstreamURL, isJSON: Bool) {
    self.url = url
    self.isJSON = isJSON
  }

  func print(_ notice: WatchConnection.Notice) {
    switch notice {
    case .event(let event):
      if isJSON {
        StandardStream.output.writeLine(WatchLine.json(event))
      } else {
        let time = Self.localTime()
        for line in WatchLine.text(event) { StandardStream.output.writeLine("\(time)  \(line)") }
      }
    case .opened:
      if isLost { StandardStream.error.writeLine("walletwire: \(url) is back") }
      isLost = false
    case .lost(let reason):
      // Once for an outage; the attempts go on quietly.
      if !isLost {
        StandardStream.error.writeLine(
          "walletwire: no events from \(url): \(TerminalText.oneLine(reason)); trying again")
      }
      isLost = true
    case .refused(let reason):
      Failure(code: .permission, message: "\(url): \(reason)").exit()
    }
  }

  private static func localTime() -> String {
    var now = time(nil)
    var parts = tm()
    localtime_r(&now, &parts)
    let fields = [parts.tm_hour, parts.tm_min, parts.tm_sec]
    return fields.map { String(String($0 + 100).dropFirst()) }.joined(separator: ":")
  }
}
