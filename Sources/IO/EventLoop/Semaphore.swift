import Glibc

/// Wakes one waiting thread. The corresponding C type is `sem_t`.
///
/// `@unchecked Sendable` is right because the pointer never changes and `sem_t` is made for use by
/// many threads.
final class Semaphore: @unchecked Sendable {
  private let handle: UnsafeMutablePointer<sem_t>

  init() {
    handle = .allocate(capacity: 1)
    let result = sem_init(handle, 0, 0)
    precondition(result == 0, "a semaphore within one process, at zero, is always made")
  }

  deinit {
    sem_destroy(handle)
    handle.deallocate()
  }

  func signal() {
    sem_post(handle)
  }

  func wait() {
    while sem_wait(handle) != 0 && errno == EINTR {}
  }
}
