import Glibc
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
      line = "\(Self.time()) \(level) \(Self.oneLine(event.message.description))"
      for (key, value) in fields { line += " \(key)=\(Self.oneLine("\(value)"))" }
    case .json:
      line =
        "{\"time\":\"\(Self.time())\",\"level\":\"\(event.level.rawValue)\",\"message\":"
        + Self.quoted(event.message.description)
      for (key, value) in fields { line += ",\(Self.quoted(key)):\(Self.quoted("\(value)"))" }
      line += "}"
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

  /// A message that came from outside must not begin a line of its own, nor steer a terminal.
  private static func oneLine(_ text: String) -> String {
    // Nearly every text is fit as it is, and there is a line for each payment.
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? "?" : $0 }))
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in oneLine(text).unicodeScalars {
      if scalar == "\"" || scalar == "\\" { result += "\\" }
      result.unicodeScalars.append(scalar)
    }
    return result + "\""
  }
}
