/// A release of LNbits, as far as its behaviour depends on it.
struct LNbitsVersion: Sendable, Hashable, Comparable {
  var major: Int
  var minor: Int
  var patch: Int

  init(_ major: Int, _ minor: Int, _ patch: Int) {
    self.major = major
    self.minor = minor
    self.patch = patch
  }

  /// Reads `1.5.2-rc3` as 1.5.2; nil when there is no number to read.
  init?(_ text: String) {
    let numbers = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }.split(separator: ".")
      .prefix(3).compactMap { Int($0) }
    guard numbers.count >= 2 else { return nil }
    self.init(numbers[0], numbers[1], numbers.count > 2 ? numbers[2] : 0)
  }

  static func < (left: LNbitsVersion, right: LNbitsVersion) -> Bool {
    (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
  }

  /// An outgoing payment's frame carries the balance before it: 1.0.0 to 1.4.1.
  var reportsBalanceBeforeOutgoing: Bool {
    self >= LNbitsVersion(1, 0, 0) && self < LNbitsVersion(1, 4, 2)
  }

  /// Payments can be asked for by their hash. Before 1.0 that ends in a 500 (seen on 0.12.12).
  var filtersByHash: Bool {
    self >= LNbitsVersion(1, 0, 0)
  }

  /// `updated_at` moves with every change of a payment's status, and lists can be sorted by it.
  var sortsByUpdate: Bool {
    self >= LNbitsVersion(1, 4, 0)
  }
}
