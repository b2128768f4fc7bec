package import BridgeModel

/// What leaves a source: here its texts are decoded, and each of them may repeat a secret of ours.
extension SecretMask {
  /// Bytes. A shorter secret may stand in an identifier by chance, and covering it there would make
  /// two payments of one after a restart. Keys of LNbits have 32.
  private static let minimumIdentifierSecretBytes = 16

  /// With errors no longer than a few words of an upstream's and ours: a server's may go into one
  /// at any length.
  package func masked(_ status: SourceStatus) -> SourceStatus {
    var status = status
    status.serverVersion = masked(status.serverVersion)
    status.upstreamName = masked(status.upstreamName)
    status.lastError = masked(status.lastError).map {
      UpstreamText.cut($0, to: UpstreamText.maximumErrorBytes)
    }
    status.metrics.lastCloseReason = masked(status.metrics.lastCloseReason)
    return status
  }

  /// Identifiers too: who names a payment by the key gets it told under another name.
  package func masked(_ commit: Commit) -> Commit {
    var commit = commit
    commit.payments = commit.payments.map(masked)
    commit.superseded = commit.superseded.map(maskedIdentifier)
    for index in commit.watches.indices {
      commit.watches[index].unit = masked(commit.watches[index].unit)
    }
    commit.events = commit.events.map(masked)
    return commit
  }

  private func masked(_ event: BridgeEvent) -> BridgeEvent {
    switch event {
    case .payment(let payment): return .payment(masked(payment))
    case .balance: return event
    case .watch(var transition):
      transition.unit = masked(transition.unit)
      return .watch(transition)
    }
  }

  private func masked(_ payment: Payment) -> Payment {
    var payment = payment
    payment.paymentID = maskedIdentifier(payment.paymentID)
    payment.paymentHash = maskedIdentifier(payment.paymentHash)
    payment.memo = masked(payment.memo)
    payment.extra.tag = masked(payment.extra.tag)
    payment.extra.comment = masked(payment.extra.comment)
    payment.extra.fiatCurrency = masked(payment.extra.fiatCurrency)
    return payment
  }

  private func maskedIdentifier(_ text: String) -> String {
    masked(text, secretsOfAtLeast: Self.minimumIdentifierSecretBytes)
  }
}
