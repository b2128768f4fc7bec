/// One `field[operator]=value` of a query.
struct PaymentFilter: Sendable {
  enum Operator: String {
    case eq, ne, gt, ge, lt, le, like, every, any
    /// One of several, parted by commas.
    case include = "in"
    case exclude = "ex"
  }

  private let field: String
  private let operation: Operator
  /// More than one when the parameter stands there several times; any of them will do.
  private let values: [PaymentColumn]

  /// The filters that can be understood. The rest is ignored, as LNbits ignores it.
  static func filters(in parameters: [RESTRequest.Parameter]) -> [PaymentFilter] {
    var names: [String] = []
    for parameter in parameters where !names.contains(parameter.name) {
      names.append(parameter.name)
    }
    return names.compactMap { name in
      PaymentFilter(
        name, parameters.filter { $0.name == name }.map(\.value))
    }
  }

  private init?(_ name: String, _ texts: [String]) {
    let parts = name.split(separator: "[", omittingEmptySubsequences: false)
    field = String(parts[0])
    switch parts.count {
    case 1: operation = .eq
    case 2:
      guard parts[1].hasSuffix("]"), let known = Operator(rawValue: String(parts[1].dropLast()))
      else { return nil }
      operation = known
    default: return nil
    }
    var texts = texts
    if [.include, .exclude, .every, .any].contains(operation) {
      texts = texts.flatMap { text in
        text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      }
    }
    var values: [PaymentColumn] = []
    for text in texts {
      guard let value = PaymentColumn.parse(text, for: field) else { return nil }
      values.append(value)
    }
    self.values = values
  }

  /// A row without a value in the column passes no filter on it.
  func admits(_ row: PaymentRow) -> Bool {
    if field == "labels" { return admits(labels: row.labels) }
    guard let value = PaymentColumn.value(of: field, in: row) else { return false }
    switch operation {
    case .include: return values.contains(value)
    case .exclude: return !values.contains(value)
    case .every: return values.allSatisfy { contains(value, $0) }
    default: return values.contains { compares(value, $0) }
    }
  }

  private func compares(_ value: PaymentColumn, _ other: PaymentColumn) -> Bool {
    switch operation {
    case .ne: value != other
    case .gt: value > other
    case .ge: value >= other
    case .lt: value < other
    case .le: value <= other
    case .like, .any: contains(value, other)
    case .eq, .include, .exclude, .every: value == other
    }
  }

  private func contains(_ value: PaymentColumn, _ part: PaymentColumn) -> Bool {
    guard case .text(let text) = value, case .text(let part) = part else { return value == part }
    return text.lowercased().contains(part.lowercased())
  }

  private func admits(labels: [String]) -> Bool {
    let wanted = values.compactMap { value in
      if case .text(let text) = value { text } else { nil }
    }
    return operation == .every
      ? wanted.allSatisfy(labels.contains) : wanted.contains(where: labels.contains)
  }
}
