import Glibc

/// A blocking HTTP client on a bare socket: it sends exactly the bytes that it is given.
final class TestClient {
  struct Response {
    var status: Int
    var head: String
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The values of a field, joined; nil without one.
    func field(_ name: String) -> String? {
      let values = head.split(separator: "\r\n").dropFirst().compactMap { line -> String? in
        guard let colon = line.firstIndex(of: ":"),
          line[..<colon].lowercased() == name.lowercased()
        else { return nil }
        return String(line[line.index(after: colon)...].drop { $0 == " " })
      }
      return values.isEmpty ? nil : values.joined(separator: ", ")
    }
  }

  enum Failure: Error {
    case connect(CInt)
    case timedOut
    /// The connection ended or was reset; with what came before.
    case closed([UInt8])
    case malformed(String)
  }

  let descriptor: CInt
  private var buffer: [UInt8] = []

  /// - Parameter receiveBufferBytes: Small, so that a reader that doesn't read is soon noticed.
  init(port: UInt16, receiveBufferBytes: CInt? = nil) throws {
    descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    if var bytes = receiveBufferBytes {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<CInt>.size))
    }
    var timeout = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw Failure.connect(errno) }
  }

  deinit { close(descriptor) }

  func send(_ text: String) { send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let sent = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
      }
      guard sent > 0 else { return }
      rest = rest.dropFirst(sent)
    }
  }

  func finishSending() { shutdown(descriptor, CInt(SHUT_WR)) }

  /// Makes the close of this client a reset (RST).
  func resetOnClose() {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
  }

  /// The next response, its body read by `Content-Length`, by chunks or up to the end.
  func response(toHead isHead: Bool = false) throws -> Response {
    let (status, head) = try readHead()
    var response = Response(status: status, head: head, body: [])
    if isHead || status == 204 || status == 304 { return response }
    if response.field("Transfer-Encoding") == "chunked" {
      while let chunk = try nextChunk() { response.body += chunk }
    } else if let length = response.field("Content-Length") {
      response.body = try read(exactly: Int(length) ?? 0)
    } else {
      response.body = readToEnd()
    }
    return response
  }

  func readHead() throws -> (status: Int, head: String) {
    let head = try read(through: "\r\n\r\n")
    guard head.hasPrefix("HTTP/1.1 "), let status = Int(head.dropFirst(9).prefix(3)) else {
      throw Failure.malformed(head)
    }
    return (status, head)
  }

  /// Nil for the last chunk.
  func nextChunk() throws -> [UInt8]? {
    // CRLF is one Character.
    let line = try read(through: "\r\n").dropLast()
    guard let size = Int(line, radix: 16) else { throw Failure.malformed(String(line)) }
    let chunk = try read(exactly: size)
    guard try read(exactly: 2) == [13, 10] else { throw Failure.malformed("no CRLF after data") }
    return size == 0 ? nil : chunk
  }

  /// Reads chunks until that many bytes are there.
  func readStream(_ count: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      guard let chunk = try nextChunk() else { throw Failure.closed(bytes) }
      bytes += chunk
    }
    return bytes
  }

  func readToEnd() -> [UInt8] {
    while (try? receive()) != nil {}
    defer { buffer = [] }
    return buffer
  }

  /// Whether the server has closed the connection and nothing is left to read.
  func isClosed() -> Bool {
    guard buffer.isEmpty else { return false }
    do {
      try receive()
      return false
    } catch Failure.timedOut {
      return false
    } catch {
      return true
    }
  }

  /// Whether what is read next is the end, and no reset: after one, Linux still gives what came
  /// before, and an end.
  func endsInOrder() -> Bool {
    var byte: UInt8 = 0
    guard buffer.isEmpty, recv(descriptor, &byte, 1, 0) == 0 else { return false }
    var state: UInt8 = 0
    var length = socklen_t(1)
    getsockopt(descriptor, CInt(IPPROTO_TCP), TCP_INFO, &state, &length)
    // TCP_CLOSE_WAIT of the kernel's tcp_states.h.
    return state == 8
  }

  func read(exactly count: Int) throws -> [UInt8] {
    while buffer.count < count { try receive() }
    defer { buffer.removeFirst(count) }
    return Array(buffer[..<count])
  }

  func read(through end: String) throws -> String {
    let end = Array(end.utf8)
    while true {
      if let found = buffer.indices.first(where: { buffer[$0...].starts(with: end) }) {
        defer { buffer.removeFirst(found + end.count) }
        return String(decoding: buffer[..<(found + end.count)], as: UTF8.self)
      }
      try receive()
    }
  }

  private func receive() throws {
    var piece = [UInt8](repeating: 0, count: 65536)
    let count = recv(descriptor, &piece, piece.count, 0)
    if count > 0 {
      buffer += piece[..<count]
    } else if count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) {
      throw Failure.timedOut
    } else {
      throw Failure.closed(buffer)
    }
  }
}
