import BridgeModel
import JSON

/// What LNbits says in JSON, as values. Amounts are whole numbers throughout: a fraction, an
/// exponent beyond Int64 or a NaN is refused, never rounded. Texts are cut here, so that nothing
/// behind carries more of them.
package enum LNbitsJSON {
  /// The largest whole amount of sats that a frame may claim.
  static let maximumFrameSatoshi = Millisatoshi.maximum.value / 1000
  /// Bytes of a frame that is read. LNbits' own are about 1.3 kB; a larger one is only a hint
  /// (``LNbitsSource``), for reading it would hold up every other wallet and subscriber.
  static let maximumFrameBytes = 256 * 1024
  /// Values of an answer that is read: five times those of 1000 payments, and about 20 ms of work.
  /// A page with more is asked for again in smaller ones.
  static let maximumAnswerValues = 250_000

  /// A socket's frame: `{"wallet_balance": sats, "payment": {…}}`, each part optional.
  struct Frame: Sendable, Hashable {
    var balanceSatoshi: Int64?
    var payment: PaymentRow?
  }

  /// Nil for whatever is not a frame: anyone who knows the key can have any text relayed.
  static func frame(_ text: String) -> Frame? {
    guard text.utf8.count <= maximumFrameBytes, let root = JSONDocument(text)?.root, root.isObject
    else { return nil }
    var frame = Frame()
    if let balance = root["wallet_balance"] {
      guard let satoshi = balance.int64, satoshi.magnitude <= maximumFrameSatoshi.magnitude else {
        return nil
      }
      frame.balanceSatoshi = satoshi
    }
    if let payment = root["payment"] {
      guard let row = try? PaymentRow(payment) else { return nil }
      frame.payment = row
    }
    return frame.balanceSatoshi == nil && frame.payment == nil ? nil : frame
  }

  /// What `GET /api/v1/wallet` says.
  struct Wallet: Sendable, Hashable {
    var name: String
    var balance: Millisatoshi
    /// LNbits tells the wallet's id to its admin key alone.
    var isAdminKey: Bool
  }

  static func wallet(_ body: [UInt8]) -> Wallet? {
    guard let root = root(of: body),
      let balance = root["balance"]?.int64.flatMap(Millisatoshi.init(checking:))
    else { return nil }
    return Wallet(name: root["name"]?.name ?? "", balance: balance, isAdminKey: root["id"] != nil)
  }

  /// `info.version` of `GET /openapi.json`.
  static func version(_ body: [UInt8]) -> String? {
    root(of: body)?["info"]?["version"]?.name
  }

  /// `{"detail": "…"}`, LNbits' own way to say no.
  static func detail(_ body: [UInt8]) -> String? {
    root(of: body)?["detail"]?.text(UpstreamText.maximumErrorBytes)
  }

  private static func root(of body: [UInt8]) -> JSONElement? {
    try? JSONDocument(reading: body, maximumValues: maximumAnswerValues).root
  }
}

/// A page of `GET /api/v1/payments/paginated`: `{"data": […]}`.
package struct PaymentList: Sendable, Hashable {
  package enum Element: Sendable, Hashable {
    case row(PaymentRow)
    case unreadable(UnreadableRow)
  }

  /// In the list's order. Each is read by itself: one that cannot be read takes no other with it.
  package var elements: [Element]

  package enum Refusal: Error, Sendable, Hashable {
    /// A proxy's `[]` must not pass for a wallet that never had a payment.
    case noList
    /// More than ``LNbitsJSON/maximumAnswerValues``.
    case tooLarge

    /// Completes "the list is …".
    var words: String {
      switch self {
      case .noList: "not what LNbits sends"
      case .tooLarge: "of more than \(LNbitsJSON.maximumAnswerValues) values"
      }
    }
  }

  /// - Throws: ``Refusal`` where there is no list to be read at all.
  package init(_ body: [UInt8]) throws(Refusal) {
    let document: JSONDocument
    do throws(JSONDocument.Refusal) {
      document = try JSONDocument(
        reading: body, maximumValues: LNbitsJSON.maximumAnswerValues)
    } catch {
      throw error == .tooManyValues ? .tooLarge : .noList
    }
    guard let list = document.root["data"]?.elements else { throw .noList }
    elements = list.map { element in
      do throws(UnreadableRow) {
        return .row(try PaymentRow(element))
      } catch {
        return .unreadable(error)
      }
    }
  }

  var rows: [PaymentRow] {
    elements.compactMap { if case .row(let row) = $0 { row } else { nil } }
  }

  var unreadable: [UnreadableRow] {
    elements.compactMap { if case .unreadable(let row) = $0 { row } else { nil } }
  }
}
