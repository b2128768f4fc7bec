/// An amount of money: a whole number of thousandths of a satoshi.
///
/// A type of its own, so that satoshi, millisatoshi and plain counts cannot be mixed up. Arithmetic traps on
/// overflow: all the money there is fits four times, so an overflow can only be a bug. Amounts from outside are
/// checked against ``maximum`` before they become one of these, and so are sums of them.
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

  /// Whole satoshi, rounded down (toward negative infinity), as LNbits' frames and the contract round.
  package var satoshi: Int64 {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: 1000)
    return remainder < 0 ? quotient - 1 : quotient
  }

  /// The amount without its sign.
  package var magnitude: Millisatoshi { value < 0 ? Millisatoshi(-value) : self }

  /// The sum of two amounts from outside; nil where it is beyond ±``maximum``.
  package func adding(_ other: Millisatoshi) -> Millisatoshi? {
    let (sum, isOverflow) = value.addingReportingOverflow(other.value)
    return isOverflow ? nil : Millisatoshi(checking: sum)
  }

  package static func < (left: Millisatoshi, right: Millisatoshi) -> Bool {
    left.value < right.value
  }

  package static func + (left: Millisatoshi, right: Millisatoshi) -> Millisatoshi {
    Millisatoshi(left.value + right.value)
  }

  package static func - (left: Millisatoshi, right: Millisatoshi) -> Millisatoshi {
    Millisatoshi(left.value - right.value)
  }

  package static prefix func - (amount: Millisatoshi) -> Millisatoshi {
    Millisatoshi(-amount.value)
  }

  package static func += (left: inout Millisatoshi, right: Millisatoshi) {
    left = left + right
  }

  package static func -= (left: inout Millisatoshi, right: Millisatoshi) {
    left = left - right
  }
}
