import Glibc

/// The socket of a connection, by a descriptor that somebody else owns.
struct ConnectedSocket {
  let descriptor: CInt

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

  /// The first byte that waits to be read, which stays there.
  ///
  /// - Returns: nil where none has come yet; `.some(nil)` where none will come.
  func peek() -> UInt8?? {
    var byte: UInt8 = 0
    switch recv(descriptor, &byte, 1, CInt(MSG_PEEK) | CInt(MSG_DONTWAIT)) {
    case 1: return .some(byte)
    case 0: return .some(nil)
    default: return errno == EAGAIN || errno == EINTR ? nil : .some(nil)
    }
  }

  /// What is taken off a socket at most before it is closed.
  private static let maximumDrainedBytes = 256 * 1024

  /// Ends what is sent, and takes off the socket what has come and is read by nobody: a socket that
  /// is closed with bytes unread is reset (RFC 9293, section 3.6.1), and a reset can take the last
  /// bytes from a client that has not read them yet.
  func finishSending() {
    shutdown(descriptor, CInt(SHUT_WR))
    withUnsafeTemporaryAllocation(byteCount: 16 * 1024, alignment: 1) { piece in
      var drained = 0
      while drained < Self.maximumDrainedBytes {
        let count = recv(descriptor, piece.baseAddress, piece.count, CInt(MSG_DONTWAIT))
        guard count > 0 else { return }
        drained += count
      }
    }
  }
}

/// A connection that was taken over from microhttpd to carry a stream. It is closed with its last
/// reference.
///
/// Its descriptor is a second one for the same socket: microhttpd closes its own, and with it goes
/// the memory that the request took. So a stream that waits costs no more than its place in the
/// table.
final class StreamConnection {
  let socket: ConnectedSocket
  /// The address that it came from.
  let host: String

  /// Nil when no descriptor is left. The corresponding C function is `fcntl` with
  /// `F_DUPFD_CLOEXEC`.
  init?(takingOver descriptor: CInt, from host: String) {
    let own = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard own >= 0 else { return nil }
    socket = ConnectedSocket(descriptor: own)
    self.host = host
  }

  deinit {
    socket.finishSending()
    close(socket.descriptor)
  }
}
