/// What LNbits' answers say, for a diagnosis that asks outside any source's life.
package enum LNbitsAnswers {
  /// A release and what follows from it.
  package struct Release: Sendable, Hashable {
    /// As the server writes it.
    package let version: String
    /// What a person should know of it; none where there is nothing.
    package let implications: [String]
  }

  /// The release that `GET /openapi.json` tells; nil where the body is no such document.
  package static func release(_ body: [UInt8]) -> Release? {
    guard let text = LNbitsJSON.version(body) else { return nil }
    var implications: [String] = []
    if let version = LNbitsVersion(text) {
      if version.reportsBalanceBeforeOutgoing {
        implications.append(
          "its frames report the balance before an outgoing payment, which is corrected here")
      }
      if !version.sortsByUpdate {
        implications.append("its payments cannot be listed by change, so more of them are read")
      }
    } else {
      implications.append("a version that cannot be read is taken for the newest")
    }
    return Release(version: text, implications: implications)
  }

  /// What to say of the key that the body of `GET /api/v1/wallet` answers to; nil where it is the
  /// right one.
  package static func keyAdvice(_ body: [UInt8]) -> String? {
    LNbitsJSON.wallet(body)?.isAdminKey == true ? adminKeyAdvice : nil
  }

  static let adminKeyAdvice =
    "this is the wallet's admin key, which can spend, and LNbits sends no frames under it: use the"
    + " wallet's invoice/read key"

  /// Whether the body of `GET /api/v1/wallet` is a wallet's.
  package static func isWallet(_ body: [UInt8]) -> Bool { LNbitsJSON.wallet(body) != nil }

  /// `{"detail": "…"}`, LNbits' own way to say no; nil for anything else.
  package static func refusal(_ body: [UInt8]) -> String? { LNbitsJSON.detail(body) }
}
