import BridgeModel

/// Reads the wallet's list of payments page by page, newest change first, until nothing new can
/// follow.
///
/// It stops once enough rows that hold nothing new have followed the last one that does. Times are
/// no guide: LNbits invents `updated_at` for some old rows at each read, cuts others to whole
/// seconds, and a slow payment appears with the time at which it began. What a scan misses, the
/// books notice, and the next one reaches deeper. Pages shift while payments arrive, so they
/// overlap.
struct PaymentScan: Sendable {
  enum Order: String, Sendable {
    /// Moves with the status, from LNbits 1.4 on.
    case byUpdate = "updated_at"
    /// Creation. An old invoice that settles now is not near the top: the books send for it.
    case byTime = "time"
  }

  /// How far to read.
  enum Depth: Int, Sendable, CaseIterable {
    /// What a frame announces is nearly always in the first few rows.
    case shallow = 20
    case middle = 200
    case deep = 1000
    /// The whole history.
    case everything = 0
  }

  static let largestPageRows = 1000
  private static let maximumOverlapRows = 5
  /// 10 000 pages: more than any wallet holds, so an endless list ends.
  private static let maximumPages = 10_000

  let order: Order
  let depth: Depth
  /// By payment id, the last sighting of each.
  private(set) var rows: [String: PaymentRow] = [:]
  private(set) var unreadable: [UnreadableRow] = []
  private var offset = 0
  private var pages = 0
  /// Rows of the next page.
  private(set) var limit: Int
  private let largestPage: Int

  init(order: Order, depth: Depth, largestPage: Int) {
    self.order = order
    self.depth = depth
    self.largestPage = largestPage
    limit = min(depth == .everything ? Self.largestPageRows : depth.rawValue, largestPage)
  }

  /// The query of the next page.
  var query: String {
    "limit=\(limit)&offset=\(offset)&sortby=\(order.rawValue)&direction=desc"
  }

  /// Takes in a page. Its length is that of the list, for rows that could not be read stood in it
  /// too.
  ///
  /// - Parameter isNews: whether an element holds anything new.
  /// - Returns: whether the scan is complete.
  mutating func receive(
    _ page: [PaymentList.Element], isNews: (PaymentList.Element) -> Bool
  ) -> Bool {
    let rowsAfterNews = page.reversed().prefix { !isNews($0) }.count
    for case .row(let row) in page { rows[row.checkingID] = row }
    for case .unreadable(let row) in page { unreadable.append(row) }
    pages += 1
    if page.count < limit || pages >= Self.maximumPages { return true }
    if depth != .everything, rowsAfterNews >= max(1, limit / 2) { return true }
    offset += limit - min(Self.maximumOverlapRows, limit / 4)
    limit = min(limit * 10, largestPage)
    return false
  }
}
