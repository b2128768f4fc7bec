import Glibc

/// The last reply of the present turn of the loop, for requests of the very same bytes.
///
/// Many clients ask for the same at the same moment. Within a turn nothing changes but by requests:
/// so as long as those are all the same, and the handler has said that nothing but the answer comes
/// of them, the answer is the same.
struct RepeatableReply {
  private let target: [UInt8]
  private let head: [UInt8]
  private let fields: Int
  private let localAddress: HTTPEndpoint
  let response: MicroHTTPResponse

  init(
    _ response: MicroHTTPResponse, to request: RequestBytes, target: [UInt8],
    localAddress: HTTPEndpoint
  ) {
    self.response = response
    self.target = target
    self.localAddress = localAddress
    head = Array(request.head)
    fields = request.fields
  }

  /// Whether it is the reply to this request as well.
  func answers(_ request: RequestBytes, target: [UInt8], localAddress: HTTPEndpoint) -> Bool {
    request.fields == fields && request.head.count == head.count && !head.isEmpty
      && target == self.target
      && head.withUnsafeBytes { isEqual($0, request.head) }
      && localAddress == self.localAddress
  }

  /// Of two that are equally long.
  private func isEqual(_ mine: UnsafeRawBufferPointer, _ theirs: UnsafeRawBufferPointer) -> Bool {
    guard let mine = mine.baseAddress, let start = theirs.baseAddress else { return true }
    return memcmp(mine, start, theirs.count) == 0
  }
}

/// A request's head as microhttpd has left it in memory: separators are overwritten, but for equal
/// requests in the same way. What it read as fields tells apart those that hold such bytes
/// themselves.
struct RequestBytes {
  /// Empty where the version of microhttpd is one whose way of parsing is not known.
  let head: UnsafeRawBufferPointer
  let fields: Int
}
