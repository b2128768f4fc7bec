import Glibc

/// The process's streams, without C's buffers: a line is out when the call returns.
enum StandardStream: Int32 {
  case output = 1
  case error = 2

  /// Writes a line. A stream that nobody reads any more is no reason to stop.
  func writeLine(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    var written = 0
    while written < bytes.count {
      let count = write(rawValue, Array(bytes[written...]), bytes.count - written)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      written += count
    }
  }
}
