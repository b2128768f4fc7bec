/// A wallet's balance as last confirmed by the wallet itself.
package struct Balance: Sendable, Hashable {
  package var amount: Millisatoshi
  /// When the wallet last confirmed the number.
  package var confirmedAt: Timestamp
  /// The same by the clock that nobody sets, for its age; nil where this process has not heard it
  /// yet.
  package var confirmedUptime: Duration?
  /// When the number last changed.
  package var changedAt: Timestamp

  /// As a store gives it back.
  package init(amount: Millisatoshi, confirmedAt: Timestamp, changedAt: Timestamp) {
    self.amount = amount
    self.confirmedAt = confirmedAt
    self.changedAt = changedAt
  }

  /// A number that is new, as the wallet has just told it.
  package init(amount: Millisatoshi, changedAt now: Instant) {
    self.init(amount: amount, confirmedAt: now.wall, changedAt: now.wall)
    confirmedUptime = now.uptime
  }

  /// The wallet has told the same number again.
  package mutating func confirm(at now: Instant) {
    confirmedAt = now.wall
    confirmedUptime = now.uptime
  }
}

/// A change of a wallet's balance, as published.
package struct BalanceChange: Sendable, Hashable {
  package enum Cause: String, Sendable {
    /// Payments published before it explain it.
    case payment
    /// A frame carried a balance and no payment (`trust = "frames"`).
    case frame
    /// The wallet's number differs from its payments, twice and unchanged.
    case correction
    /// The first balance that was ever confirmed.
    case initial
  }

  package var amount: Millisatoshi
  /// Against the balance published before; zero for ``Cause/initial``.
  package var change: Millisatoshi
  package var cause: Cause
  package var confirmedAt: Timestamp

  package init(
    amount: Millisatoshi, change: Millisatoshi, cause: Cause, confirmedAt: Timestamp
  ) {
    self.amount = amount
    self.change = change
    self.cause = cause
    self.confirmedAt = confirmedAt
  }
}
