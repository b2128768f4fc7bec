import BridgeModel
import FaultyDisk
import LNbitsSimulator
import Storage

/// What goes wrong.
extension World {
  private enum Fault: CaseIterable {
    case trouble, trouble2, trouble3, trouble4
    case closedSockets, droppedSockets, frozenSockets, nonsense
    case forgery, forgery2, death, death2, powerCut, powerCut2, restart, fullDisk
    case droppedSubscriber, droppedSubscriber2, byHand, otherNetwork, pause, newKey
    case forgottenPayment
  }

  /// One fault after another, until the storm ends.
  func planFaults() {
    after(chance.milliseconds(plan.faultGap)) { [unowned self] in
      guard !isCalm else { return }
      strike(chance.pick(Fault.allCases))
      planFaults()
    }
  }

  private func strike(_ fault: Fault) {
    let upstream = chance.pick(origins)
    trace("FAULT \(fault) \(upstream.url)")
    if hit(fault, upstream) { faults += 1 }
  }

  /// - Returns: whether anything was there to be hit.
  private func hit(_ fault: Fault, _ upstream: Upstream) -> Bool {
    let hasSockets = !upstream.sockets.isEmpty
    switch fault {
    case .trouble, .trouble2, .trouble3, .trouble4:
      let trouble = chance.pick(Trouble.allCases)
      trace("FAULT \(trouble)")
      upstream.weather.begin(trouble, until: uptime + chance.milliseconds(500...45_000))
      return true
    case .closedSockets:
      upstream.closeSockets(code: chance.pick([1000, 1001, 1002, 1008, 1011, 1012]))
      return hasSockets
    case .droppedSockets:
      upstream.closeSockets(code: 1006)
      return hasSockets
    case .frozenSockets:
      for socket in upstream.sockets { socket.freeze() }
      return hasSockets
    case .nonsense:
      for socket in upstream.sockets { socket.sendNonsense() }
      return hasSockets
    case .forgery, .forgery2:
      forge(upstream)
      return hasSockets
    case .death, .death2:
      process?.stepsUntilDeath = chance.number(1...30)
      return process != nil
    case .powerCut, .powerCut2:
      return cutPower()
    case .restart:
      return restart()
    case .fullDisk:
      disk.fillUp(afterWrites: chance.number(0...12))
      after(chance.milliseconds(100...20_000)) { [unowned self] in
        disk.fillUp(afterWrites: nil)
      }
      return process != nil
    case .droppedSubscriber, .droppedSubscriber2:
      return chance.pick(subscribers).drop()
    case .forgottenPayment:
      return forgetPayment(upstream)
    case .byHand, .otherNetwork, .pause, .newKey:
      return disturb(fault, upstream)
    }
  }

  private func disturb(_ fault: Fault, _ upstream: Upstream) -> Bool {
    guard let process else { return false }
    let driver = chance.pick(process.drivers)
    switch fault {
    case .byHand:
      driver.reconnect()
    case .otherNetwork:
      for driver in process.drivers { driver.take(.networkChanged) }
    case .pause:
      driver.take(.stop(.paused))
      after(chance.milliseconds(100...20_000)) { [weak driver] in driver?.take(.start) }
    case .newKey:
      // The wallet's keys are changed, and a while later the bridge is told.
      let wallet = chance.pick(upstream.walletIDs)
      upstream.change { try $0.resetKeys(ofWallet: wallet, now: $1, using: &$2) }
      after(chance.milliseconds(100...30_000)) { [unowned self] in
        for driver in self.process?.drivers ?? [] where walletID(named: driver.name) == wallet {
          driver.reconnect()
        }
      }
    default:
      return false
    }
    return true
  }

  /// LNbits' own clean-ups take a pending payment out of the wallet's table.
  private func forgetPayment(_ upstream: Upstream) -> Bool {
    let wallet = chance.pick(upstream.walletIDs)
    let pending = upstream.lnbits.ledger.rows(ofWallet: wallet).filter {
      $0.isOutgoing && $0.status == .pending
    }
    guard !pending.isEmpty else { return false }
    let id = chance.pick(pending).checkingID
    trace("\(upstream.url): forgets \(id.prefix(16))")
    oracle.forgotten(id, of: wallet)
    upstream.change { lnbits, now, _ in try lnbits.forgetPayment(checkingID: id, now: now) }
    return true
  }

  // MARK: Forgeries

  private func forge(_ upstream: Upstream) {
    let wallet = chance.pick(upstream.walletIDs)
    let real = upstream.lnbits.ledger.rows(ofWallet: wallet).last
    let id = chance.happens(0.5) ? real?.checkingID ?? "forged" : "forged\(chance.number(0...9))"
    let amount = chance.number(-5_000_000...5_000_000)
    let payment = """
      {"checking_id":"\(id)","payment_hash":"\(id)","wallet_id":"\(wallet)","amount":\(amount),\
      "fee":0,"memo":"forged","status":"success","time":"2026-11-21T03:08:48+00:00",\
      "expiry":"2026-11-21T04:08:48+00:00","extra":{}}
      """
    let balance = chance.number(0...2_000_000)
    upstream.forge(
      chance.pick([
        #"{"wallet_balance":\#(balance),"payment":\#(payment)}"#,
        #"{"wallet_balance":\#(balance)}"#,
        #"{"payment":\#(payment)}"#, "not a frame", "{", #"{"wallet_balance":9e99}"#, "null",
      ]), to: upstream.key(ofWallet: wallet))
  }

  // MARK: Death

  /// `kill -9`: what is in the files is what there is.
  func kill(_ victim: BridgeProcess) {
    guard victim === process else { return }
    trace("DEATH")
    let next = nextStorePath()
    for suffix in ["", "-wal", "-head"] { Files.copy(storePath + suffix, to: next + suffix) }
    end(victim, next)
  }

  /// The power will go at one of the next operations on the disk, in the middle of a transaction or
  /// between two.
  private func cutPower() -> Bool {
    guard process != nil else { return false }
    let confined = Confined(self)
    disk.cutPower(afterOperations: chance.number(1...60)) {
      let world = confined.value
      // Written after each transaction, and not synced: it may be as old as the last start.
      world.headAtCut = Files.read(world.storePath + "-head")
    }
    return true
  }

  /// The power has gone: there is what was synced, and of the rest what the disk likes.
  func loseWithPower(_ victim: BridgeProcess) {
    guard victim === process else { return }
    trace("POWER CUT")
    let next = nextStorePath()
    let image = disk.files { chance.pick([DiskSurface.Fate.kept, .lost, .torn]) }
    for (suffix, content) in image { Files.write(content, to: next + suffix) }
    Files.write(headAtCut, to: next + "-head")
    powerCuts += 1
    end(victim, next)
  }

  private func nextStorePath() -> String {
    deaths += 1
    return directory + "/\(deaths).db"
  }

  private func end(_ victim: BridgeProcess, _ next: String) {
    victim.die()
    bury(victim)
    storePath = next
    after(chance.milliseconds(50...15_000)) { [unowned self] in launch() }
  }

  /// A clean stop, and a new start; sometimes with names that stand for other wallets now.
  private func restart() -> Bool {
    guard let process else { return false }
    process.stop()
    guard self.process === process else { return true }
    bury(process)
    after(chance.milliseconds(50...5000)) { [unowned self] in launch() }
    return true
  }

  private func bury(_ victim: BridgeProcess) {
    process = nil
    for subscriber in subscribers { subscriber.drop() }
    rename()
    // Whoever called it into death is still on the stack.
    after(.zero) { _ = victim.isAlive }
  }

  private func rename() {
    guard renamesLeft > 0, chance.happens(0.6) else { return }
    renamesLeft -= 1
    let own = entries.indices.filter { entries[$0].origin == 0 }
    let first = chance.pick(own)
    let last = chance.pick(own)
    let newcomer = plan.walletsOfOrigin[0] - 1
    let moved = entries[first].wallet
    trace("RENAME \(entries[first].name) is wallet \(newcomer) now")
    entries[first].wallet = newcomer
    if last != first { entries[last].wallet = moved }
  }

  func launch() {
    guard process == nil else { return }
    disk.watch(
      storePath, from: ["": Files.read(storePath), "-wal": Files.read(storePath + "-wal")])
    do throws(StorageError) {
      let born = try BridgeProcess(world: self)
      trace("BIRTH")
      process = born
      born.start()
    } catch {
      trace("no start: \(error)")
      after(.seconds(5)) { [unowned self] in launch() }
    }
  }
}
