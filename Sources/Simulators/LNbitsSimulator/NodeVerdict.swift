package import BridgeModel

/// What the lightning node says of a payment.
package enum NodeVerdict: Sendable, Hashable {
  /// - Parameters:
  ///   - fee: What routing cost; zero for incoming.
  ///   - checkingID: The node's own id where it is not the hash. 1.6.2 then renames the row and
  ///     leaves it an `updated_at` of the whole second before.
  case settled(fee: Millisatoshi, checkingID: String? = nil)
  case failed
}

/// How LNbits learns that an incoming payment was paid.
package enum Discovery: Sendable, Hashable {
  /// The node tells it: listeners get a frame.
  case notified
  /// Its own pending check finds it: silent.
  case checked
  /// It does not, until somebody asks for that payment over REST: silent too.
  case whenAsked
}

/// How an external payment goes once it is sent.
package enum ExternalOutcome: Sendable, Hashable {
  /// With a frame when it takes no longer than ``Behaviour/paymentWait``, silently beyond.
  case settles(after: Duration, fee: Millisatoshi)
  /// As above, and the node has an id of its own for it.
  case settlesRenamed(after: Duration, fee: Millisatoshi, checkingID: String)
  /// Silent always; the reserve comes back.
  case fails(after: Duration)
  /// The node answers "pending" and settles or fails it later: silent.
  case pendingThenSettles(after: Duration, fee: Millisatoshi)
  case pendingThenFails(after: Duration)
  /// Nothing is heard of it any more.
  case staysPending
  /// It fails, and is found settled after all: silent.
  case failsThenSettles(failsAfter: Duration, settlesAfter: Duration, fee: Millisatoshi)
}

/// Whether the end of an outgoing payment is announced.
enum OutgoingFrame: Sendable {
  case none
  /// With the balance that the wallet had before, for the versions that tell that one.
  case sent(balanceBefore: Millisatoshi)
}
