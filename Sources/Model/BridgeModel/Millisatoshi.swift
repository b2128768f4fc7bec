/// An amount of money: a whole number of thousandths of a satoshi.
///
/// A type of its own, so that satoshi, millisatoshi and plain counts cannot be mixed up.
///
/// Arithmetic saturates: a result beyond Int64 is its nearest end. All the money there is fits four
/// times, so only forged or broken numbers come near it, and those must not end the process.
/// Amounts from outside are checked against ``maximum`` before they become one of these, and so are
/// sums of them; sums over any number of amounts are made with ``MillisatoshiSum``, which is exact.
package struct Millisatoshi: Sendable, Hashable, Comparable {
  /// The count of millisatoshi.
  package let value: Int64

  package init(_ value: Int64) {
    self.value = value
  }

  package static let zero = Millisatoshi(0)

  /// 21 million bitcoin, the largest amount that is taken from outside.
  package static let maximum = Millisatoshi(2_100_000_000_000_000_000)

  /// An amount from outside; nil beyond ±``maximum``.
  package init?(checking value: Int64) {
    guard value.magnitude <= Millisatoshi.maximum.value.magnitude else { return nil }
    self.value = value
  }

  /// Whole satoshi, rounded down (toward negative infinity), as LNbits' frames and the contract
  /// round.
  package var satoshi: Int64 {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: 1000)
    return remainder < 0 ? quotient - 1 : quotient
  }

  /// The amount without its sign.
  package var magnitude: Millisatoshi { value < 0 ? -self : self }

  /// The sum of two amounts from outside; nil where it is beyond ±``maximum``.
  package func adding(_ other: Millisatoshi) -> Millisatoshi? {
    let (sum, isOverflow) = value.addingReportingOverflow(other.value)
    return isOverflow ? nil : Millisatoshi(checking: sum)
  }

  package static func < (left: Millisatoshi, right: Millisatoshi) -> Bool {
    left.value < right.value
  }

  package static func + (left: Millisatoshi, right: Millisatoshi) -> Millisatoshi {
    Millisatoshi(left.value.addingSaturating(right.value))
  }

  package static func - (left: Millisatoshi, right: Millisatoshi) -> Millisatoshi {
    Millisatoshi(left.value.subtractingSaturating(right.value))
  }

  package static prefix func - (amount: Millisatoshi) -> Millisatoshi {
    .zero - amount
  }

  package static func += (left: inout Millisatoshi, right: Millisatoshi) {
    left = left + right
  }

  package static func -= (left: inout Millisatoshi, right: Millisatoshi) {
    left = left - right
  }
}

/// A sum of any number of amounts, exact in every order: nothing is lost between the terms, as
/// saturating arithmetic would lose it.
package struct MillisatoshiSum: Sendable, Hashable {
  /// 2⁶³ amounts fit.
  private var total: Int128

  package static let zero = MillisatoshiSum(total: 0)

  /// The sum, or the nearest amount that there can be.
  package var amount: Millisatoshi { Millisatoshi(Int64(clamping: total)) }

  package static func + (left: MillisatoshiSum, right: MillisatoshiSum) -> MillisatoshiSum {
    MillisatoshiSum(total: left.total + right.total)
  }

  package static func - (left: MillisatoshiSum, right: MillisatoshiSum) -> MillisatoshiSum {
    MillisatoshiSum(total: left.total - right.total)
  }

  package static func += (sum: inout MillisatoshiSum, amount: Millisatoshi) {
    sum.total += Int128(amount.value)
  }
}
