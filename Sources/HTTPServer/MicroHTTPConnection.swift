import CMicroHTTPD
import Glibc

/// A connection of microhttpd's, valid from its first callback until its last.
struct MicroHTTPConnection {
  private let pointer: OpaquePointer
  let descriptor: CInt

  init(_ pointer: OpaquePointer) {
    self.pointer = pointer
    descriptor = mhd_shim_descriptor(pointer)
  }

  /// Only if it is suspended. Takes effect with the next run, in which microhttpd asks for a reply once more.
  func resume() {
    MHD_resume_connection(pointer)
    exchange?.daemon.isDue = true
  }

  /// Writes past microhttpd. The corresponding C function is `send`.
  ///
  /// - Returns: How many bytes the socket took, 0 where it takes none at present; nil when the
  ///   connection is broken.
  func write(_ bytes: UnsafeRawBufferPointer) -> Int? {
    while true {
      let sent = Glibc.send(
        descriptor, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT))
      if sent >= 0 { return sent }
      switch errno {
      case EINTR: continue
      case EAGAIN: return 0
      default: return nil
      }
    }
  }

  /// The exchange that `connectionChanged` tied to the connection.
  var exchange: HTTPExchange? {
    mhd_shim_socket_context(pointer).map {
      Unmanaged<HTTPExchange>.fromOpaque($0).takeUnretainedValue()
    }
  }

  /// - Parameter request: The bytes of the request.
  func send(
    _ reply: HTTPReply, to request: RequestBytes, isHead: Bool, isHTTP10: Bool,
    for exchange: HTTPExchange
  ) -> MHD_Result {
    switch reply {
    case .response(let response):
      let made = MicroHTTPResponse(response, exchange.context.commonHeaders)
      guard let made else { return .NO }
      exchange.note(made, to: request, isRepeatable: response.isRepeatable)
      return send(made, for: exchange)
    case .stream(let head, _) where isHead:
      let made = MicroHTTPResponse(headOf: head, exchange.context.commonHeaders)
      return made.map { send($0, for: exchange) } ?? .NO
    case .stream(let head, let opened):
      // Up to its end: microhttpd has no part in it.
      MHD_suspend_connection(pointer)
      var headers = head.headers
      headers.fill(from: exchange.context.commonHeaders)
      let bytes = headers.responseHead(
        status: head.status, reason: Self.reason(for: head.status), isChunked: !isHTTP10)
      let stream = exchange.context.streams.open(on: self, head: bytes, isChunked: !isHTTP10)
      exchange.beginStreaming(stream, status: head.status)
      opened(stream)
      return .YES
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
    _ = bytes.withUnsafeBytes { write($0) }
  }

  /// The bytes of the request's head but for its target, as they are after microhttpd has parsed them in place. Valid
  /// during a callback.
  func requestBytes(from method: UnsafePointer<CChar>) -> RequestBytes {
    RequestBytes(
      head: UnsafeRawBufferPointer(
        start: method, count: Self.parsesInPlace ? mhd_shim_request_header_bytes(pointer) : 0),
      fields: Int(MHD_get_connection_values_n(pointer, .HEADER_KIND, nil, nil)))
  }

  /// - Parameters: The request line's strings, as microhttpd points to them.
  func head(
    method: UnsafePointer<CChar>, target: UnsafePointer<CChar>, version: UnsafePointer<CChar>
  ) -> RequestHead {
    var collected = CollectedFields(next: version + strlen(version) + 2)
    withUnsafeMutablePointer(to: &collected) {
      _ = MHD_get_connection_values_n(pointer, .HEADER_KIND, collectField, $0)
    }
    let end = method + mhd_shim_request_header_bytes(pointer)
    return RequestHead(
      method: String(cString: method), targetBytes: version - target - 1,
      version: String(cString: version), headers: collected.headers,
      usedMemoryBytes: usedMemoryBytes(collected),
      isContiguous: !Self.parsesInPlace || collected.isContiguous && collected.next + 2 == end)
  }

  /// Whether `RequestHead.isContiguous` can be told: the parser of other versions works otherwise,
  /// and from 1.0 on it is strict by itself.
  private static let parsesInPlace = String(cString: MHD_get_version()) == "0.9.75"

  /// microhttpd keeps the header, a record for each field and each cookie, and a copy of the
  /// cookies in the memory from which the response's head must be built.
  private func usedMemoryBytes(_ collected: CollectedFields) -> Int {
    let recordBytes = 64
    let cookies = Int(MHD_get_connection_values_n(pointer, .COOKIE_KIND, nil, nil))
    let records = collected.headers.fields.count + cookies
    let cookieBytes = collected.headers["Cookie"]?.utf8.count ?? 0
    return mhd_shim_request_header_bytes(pointer) + records * recordBytes + cookieBytes
  }
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
  var isContiguous = true
}

private func collectField(
  collected: UnsafeMutableRawPointer?, kind: MHD_ValueKind,
  name: UnsafePointer<CChar>?, nameBytes: Int, value: UnsafePointer<CChar>?, valueBytes: Int
) -> MHD_Result {
  guard let collected, let name, let value else { return .NO }
  let fields = collected.assumingMemoryBound(to: CollectedFields.self)
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
