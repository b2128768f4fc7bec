package import BridgeModel

/// Why the simulated LNbits does not do as asked. Over REST most of these are HTTP 520.
package enum PaymentRefusal: Error, Sendable, Hashable {
  case unknownWallet(String)
  case unknownPayment(String)
  case unknownInvoice
  case alreadyPaid
  case insufficientBalance
  /// The amount is there, the reserve for routing fees on top of it is not.
  case insufficientReserve(Millisatoshi)
  case amountNotPositive
  /// A payment that is not pending cannot settle or fail.
  case notPending(String)

  /// The words that LNbits uses, where it has any.
  package var detail: String {
    switch self {
    case .unknownWallet(let id): "Could not fetch wallet '\(id)'."
    case .unknownPayment: "Payment does not exist."
    case .unknownInvoice: "Bolt11 decoding failed."
    case .alreadyPaid: "Internal invoice already paid."
    case .insufficientBalance: "Insufficient balance."
    case .insufficientReserve(let reserve):
      "You must reserve at least (\(reserve.satoshi)  sat) to cover potential routing fees."
    case .amountNotPositive: "Amountless invoices not supported."
    case .notPending: "Payment is not pending."
    }
  }
}
