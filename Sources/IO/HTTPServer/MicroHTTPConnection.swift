import CMicroHTTPD
import Glibc

/// A connection of microhttpd's, valid from its first callback until its last.
struct MicroHTTPConnection: Equatable {
  private let pointer: OpaquePointer

  init(_ pointer: OpaquePointer) {
    self.pointer = pointer
  }

  /// The exchange that `connectionChanged` tied to the connection.
  var exchange: HTTPExchange? {
    mhd_shim_socket_context(pointer).map {
      Unmanaged<HTTPExchange>.fromOpaque($0).takeUnretainedValue()
    }
  }

  /// Keeps microhttpd from cutting the cookies up, which would take as much memory again for them
  /// and a record for each: it cuts up the first field of that name, and this is an empty one.
  ///
  /// - Returns: Whether there was room for it.
  func hideCookies() -> Bool { mhd_shim_hide_cookies(pointer) == .YES }

  /// Whether the head of the request has come to its end.
  var hasWholeHead: Bool { mhd_shim_request_header_bytes(pointer) > 0 }

  /// Mends a `Content-Length` with blanks behind it, before microhttpd reads it.
  ///
  /// What has come of the header stands behind the request line, and zeros behind that: microhttpd
  /// 0.9.75 maps its memory, so that the page of the target is the connection's own, and clears it
  /// after each request. Further than that page we don't look.
  ///
  /// - Parameter target: As microhttpd points to it when the request line is read.
  func mendContentLength(behind target: UnsafePointer<CChar>) {
    guard Self.parsesInPlace else { return }
    let end = UnsafeMutableRawPointer(
      bitPattern: (UInt(bitPattern: target) | UInt(getpagesize() - 1)) &+ 1)
    let start = UnsafeMutableRawPointer(mutating: target)
    guard let end else { return }
    // Target, NUL, version, two NULs that were CRLF.
    let version = strnlen(target, end - start) + 1
    guard version < end - start else { return }
    let lines = version + strnlen(target + version, end - start - version) + 2
    guard lines < end - start else { return }
    ContentLengthBlanks.moveToFront(
      in: UnsafeMutableRawBufferPointer(start: start + lines, count: end - start - lines))
  }

  /// - Parameters:
  ///   - closes: The connection takes no further request.
  func send(
    _ reply: HTTPReply, closing closes: Bool, isHead: Bool, isHTTP10: Bool,
    for exchange: HTTPExchange
  ) -> MHD_Result {
    switch reply {
    case .response(var response):
      if closes { response.headers.append(name: "Connection", value: "close") }
      return send(response, for: exchange)
    case .later(let work):
      exchange.beginWaiting(on: self, closing: closes)
      exchange.context.begin(work, for: exchange)
      return .YES
    case .stream(let head, _) where isHead:
      let made = MicroHTTPResponse(headOf: head, exchange.context.commonHeaders)
      return made.map { send($0, for: exchange) } ?? .NO
    case .stream(let head, let opened):
      // Up to its end microhttpd has no part in it: it closes its descriptor of the socket, without
      // a word to it.
      let taken = StreamConnection(
        takingOver: exchange.socket.descriptor, from: exchange.remoteAddress.host)
      guard let taken else {
        return send(exchange.context.response(to: .noDescriptor), for: exchange)
      }
      var headers = head.headers
      headers.fill(from: exchange.context.commonHeaders)
      let bytes = headers.responseHead(
        status: head.status, reason: Self.reason(for: head.status), isChunked: !isHTTP10)
      let stream = exchange.context.openStream(on: taken, head: bytes, isChunked: !isHTTP10)
      exchange.abandon(status: head.status)
      opened(stream)
      return .NO
    }
  }

  private static func reason(for status: Int) -> String {
    MHD_get_reason_phrase_for(CUnsignedInt(clamping: status)).map { String(cString: $0) } ?? ""
  }

  func send(_ response: HTTPResponse, for exchange: HTTPExchange) -> MHD_Result {
    MicroHTTPResponse(response, exchange.context.commonHeaders)
      .map { send($0, for: exchange) } ?? .NO
  }

  func send(_ response: MicroHTTPResponse, for exchange: HTTPExchange) -> MHD_Result {
    exchange.beginReplying(status: response.status, bytes: response.bytes)
    return MHD_queue_response(pointer, CUnsignedInt(clamping: response.status), response.pointer)
  }

  /// Writes a response past microhttpd, which takes none while a body is being read, nor where the
  /// header has left no memory for it. The connection is to be closed then.
  func sendAndAbandon(_ response: HTTPResponse, for exchange: HTTPExchange) {
    var headers = response.headers
    headers.fill(from: exchange.context.commonHeaders)
    headers.append(name: "Content-Length", value: "\(response.body.count)")
    let head = headers.responseHead(
      status: response.status, reason: Self.reason(for: response.status), isChunked: false)
    let bytes = head + response.body
    exchange.abandon(status: response.status)
    _ = bytes.withUnsafeBytes { exchange.socket.write($0) }
    exchange.socket.finishSending()
  }

  /// Has microhttpd leave the connection alone, neither read nor timed out. From within a callback.
  func suspend() { MHD_suspend_connection(pointer) }

  /// Ends that: microhttpd goes on with it in its next run, and asks for the response once more.
  func resume() { MHD_resume_connection(pointer) }

  /// - Parameters: The request line's strings, as microhttpd points to them.
  func head(
    method: UnsafePointer<CChar>, target: UnsafePointer<CChar>, version: UnsafePointer<CChar>
  ) -> RequestHead {
    var collected = CollectedFields(
      next: version + strlen(version) + 2, passesOver: exchange?.hidesCookies == true)
    withUnsafeMutablePointer(to: &collected) {
      _ = MHD_get_connection_values_n(pointer, .HEADER_KIND, collectField, $0)
    }
    let bytes = mhd_shim_request_header_bytes(pointer)
    let end = method + bytes
    return RequestHead(
      method: String(cString: method), targetBytes: version - target - 1,
      version: String(cString: version), headers: collected.headers,
      bytes: bytes,
      // microhttpd keeps the head and a record for each field in the memory from which the
      // response's head must be built.
      usedMemoryBytes: bytes + (collected.headers.fields.count + 2) * Self.recordBytes,
      isContiguous: !Self.parsesInPlace || collected.isContiguous && collected.next + 2 == end)
  }

  /// Whether `RequestHead.isContiguous` can be told: the parser of other versions works otherwise,
  /// and from 1.0 on it is strict by itself.
  private static let parsesInPlace = String(cString: MHD_get_version()) == "0.9.75"

  private static let recordBytes = 64
}

/// A response of microhttpd's, which can be sent any number of times.
final class MicroHTTPResponse {
  let status: Int
  /// What its body takes.
  let bytes: Int
  /// Owned: a reference of microhttpd's counting, given back in `deinit`.
  fileprivate let pointer: OpaquePointer

  /// Nil without memory.
  init?(_ response: HTTPResponse, _ commonHeaders: HTTPHeaders) {
    let made = response.body.withUnsafeBytes {
      MHD_create_response_from_buffer(
        $0.count, UnsafeMutableRawPointer(mutating: $0.baseAddress), .RESPMEM_MUST_COPY)
    }
    guard let made else { return nil }
    pointer = made
    status = response.status
    bytes = response.body.count
    add(response.headers, commonHeaders)
  }

  /// The answer to a HEAD of a stream. Nil without memory.
  init?(headOf head: HTTPStreamHead, _ commonHeaders: HTTPHeaders) {
    // With chunks, microhttpd 0.9.75 would send the last one even here.
    guard let made = MHD_create_response_from_callback(.max, 1, fillNothing, nil, nil) else {
      return nil
    }
    _ = mhd_shim_close_after(made)
    pointer = made
    status = head.status
    bytes = 0
    add(head.headers, commonHeaders)
  }

  deinit { MHD_destroy_response(pointer) }

  private func add(_ headers: HTTPHeaders, _ commonHeaders: HTTPHeaders) {
    var headers = headers
    headers.fill(from: commonHeaders)
    for field in headers.fields { _ = MHD_add_response_header(pointer, field.name, field.value) }
  }
}

/// The fields of a header while `collectField` is being called.
private struct CollectedFields {
  var headers = HTTPHeaders()
  /// Where the next line begins if it directly follows the last.
  var next: UnsafePointer<CChar>
  /// The next one is none of the request's.
  var passesOver: Bool
  var isContiguous = true
}

private func collectField(
  collected: UnsafeMutableRawPointer?, kind: MHD_ValueKind,
  name: UnsafePointer<CChar>?, nameBytes: Int, value: UnsafePointer<CChar>?, valueBytes: Int
) -> MHD_Result {
  guard let collected, let name, let value else { return .NO }
  let fields = collected.assumingMemoryBound(to: CollectedFields.self)
  if fields.pointee.passesOver {
    fields.pointee.passesOver = false
    return .YES
  }
  var text = UnsafeRawBufferPointer(start: value, count: valueBytes)[...]
  fields.pointee.isContiguous = fields.pointee.isContiguous && fields.pointee.next == name
  fields.pointee.next = value + valueBytes + 2
  while text.last == UInt8(ascii: " ") || text.last == UInt8(ascii: "\t") { text.removeLast() }
  fields.pointee.headers.append(
    name: String(decoding: UnsafeRawBufferPointer(start: name, count: nameBytes), as: UTF8.self),
    value: String(decoding: text, as: UTF8.self))
  return .YES
}

/// What a content reader returns for the end of its stream.
private let endOfStream = -1

private func fillNothing(
  slot: UnsafeMutableRawPointer?, position: UInt64, buffer: UnsafeMutablePointer<CChar>?,
  capacity: Int
) -> Int {
  endOfStream
}
