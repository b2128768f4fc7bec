import CLinux
import Glibc

/// A thread of the operating system, for work that may block or that owns an event loop.
package enum SystemThread {
  /// Starts a detached thread that runs `body` once and ends.
  ///
  /// - Parameters:
  ///   - name: shown by `top` and debuggers; Linux keeps the first 15 bytes.
  ///   - body: the thread's whole life.
  /// - Throws: `EventLoopError.system` when the system refuses another thread.
  package static func start(
    name: String, _ body: @escaping @Sendable () -> Void
  ) throws(EventLoopError) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))

    // The new thread takes this reference over, or the failure below gives it back.
    let start = Unmanaged.passRetained(Start(name: name, body: body))
    var thread = pthread_t()
    let status = pthread_create(
      &thread, &attributes,
      { argument in
        guard let argument else { return nil }
        // The one reference that was passed on above.
        let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        _ = clinux_set_thread_name(start.name)
        start.body()
        return nil
      }, start.toOpaque())
    if status != 0 {
      start.release()
      throw .system(call: "pthread_create", code: status)
    }
  }

  /// What the new thread is handed: C passes one pointer.
  private final class Start: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
      self.name = String(decoding: name.utf8.prefix(15), as: UTF8.self)
      self.body = body
    }
  }
}
