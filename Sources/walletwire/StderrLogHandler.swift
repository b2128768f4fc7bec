import Glibc
import JSON
import Logging

/// Writes a line for each message to stderr: `time LEVEL message key=value`, or the same as JSON.
struct StderrLogHandler: LogHandler {
  var logLevel = Logger.Level.info
  var metadata: Logger.Metadata = [:]
  let format: LogOptions.Format

  init(format: LogOptions.Format) {
    self.format = format
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
    var line: String
    switch format {
    case .text:
      let level = event.level.rawValue.uppercased()
      line = "\(Self.time()) \(level) \(event.message)"
      for (key, value) in fields { line += " \(key)=\(value)" }
      line = TerminalText.oneLine(line)
    case .json:
      line =
        "{\"time\":\"\(Self.time())\",\"level\":\"\(event.level.rawValue)\",\"message\":"
        + Self.quoted(event.message.description)
      for (key, value) in fields { line += ",\(Self.quoted(key)):\(Self.quoted("\(value)"))" }
      line = TerminalText.oneLineOfJSON(line + "}")
    }
    StandardStream.error.writeLine(line)
  }

  /// RFC 3339 in UTC.
  private static func time() -> String {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    var parts = tm()
    gmtime_r(&now.tv_sec, &parts)
    var text = [CChar](repeating: 0, count: 32)
    let length = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%S", &parts)
    let seconds = String(decoding: text[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
    let milliseconds = String(1000 + now.tv_nsec / 1_000_000).dropFirst()
    return "\(seconds).\(milliseconds)Z"
  }

  private static func quoted(_ text: String) -> String {
    String(decoding: JSONWriter.document { $0.value(text) }, as: UTF8.self)
  }
}
