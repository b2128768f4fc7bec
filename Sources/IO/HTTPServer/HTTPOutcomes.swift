/// What has become of requests and connections since a server started.
package struct HTTPOutcomes: Sendable, Equatable {
  /// By status code: responses begun, refusals among them, streams too.
  package internal(set) var responses: [Int: Int64] = [:]
  /// Requests that ended between their request line and their last byte: the client left, took too
  /// long or was displaced, or the header was so large or so malformed that microhttpd refused it
  /// by itself.
  package internal(set) var unfinished: Int64 = 0
  /// Connections given up for newer ones, while there was no request on them.
  package internal(set) var displaced: Int64 = 0
  /// Connections closed at once, for there were as many as there may be, in all or from that
  /// address.
  package internal(set) var turnedAway: Int64 = 0

  package init() {}
}
