package import BridgeModel

/// In what one LNbits version differs from another, as far as somebody outside can see it, and how
/// the simulated server is set up.
package struct Behaviour: Sendable, Hashable {
  /// Which balance the frame of an outgoing payment carries.
  package enum OutgoingFrameBalance: Sendable, Hashable {
    /// 1.0.0 to 1.4.1.
    case beforePayment
    /// 1.4.2 and later.
    case afterPayment
  }

  /// `info.version` of `/openapi.json`.
  package var version: String
  package var outgoingFrameBalance: OutgoingFrameBalance
  /// How many frames the receiver of an internal payment gets. 1.6.2 sends two.
  package var internalReceiverFrames: Int
  /// From 1.4 on: `updated_at` moves with each change and can be sorted by, and lists have a limit
  /// of their own.
  package var tracksUpdates: Bool
  /// What `limit=0` means.
  package var limitOfZero: Int
  /// Whether rows bear `external_id`.
  package var hasExternalID: Bool
  /// 1.4.1 notifies in a second step that writes the row once more: `updated_at` moves, nothing
  /// else.
  package var writesNotifiedRowsTwice: Bool

  /// Requests for each address and path in a minute, over all keys. Nil: no limit.
  package var requestsPerMinute: Int?
  /// How long LNbits waits for the node before it answers "pending". What happens later is silent.
  package var paymentWait: Duration
  /// Whether a running external payment holds up every other request, at most for ``paymentWait``.
  /// 1.4 and later do; off by default, for it makes tests slow.
  package var blocksWhilePaying: Bool
  /// How long after a settlement its frame is sent: REST runs ahead of the socket by this much.
  package var frameDelay: Duration
  /// How long after a change REST shows it: the socket runs ahead of REST by this much.
  package var answerLag: Duration

  package init(
    version: String, outgoingFrameBalance: OutgoingFrameBalance, internalReceiverFrames: Int,
    tracksUpdates: Bool, limitOfZero: Int, hasExternalID: Bool, writesNotifiedRowsTwice: Bool,
    requestsPerMinute: Int? = 200, paymentWait: Duration = .seconds(5),
    blocksWhilePaying: Bool = false, frameDelay: Duration = .zero, answerLag: Duration = .zero
  ) {
    self.version = version
    self.outgoingFrameBalance = outgoingFrameBalance
    self.internalReceiverFrames = internalReceiverFrames
    self.tracksUpdates = tracksUpdates
    self.limitOfZero = limitOfZero
    self.hasExternalID = hasExternalID
    self.writesNotifiedRowsTwice = writesNotifiedRowsTwice
    self.requestsPerMinute = requestsPerMinute
    self.paymentWait = paymentWait
    self.blocksWhilePaying = blocksWhilePaying
    self.frameDelay = frameDelay
    self.answerLag = answerLag
  }

  package static let v1_6_2 = Behaviour(
    version: "1.6.2", outgoingFrameBalance: .afterPayment, internalReceiverFrames: 2,
    tracksUpdates: true, limitOfZero: 1000, hasExternalID: true, writesNotifiedRowsTwice: false)
  package static let v1_4_1 = Behaviour(
    version: "1.4.1", outgoingFrameBalance: .beforePayment, internalReceiverFrames: 1,
    tracksUpdates: true, limitOfZero: 10, hasExternalID: false, writesNotifiedRowsTwice: true)
  /// Lists have no limit of their own, and `updated_at` stays what it was at creation.
  package static let v1_0_0 = Behaviour(
    version: "1.0.0", outgoingFrameBalance: .beforePayment, internalReceiverFrames: 1,
    tracksUpdates: false, limitOfZero: 0, hasExternalID: false, writesNotifiedRowsTwice: false)

  /// A known version by its number; nil for any other.
  package init?(version: String) {
    guard let known = [Self.v1_6_2, .v1_4_1, .v1_0_0].first(where: { $0.version == version })
    else { return nil }
    self = known
  }

  /// What LNbits sets aside for routing: 1 %, at least 2000 msat.
  package static func feeReserve(for amount: Millisatoshi) -> Millisatoshi {
    max(Millisatoshi(2000), Millisatoshi(amount.magnitude.value / 100))
  }
}
