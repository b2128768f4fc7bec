import Bridge
import BridgeModel
import Storage
import StorageTesting

/// What must hold once everything has calmed down.
extension Oracle {
  /// Why it is not calm yet; nil when everybody knows everything.
  func unrest() -> String? {
    guard let process = world.process else { return "the bridge is dead" }
    for driver in process.drivers {
      guard let wallet = world.walletID(named: driver.name), let truth = truths[wallet] else {
        return "\(driver.name) is no wallet of the configuration"
      }
      let status = driver.source.status
      if status.state != .connected {
        return "\(driver.name) is \(status.state): \(status.lastError ?? "")"
      }
      if status.books != .balanced {
        return "\(driver.name): books \(status.books?.rawValue ?? "none")"
      }
      guard let view = driver.source.wallet else { return "\(driver.name) has no balance" }
      if view.balance.amount != truth.balance {
        return "\(driver.name) shows \(view.balance.amount.value), has \(truth.balance.value)"
      }
      if view.pendingOutgoing != truth.pendingOutgoing {
        return "\(driver.name) shows pending \(view.pendingOutgoing.value), has "
          + "\(truth.pendingOutgoing.value)"
      }
      if told[wallet]?.balance != truth.balance {
        return "\(driver.name): the last balance published is not \(truth.balance.value)"
      }
      if let owed = debt(of: wallet, truth) { return "\(driver.name): \(owed)" }
    }
    return laggard(process)
  }

  /// A payment that was not told to its end.
  private func debt(of wallet: String, _ truth: Truth) -> String? {
    let told = self.told[wallet] ?? Told()
    for id in truth.order {
      guard let leg = truth.legs[id], leg.laterID == nil, let final = leg.states.last?.status
      else { continue }
      let last = told.statuses[id]?.last
      let isTold: Bool =
        switch (leg.direction, final) {
        case (.incoming, .settled): last == .settled
        case (.incoming, _): last == nil
        case (.outgoing, .failed): last == nil || last == .failed
        case (.outgoing, let status): last == status
        }
      if !isTold {
        return "\(leg.direction) \(id.prefix(16)) is \(final), told as "
          + (last.map(\.rawValue) ?? "nothing")
      }
    }
    return nil
  }

  private func laggard(_ process: BridgeProcess) -> String? {
    for subscriber in world.subscribers {
      guard let position = subscriber.position else { return "\(subscriber.name) never came" }
      let missing = log.last { line in
        line.sequence > position && subscriber.filter.admits(line.kind, from: line.source)
      }
      if let missing { return "\(subscriber.name) did not get \(missing.sequence) yet" }
    }
    return nil
  }

  /// The store holds what was written down, and nothing else.
  func checkStore(_ process: BridgeProcess) {
    let kept = log.filter { $0.sequence > process.bounds.prunedThrough }
    let stored = process.readWholeLog()
    guard stored.map(\.sequence) == kept.map(\.sequence), stored.map(\.data) == kept.map(\.data)
    else { return object("the store does not hold what was written down") }
    for driver in process.drivers {
      guard let wallet = world.walletID(named: driver.name), let truth = truths[wallet],
        let entry = world.entries.first(where: { $0.name == driver.name })
      else { continue }
      let upstream = world.wallet(of: entry).upstream
      let identity = BookIdentity(origin: upstream.url, keyFingerprint: "", walletID: wallet)
      guard let book = process.readBook(identity) else { continue }
      guard book.record.expected == truth.balance, book.record.unexplained == .zero else {
        return object("\(driver.name): the book in the store is not the wallet's")
      }
    }
  }
}
