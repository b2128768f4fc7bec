package import BridgeModel

/// The wallets and the payment table, with the look-ups that REST needs.
package struct Ledger: Sendable {
  package private(set) var wallets: [SimulatedWallet] = []
  /// In the order in which they were made, which is also the table's order where none is asked for.
  package private(set) var rows: [PaymentRow] = []
  private var rowsByCheckingID: [String: Int] = [:]
  private var rowsByHash: [String: [Int]] = [:]
  private var rowsByWallet: [String: [Int]] = [:]
  private var invoices: [String: Int] = [:]

  // MARK: Wallets

  package func wallet(id: String) -> SimulatedWallet? {
    wallets.first { $0.id == id }
  }

  /// The wallet that an admin or invoice key opens.
  package func wallet(key: String) -> SimulatedWallet? {
    wallets.first { $0.invoiceKey == key || $0.adminKey == key }
  }

  mutating func add(_ wallet: SimulatedWallet) {
    wallets.append(wallet)
  }

  /// Does nothing when there is no such wallet.
  mutating func update(_ wallet: SimulatedWallet) {
    guard let index = wallets.firstIndex(where: { $0.id == wallet.id }) else { return }
    wallets[index] = wallet
  }

  /// The wallet goes, its rows stay, as in LNbits.
  mutating func removeWallet(id: String) {
    wallets.removeAll { $0.id == id }
  }

  /// The sum over the wallet's settled incoming and its settled or pending outgoing payments.
  package func balance(ofWallet id: String) -> Millisatoshi {
    var sum = Millisatoshi.zero
    for index in rowsByWallet[id] ?? [] { sum += rows[index].balanceEffect }
    return sum
  }

  // MARK: Payments

  package func row(checkingID: String) -> PaymentRow? {
    rowsByCheckingID[checkingID].map { rows[$0] }
  }

  /// The incoming leg that an invoice belongs to.
  package func row(invoice: String) -> PaymentRow? {
    invoices[invoice].map { rows[$0] }
  }

  /// All legs with that hash, in the table's order.
  package func rows(paymentHash: String) -> [PaymentRow] {
    (rowsByHash[paymentHash] ?? []).map { rows[$0] }
  }

  package func rows(ofWallet id: String) -> [PaymentRow] {
    (rowsByWallet[id] ?? []).map { rows[$0] }
  }

  mutating func add(_ row: PaymentRow) {
    precondition(rowsByCheckingID[row.checkingID] == nil, "checking ids are unique in the table")
    let index = rows.count
    rows.append(row)
    rowsByCheckingID[row.checkingID] = index
    rowsByHash[row.paymentHash, default: []].append(index)
    rowsByWallet[row.walletID, default: []].append(index)
    if !row.isOutgoing { invoices[row.invoice] = index }
  }

  /// Takes a row out of the table, as if it had never been.
  mutating func remove(checkingID: String) {
    rows.removeAll { $0.checkingID == checkingID }
    let rest = rows
    (rows, rowsByCheckingID, rowsByHash, rowsByWallet) = ([], [:], [:], [:])
    invoices = [:]
    for row in rest { add(row) }
  }

  /// Writes a row back under the checking id it was read with. Does nothing when there is none.
  mutating func update(_ row: PaymentRow, formerCheckingID: String? = nil) {
    let former = formerCheckingID ?? row.checkingID
    guard let index = rowsByCheckingID.removeValue(forKey: former) else { return }
    rows[index] = row
    rowsByCheckingID[row.checkingID] = index
  }
}
