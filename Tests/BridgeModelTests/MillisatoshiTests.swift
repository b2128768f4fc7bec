import BridgeModel
import Testing

@Suite struct MillisatoshiTests {
  @Test(
    arguments: [
      (0, 0), (1, 0), (999, 0), (1000, 1), (877_766, 877), (-1, -1), (-999, -1), (-1000, -1),
      (-1001, -2), (Int64.max, 9_223_372_036_854_775), (Int64.min, -9_223_372_036_854_776),
    ] as [(Int64, Int64)])
  func `whole satoshi are rounded down, below zero too`(msat: Int64, sat: Int64) {
    #expect(Millisatoshi(msat).satoshi == sat)
  }

  @Test(arguments: [0, 1, -1, 2_100_000_000_000_000_000, -2_100_000_000_000_000_000] as [Int64])
  func `an amount up to all the money there is comes in`(value: Int64) {
    #expect(Millisatoshi(checking: value)?.value == value)
  }

  @Test(arguments: [
    2_100_000_000_000_000_001, -2_100_000_000_000_000_001, Int64.max, Int64.min,
  ])
  func `more than all the money there is stays out`(value: Int64) {
    #expect(Millisatoshi(checking: value) == nil)
  }

  @Test func `sums and order are those of whole numbers`() {
    var sum = Millisatoshi(1500)
    sum += Millisatoshi(-2000)
    #expect(sum == Millisatoshi(-500))
    #expect(sum.magnitude == Millisatoshi(500))
    #expect(-sum == Millisatoshi(500))
    sum -= Millisatoshi(-500)
    #expect(sum == .zero)
    #expect(Millisatoshi(-1) < .zero && .zero < Millisatoshi(1))
  }
}

@Suite struct PaymentTests {
  typealias Case = (Payment.Direction, Payment.Status, Int64)

  @Test(
    arguments: [
      (.incoming, .settled, 990), (.incoming, .pending, 0), (.incoming, .failed, 0),
      (.outgoing, .settled, -1010), (.outgoing, .pending, -1010), (.outgoing, .failed, 0),
    ] as [Case])
  func `a payment moves the balance by its amount and its fee`(
    direction: Payment.Direction, status: Payment.Status, effect: Int64
  ) {
    let payment = Payment(
      paymentID: "p", paymentHash: "h", direction: direction, status: status,
      amount: Millisatoshi(1000), fee: Millisatoshi(10), memo: "",
      createdAt: Timestamp(milliseconds: 0), settledAt: nil,
      observedAt: Timestamp(milliseconds: 0), isLate: false)
    #expect(payment.balanceEffect == Millisatoshi(effect))
  }
}
