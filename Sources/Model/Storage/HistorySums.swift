package import BridgeModel

/// Sums by period while rows go by, for engines that have no calendar of their own.
package struct HistorySums {
  /// Of one period.
  package struct Sum {
    package var incoming = MillisatoshiSum.zero
    package var outgoing = MillisatoshiSum.zero
    package var fee = MillisatoshiSum.zero
    package var unexplained = MillisatoshiSum.zero
    package var count = 0
  }

  private static let hour: Int64 = 3_600_000
  private static let day: Int64 = 24 * hour

  private let group: HistoryQuery.Group
  private var sums: [Int64: Sum] = [:]
  /// The start of the month of each day met so far; a date is costlier than a look.
  private var months: [Int64: Int64] = [:]

  package init(group: HistoryQuery.Group) {
    self.group = group
  }

  /// Something that moved the balance at a time, in milliseconds.
  package mutating func add(at time: Int64, _ change: (inout Sum) -> Void) {
    change(&sums[start(of: time), default: Sum()])
  }

  /// When the period of a moment began, in milliseconds. A moment beyond those that can be written
  /// counts as the nearest of them.
  package mutating func start(of time: Int64) -> Int64 {
    let time = Timestamp(milliseconds: time).clampedToWritable.milliseconds
    switch group {
    case .hour: return Self.floor(time, Self.hour)
    case .day: return Self.floor(time, Self.day)
    case .month:
      let day = Self.floor(time, Self.day)
      if let known = months[day] { return known }
      let start = Timestamp(milliseconds: day).startOfMonth.milliseconds
      months[day] = start
      return start
    }
  }

  /// From the newest back, as the balance is known now.
  package func periods(closingWith balance: MillisatoshiSum, atMost limit: Int) -> [HistoryPeriod] {
    var balance = balance
    var periods: [HistoryPeriod] = []
    for (start, sum) in sums.sorted(by: { $0.key > $1.key }).prefix(limit) {
      periods.append(
        HistoryPeriod(
          start: Timestamp(milliseconds: start), incoming: sum.incoming.amount,
          outgoing: sum.outgoing.amount, fee: sum.fee.amount, count: sum.count,
          closingBalance: balance.amount))
      balance = balance - (sum.incoming - sum.outgoing - sum.fee + sum.unexplained)
    }
    return periods.reversed()
  }

  private static func floor(_ time: Int64, _ unit: Int64) -> Int64 {
    let rest = time % unit
    return time - (rest < 0 ? rest + unit : rest)
  }
}
