import CLinux
package import EventLoop
import Glibc

/// Tells when this machine gets another address or another default route (rtnetlink(7)).
///
/// On the loop. Changes that come together are told once. Where the kernel gives no such socket, as
/// in some sandboxes, nothing is ever told, and reconnecting goes by its delays alone.
package actor NetworkMonitor {
  /// An interface that comes up changes several things in a row.
  private static let settling: Duration = .milliseconds(500)
  private static let bufferBytes = 16 * 1024

  private nonisolated let loop: EventLoop
  private let onChange: @Sendable () -> Void
  private var descriptor: CInt = -1
  private var timer: TimerID?

  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    loop.asUnownedSerialExecutor()
  }

  /// - Parameter onChange: called on the loop.
  package init(on loop: EventLoop, _ onChange: @escaping @Sendable () -> Void) {
    self.loop = loop
    self.onChange = onChange
  }

  /// Begins to listen. Only on its loop, and once.
  ///
  /// - Returns: whether changes will be told.
  @discardableResult package nonisolated func start() -> Bool {
    assumeIsolated { $0.listen() }
  }

  /// Ends it; nothing is told any more. Only on its loop; idempotent.
  package nonisolated func stop() {
    assumeIsolated { monitor in
      guard monitor.descriptor >= 0 else { return }
      monitor.loop.unwatch(monitor.descriptor)
      close(monitor.descriptor)
      monitor.descriptor = -1
      if let timer = monitor.timer { monitor.loop.cancel(timer) }
      monitor.timer = nil
    }
  }

  private func listen() -> Bool {
    let type = CInt(SOCK_RAW.rawValue) | CInt(SOCK_CLOEXEC.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
    let socket = Glibc.socket(AF_NETLINK, type, CInt(NETLINK_ROUTE))
    guard socket >= 0 else { return false }
    var address = sockaddr_nl()
    address.nl_family = sa_family_t(AF_NETLINK)
    address.nl_groups = UInt32(
      RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE)
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, socklen_t(MemoryLayout<sockaddr_nl>.size))
      }
    }
    let isWatched =
      status == 0
      && (try? loop.watch(socket, for: .read) { [weak self] _ in
        self?.assumeIsolated { $0.read() }
      }) != nil
    guard isWatched else {
      close(socket)
      return false
    }
    descriptor = socket
    return true
  }

  private func read() {
    var buffer = [UInt8](repeating: 0, count: Self.bufferBytes)
    var isChange = false
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count < 0, errno == EINTR { continue }
      // The kernel dropped messages: something changed.
      if count < 0, errno == ENOBUFS { isChange = true }
      guard count > 0 else { break }
      isChange = isChange || Self.tellsOfChange(buffer[..<count])
    }
    guard isChange, timer == nil else { return }
    timer = loop.schedule(after: Self.settling) { [weak self] in
      self?.assumeIsolated { monitor in
        monitor.timer = nil
        monitor.onChange()
      }
    }
  }

  /// Whether a run of netlink messages holds a new address or a new default route.
  ///
  /// Each message begins with its length (4 bytes) and type (2 bytes), in the machine's order; a
  /// route's begins, after 16 bytes of header, with its family and the length of its destination's
  /// prefix, 0 for the default route.
  static func tellsOfChange(_ messages: ArraySlice<UInt8>) -> Bool {
    let headerBytes = 16
    var rest = messages
    while rest.count >= headerBytes {
      let (length, type) = rest.withUnsafeBytes {
        (
          Int($0.loadUnaligned(as: UInt32.self)),
          Int($0.loadUnaligned(fromByteOffset: 4, as: UInt16.self))
        )
      }
      guard length >= headerBytes, length <= rest.count else { return false }
      if type == Int(RTM_NEWADDR) { return true }
      if type == Int(RTM_NEWROUTE), length > headerBytes + 1,
        rest[rest.startIndex + headerBytes + 1] == 0
      {
        return true
      }
      rest = rest.dropFirst((length + 3) & ~3)
    }
    return false
  }
}
