import BridgeModel
import DequeModule

/// What frames and answers say of each other.
///
/// A frame may run ahead of REST, so a payment that it names and the wallet does not show yet is
/// asked for again for a while. And an answer may run ahead of its frame; but a settled payment
/// that should have had a frame and still has none after ten seconds is counted, and two in a row
/// mean that the open socket delivers nothing.
struct FrameHints: Sendable {
  /// Named by a frame on the present socket, the latest of them.
  private var announced: Set<String> = []
  private var announcedInOrder: Deque<String> = []
  /// Named by a frame, not found at the wallet yet; since when.
  private var unseen: [String: Duration] = [:]
  private var retries = 0
  /// Found by asking, the frame is still due; until when.
  private var unannounced: [String: Duration] = [:]
  private var missingInARow = 0
  private var lastFrame: Duration?
  private var lastReplacement: Duration?

  private static let maximumAnnounced = 4096
  private static let maximumUnseen = 256
  /// A frame's claim that is not borne out by then was a forgery, or of no effect.
  private static let patience: Duration = .seconds(10)
  private static let firstRetry: Duration = .milliseconds(250)
  private static let frameDue: Duration = .seconds(10)
  private static let missingBeforeReplacement = 2
  private static let leastTimeBetweenReplacements: Duration = .seconds(600)

  /// A new socket: frames of the old one say nothing about this one.
  mutating func socketOpened() {
    announced = []
    announcedInOrder = []
    unannounced = [:]
    missingInARow = 0
    lastFrame = nil
  }

  /// A frame came that is too large to be read: whatever it told, the socket delivers.
  mutating func unreadFrame(at now: Duration) {
    lastFrame = now
  }

  func isAnnounced(_ paymentID: String) -> Bool {
    announced.contains(paymentID)
  }

  /// A frame named this payment.
  ///
  /// - Parameter isKnown: whether the book has it already in this status.
  /// - Returns: whether it is the first to do so on this socket.
  mutating func frame(naming paymentID: String, isKnown: Bool, at now: Duration) -> Bool {
    lastFrame = now
    let isFirst = announced.insert(paymentID).inserted
    if isFirst { announcedInOrder.append(paymentID) }
    if announced.count > Self.maximumAnnounced, let oldest = announcedInOrder.popFirst() {
      announced.remove(oldest)
    }
    if unannounced.removeValue(forKey: paymentID) != nil { missingInARow = 0 }
    if isKnown {
      missingInARow = 0
    } else if unseen.count < Self.maximumUnseen, isFirst {
      // Forged names without end must not keep the retries at their shortest.
      if unseen.isEmpty { retries = 0 }
      unseen[paymentID] = now
    }
    return isFirst
  }

  /// The wallet shows this payment, in its final state.
  ///
  /// - Parameter isFrameDue: it is of a kind that sends a frame, and settled while this socket was
  ///   open.
  mutating func found(_ paymentID: String, isFrameDue: Bool, at now: Duration) {
    if unseen.removeValue(forKey: paymentID) != nil { missingInARow = 0 }
    if isFrameDue, !announced.contains(paymentID) {
      unannounced[paymentID] = now + Self.frameDue
    }
  }

  /// When to ask for the payments that frames have named and the wallet does not show; nil: none is
  /// left.
  mutating func retryTime(at now: Duration) -> Duration? {
    unseen = unseen.filter { now - $0.value < Self.patience }
    guard !unseen.isEmpty else { return nil }
    defer { retries += 1 }
    return now + Self.firstRetry * (1 << min(retries, 4))
  }

  /// When ``overdue(at:)`` has something to say. Without a socket there is nothing to be missed.
  var nextWake: Duration? { unannounced.isEmpty ? nil : unannounced.values.min() }

  /// Counts the payments whose frame did not come in time.
  ///
  /// - Returns: how many, and whether the socket is to be replaced.
  mutating func overdue(at now: Duration) -> (count: Int, replaceSocket: Bool) {
    let late = unannounced.filter { $0.value <= now }.keys
    for paymentID in late { unannounced[paymentID] = nil }
    missingInARow += late.count
    // A server that is busy sends its frames late; but where any come, the socket delivers.
    if let lastFrame, now - lastFrame < Self.frameDue { missingInARow = 0 }
    guard missingInARow >= Self.missingBeforeReplacement,
      lastReplacement.map({ now - $0 >= Self.leastTimeBetweenReplacements }) ?? true
    else { return (late.count, false) }
    missingInARow = 0
    lastReplacement = now
    return (late.count, true)
  }
}
