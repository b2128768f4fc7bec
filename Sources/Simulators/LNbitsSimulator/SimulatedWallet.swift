/// A wallet of the simulated LNbits.
package struct SimulatedWallet: Sendable, Hashable {
  /// 32 hexadecimal digits, as are the keys.
  package let id: String
  package let user: String
  package var name: String
  package var adminKey: String
  /// The invoice key: it may look and make invoices, and its listeners get the frames.
  package var invoiceKey: String
  package var currency: String?
  package let createdAt: Stamp
  package var updatedAt: Stamp

  /// The wallet as `POST` and `PATCH /api/v1/wallet` answer it.
  func json(balance: Int64) -> JSONValue {
    [
      "id": .string(id), "user": .string(user), "wallet_type": "lightning",
      "adminkey": .string(adminKey), "inkey": .string(invoiceKey), "name": .string(name),
      "shared_wallet_id": nil, "deleted": false, "created_at": .string(createdAt.iso8601),
      "updated_at": .string(updatedAt.iso8601), "currency": JSONValue(currency),
      "lightning_address": nil, "balance_msat": .integer(balance),
      "extra": ["icon": "flash_on", "color": "primary", "pinned": false, "shared_with": []],
      "stored_paylinks": ["links": []], "share_permissions": [],
    ]
  }
}
