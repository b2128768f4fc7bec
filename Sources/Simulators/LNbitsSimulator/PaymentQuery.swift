import BridgeModel

/// The query of a payment list: filters, order, page. Filters that LNbits does not know or cannot
/// read are left out without a word, as it does.
struct PaymentQuery: Sendable {
  /// The most rows a page can have, where the version has a limit.
  static let maximumLimit = 1000
  static let defaultLimit = 10

  private(set) var offset = 0
  private var limit: Int?
  private var sortField: String?
  /// Nil where the query does not say.
  private var descends: Bool?
  private var filters: [PaymentFilter] = []

  /// - Throws: The 400 for an order or a page that cannot be.
  init(_ parameters: [RESTRequest.Parameter], behaviour: Behaviour) throws(RESTRefusal) {
    limit = behaviour.tracksUpdates ? Self.defaultLimit : nil
    for parameter in parameters {
      switch parameter.name {
      case "limit":
        let number = try Self.integer(parameter)
        limit = Self.effectiveLimit(number, behaviour)
      case "offset":
        offset = max(0, try Self.integer(parameter))
      case "sortby":
        guard Self.isSortable(parameter.value, behaviour) else { throw Self.invalidSortField }
        sortField = parameter.value
      case "direction":
        guard ["asc", "desc"].contains(parameter.value) else { throw Self.invalidDirection }
        descends = parameter.value == "desc"
      default:
        break
      }
    }
    filters = PaymentFilter.filters(in: parameters)
  }

  /// The page and the count of all rows that the filters leave.
  ///
  /// - Parameter newestFirst: The order is by `time`, latest first, where the query names none.
  func apply(to rows: [PaymentRow], newestFirst: Bool) -> (rows: [PaymentRow], total: Int) {
    var left = rows.filter { row in filters.allSatisfy { $0.admits(row) } }
    let total = left.count
    if let field = sortField ?? (newestFirst ? "time" : nil) {
      left = Self.sorted(left, by: field, descends: descends ?? newestFirst)
    }
    let page = left.dropFirst(offset)
    return (Array(limit.map { page.prefix($0) } ?? page), total)
  }

  /// Ties keep the table's order in both directions, as SQLite has it; rows without the value come
  /// last when descending.
  private static func sorted(
    _ rows: [PaymentRow], by field: String, descends: Bool
  ) -> [PaymentRow] {
    rows.enumerated().sorted { left, right in
      let order = PaymentColumn.order(left.element, right.element, by: field)
      if order == 0 { return left.offset < right.offset }
      return descends ? order > 0 : order < 0
    }.map(\.element)
  }

  private static func isSortable(_ field: String, _ behaviour: Behaviour) -> Bool {
    switch field {
    case "time", "amount", "fee", "memo": true
    case "created_at", "updated_at", "tag": behaviour.tracksUpdates
    case "external_id": behaviour.hasExternalID
    default: false
    }
  }

  /// Negative is no limit at all: SQLite takes it so.
  private static func effectiveLimit(_ number: Int, _ behaviour: Behaviour) -> Int? {
    guard behaviour.tracksUpdates else { return number > 0 ? number : nil }
    if number < 0 { return nil }
    return min(number == 0 ? behaviour.limitOfZero : number, maximumLimit)
  }

  // MARK: Refusals

  private static func integer(_ parameter: RESTRequest.Parameter) throws(RESTRefusal) -> Int {
    guard let number = Int(parameter.value) else {
      throw RESTRefusal(
        RESTResponse(
          [
            "detail": [
              [
                "loc": ["query", .string(parameter.name)], "msg": "value is not a valid integer",
                "type": "type_error.integer",
              ]
            ]
          ], status: 400))
    }
    return number
  }

  private static let invalidSortField = RESTRefusal(
    .failure(
      400,
      "1 validation error for Filters\n__root__\n  Invalid sort field (type=value_error)"))

  private static let invalidDirection = RESTRefusal(
    RESTResponse(
      [
        "detail": [
          [
            "loc": ["query", "direction"], "msg": "unexpected value; permitted: 'asc', 'desc'",
            "type": "value_error.const",
          ]
        ]
      ], status: 400))
}
