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

@Suite struct MillisatoshiBoundsTests {
  private static let smallest = Millisatoshi(.min)
  private static let largest = Millisatoshi(.max)

  @Test func `arithmetic ends at the bounds`() {
    #expect(Self.largest + Millisatoshi(1) == Self.largest)
    #expect(Self.smallest + Millisatoshi(-1) == Self.smallest)
    #expect(Self.smallest - Millisatoshi(1) == Self.smallest)
    #expect(Self.largest - Self.smallest == Self.largest)
    #expect(Self.smallest - Self.largest == Self.smallest)
    #expect(Millisatoshi.zero - Self.smallest == Self.largest)
    #expect(-Self.smallest == Self.largest)
    #expect(Self.smallest.magnitude == Self.largest)
    #expect(-Self.largest == Millisatoshi(-.max))
  }

  @Test(arguments: [
    [Int64.max, .max, .max, .min, .min], [.max, .min, .max, .min, 7],
    [.min, .min, .min, .max, .max, .max],
    [2_100_000_000_000_000_000, 2_100_000_000_000_000_000, -2_100_000_000_000_000_000],
  ])
  func `a sum is exact in every order, however far it goes between`(values: [Int64]) {
    let exact = values.reduce(Int128(0)) { $0 + Int128($1) }
    for order in [values, values.reversed(), values.sorted()] {
      var sum = MillisatoshiSum.zero
      for value in order { sum += Millisatoshi(value) }
      #expect(sum.amount == Millisatoshi(Int64(clamping: exact)))
      #expect((sum - sum).amount == .zero)
      #expect((sum + sum - sum).amount == sum.amount)
    }
  }

  @Test(arguments: [Payment.Direction.incoming, .outgoing], [Int64.min, -1, 0, .max])
  func `no stored payment's effect traps`(direction: Payment.Direction, value: Int64) {
    let time = Timestamp(milliseconds: value)
    let payment = Payment(
      paymentID: "p", paymentHash: "h", direction: direction, status: .settled,
      amount: Millisatoshi(value), fee: Millisatoshi(value), memo: "", createdAt: time,
      settledAt: time, observedAt: time, isLate: false)
    let sum = 2 * Int128(value)
    let effect = direction == .incoming ? 0 : Int64(clamping: -Int128(Int64(clamping: sum)))
    #expect(payment.balanceEffect == Millisatoshi(effect))
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
