/// Arithmetic that ends at the type's bounds instead of trapping: for numbers that come from
/// outside or from a store, where a trap would be somebody else's to cause.
extension FixedWidthInteger {
  /// The sum, or the nearest number of this type.
  func addingSaturating(_ other: Self) -> Self {
    let (sum, overflows) = addingReportingOverflow(other)
    return overflows ? (other < 0 ? .min : .max) : sum
  }

  /// The difference, or the nearest number of this type.
  func subtractingSaturating(_ other: Self) -> Self {
    let (difference, overflows) = subtractingReportingOverflow(other)
    return overflows ? (other < 0 ? .max : .min) : difference
  }
}
