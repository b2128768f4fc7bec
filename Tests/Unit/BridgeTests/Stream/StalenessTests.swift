import BridgeModel
import Testing

@testable import Bridge

@Suite("A balance is stale when its last confirmation is too old, by a clock that nobody sets")
struct StalenessTests {
  private let confirmed = Instant(
    uptime: .seconds(1000), wall: Timestamp(milliseconds: 1_795_000_000_000))

  private func report(_ balance: Balance, state: SourceState = .connected) -> SourceReport {
    var status = SourceStatus(since: confirmed)
    status.state = state
    return SourceReport(
      name: "main", label: "main", kind: .lnbits, status: status,
      wallet: WalletView(balance: balance, pendingOutgoing: .zero), freshness: .seconds(120))
  }

  private func later(_ uptime: Duration, clockStep: Duration = .zero) -> Instant {
    Instant(uptime: confirmed.uptime + uptime, wall: confirmed.wall + uptime + clockStep)
  }

  @Test("the machine's clock may step by hours either way", arguments: [-7200, -61, 61, 7200])
  func clockStep(seconds: Int) {
    let report = report(Balance(amount: Millisatoshi(5), changedAt: confirmed))
    let step = Duration.seconds(seconds)
    #expect(!report.isStale(at: later(.seconds(60), clockStep: step)))
    #expect(!report.isStale(at: later(.seconds(120), clockStep: step)))
    #expect(report.isStale(at: later(.seconds(121), clockStep: step)))
  }

  @Test("a number confirmed again is fresh again")
  func confirmedAgain() {
    var balance = Balance(amount: Millisatoshi(5), changedAt: confirmed)
    balance.confirm(at: later(.seconds(100)))
    #expect(!report(balance).isStale(at: later(.seconds(219))))
    #expect(balance.changedAt == confirmed.wall)
  }

  @Test("a number that this process has only from its store is stale")
  func fromTheStore() {
    let balance = Balance(
      amount: Millisatoshi(5), confirmedAt: confirmed.wall, changedAt: confirmed.wall)
    #expect(report(balance).isStale(at: later(.seconds(1))))
  }

  @Test("a number is stale in every state but connected", arguments: SourceState.allCases)
  func state(state: SourceState) {
    let balance = Balance(amount: Millisatoshi(5), changedAt: confirmed)
    #expect(report(balance, state: state).isStale(at: confirmed) == (state != .connected))
  }
}
