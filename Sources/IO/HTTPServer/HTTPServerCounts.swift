/// What a server has open at one moment.
package struct HTTPServerCounts: Sendable, Equatable {
  /// Connections, those with streams included.
  package let connections: Int
  package let streams: Int
  /// Streams that have nothing to send and wait to be resumed.
  package let waiting: Int

  package init(connections: Int, streams: Int, waiting: Int) {
    self.connections = connections
    self.streams = streams
    self.waiting = waiting
  }
}
