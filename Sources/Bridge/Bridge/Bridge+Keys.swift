import BridgeModel
import EventLoop
import Logging

/// Keys that are read again from their files, without the loop waiting for a file.
extension Bridge {
  /// A file that has not been read by then is gone on without.
  private static let keyFilePatience: Duration = .seconds(2)

  /// A key file that is being read for a reconnect.
  struct KeyReading {
    let settings: SourceSettings
    /// Until it fires, the reconnect waits for the key.
    var patience: TimerID?
  }

  /// Reconnects a source with the key as its file holds it now: at once where there is no file to
  /// read, else as soon as that has been read.
  func reconnectWithCurrentKey(_ settings: SourceSettings) {
    guard case .wallet(let wallet) = settings, wallet.hasKeyFile else {
      return reconnect(settings.name, with: settings)
    }
    if let reading = keyReadings[wallet.name], reading.settings == settings {
      // The file hangs, and may for days; one thread that waits for it is enough.
      if reading.patience == nil { reconnect(wallet.name, with: settings) }
      return
    }
    do throws(EventLoopError) {
      try BackgroundWork.start("key file") {
        Result { () throws(ConfigurationError) in try wallet.readingKeyAgain() }
      } completion: { [weak self, loop] result in
        loop.execute { [weak self] in
          self?.assumeIsolated { $0.keyWasRead(result, for: settings) }
        }
      }
    } catch {
      log.error("\(wallet.name): its key file cannot be read again: \(error)")
      return reconnect(wallet.name, with: settings)
    }
    let timer = loop.schedule(after: Self.keyFilePatience) { [weak self] in
      self?.assumeIsolated { $0.keyIsOverdue(settings) }
    }
    keyReadings[wallet.name] = KeyReading(settings: settings, patience: timer)
  }

  private func keyIsOverdue(_ settings: SourceSettings) {
    guard keyReadings[settings.name]?.settings == settings else { return }
    keyReadings[settings.name]?.patience = nil
    log.warning("\(settings.name): its key file does not answer; going on with the key known")
    reconnect(settings.name, with: settings)
  }

  private func keyWasRead(
    _ result: Result<WalletSettings, ConfigurationError>, for settings: SourceSettings
  ) {
    guard keyReadings[settings.name]?.settings == settings else { return }
    let patience = keyReadings.removeValue(forKey: settings.name)?.patience
    if let patience { loop.cancel(patience) }
    switch result {
    case .success(let wallet):
      let isOther = SourceSettings.wallet(wallet) != settings
      // Once its patience is over, only another key is a reason to connect again.
      if patience != nil || isOther {
        reconnect(wallet.name, with: .wallet(wallet), from: settings)
      }
    case .failure(let error):
      log.error("\(error)")
      if patience != nil { reconnect(settings.name, with: settings) }
    }
  }

  /// - Parameters:
  ///   - next: the settings with the key from now on.
  ///   - previous: what the source must still have; a reload meanwhile has the last word.
  private func reconnect(
    _ name: String, with next: SourceSettings, from previous: SourceSettings? = nil
  ) {
    let known = previous ?? next
    guard let index = entries.firstIndex(where: { $0.settings == known }) else { return }
    let told = entries[index].told
    // Stopped meanwhile, it takes another key, and stays down.
    guard told == .connected || next != known else { return }
    let (key, fingerprint) = Self.key(of: next)
    entries[index].settings = next
    if case .wallet(let wallet) = next,
      let position = configuration.wallets.firstIndex(where: { $0.name == name })
    {
      configuration.wallets[position] = wallet
    }
    entries[index].book?.keyFingerprint = fingerprint
    knownSecrets.insert(key)
    let driver = entries[index].driver
    driver.reconnect(with: key, fingerprint: fingerprint)
    if case .down(let reason) = told { driver.feed(.stop(reason)) }
  }
}
