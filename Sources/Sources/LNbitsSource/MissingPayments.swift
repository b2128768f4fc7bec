import BridgeModel

/// Pending payments that the wallet, asked for them by name, does not show.
///
/// LNbits forgets some: its own clean-ups and `delete-wallet-payment` take the row away, and with
/// it what it had set aside. One answer may be stale, or come from a database that is being
/// restored; so it takes two, of two rounds and a few seconds apart, with none in between that
/// shows the payment.
struct MissingPayments: Sendable {
  private struct Sighting: Sendable {
    /// When the round began, which tells it from others.
    var round: Duration
    var at: Duration
  }

  /// By payment id: when it was first found missing.
  private var first: [String: Sighting] = [:]

  /// Between the two answers, at least.
  static let standsFor: Duration = .seconds(5)

  /// When the first of them may be given up; nil: none is missing.
  var verdictTime: Duration? { first.values.map { $0.at + Self.standsFor }.min() }

  /// The wallet shows these.
  mutating func found(_ paymentIDs: some Sequence<String>) {
    guard !first.isEmpty else { return }
    for paymentID in paymentIDs { first[paymentID] = nil }
  }

  /// Only these are pending still.
  mutating func keep(_ isPending: (String) -> Bool) {
    guard !first.isEmpty else { return }
    first = first.filter { isPending($0.key) }
  }

  /// - Parameters:
  ///   - payments: Outgoing and pending; all that the wallet knows of them was asked for.
  ///   - rows: The whole answer, and
  ///   - unreadable: what of it could not be read.
  ///   - round: When the round of this answer began.
  /// - Returns: Those that the wallet has forgotten.
  mutating func gone(
    _ payments: [Payment], among rows: some Sequence<PaymentRow>, and unreadable: [UnreadableRow],
    ofRoundAt round: Duration, now: Duration
  ) -> [Payment] {
    // An element that does not tell its hash may be any of them.
    guard unreadable.allSatisfy({ $0.paymentHash != nil }) else {
      found(payments.map(\.paymentID))
      return []
    }
    let shown = Set(
      rows.lazy.filter { $0.direction == .outgoing }.map(\.paymentHash)
        + unreadable.compactMap(\.paymentHash))
    return payments.filter { payment in
      guard !shown.contains(payment.paymentHash) else {
        first[payment.paymentID] = nil
        return false
      }
      guard let before = first[payment.paymentID] else {
        first[payment.paymentID] = Sighting(round: round, at: now)
        return false
      }
      guard before.round != round, now - before.at >= Self.standsFor else { return false }
      first[payment.paymentID] = nil
      return true
    }
  }
}
