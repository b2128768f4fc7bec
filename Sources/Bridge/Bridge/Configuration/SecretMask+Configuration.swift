import BridgeModel

extension SecretMask {
  mutating func insert(_ secret: Secret) {
    insert(secret.revealed)
  }

  /// Every wallet's key and the access token.
  mutating func insertSecrets(of configuration: Configuration) {
    for wallet in configuration.wallets { insert(wallet.invoiceKey) }
    if let token = configuration.server.accessToken { insert(token) }
  }
}
