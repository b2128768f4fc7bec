package import BridgeModel

/// What a bridge keeps: the log of events, the books with their payments, and the watches.
///
/// Every call is made on the bridge's loop, returns at once, and completes once, later, on the
/// loop. Writes complete in the order in which they were called, and so do reads of the log, and
/// the other reads. A completed write is on disk for good, whatever happens to the process or the
/// power, and is seen by every read that is called after it. No read holds up a write, or the loop.
package protocol Storage: EventLog {
  // MARK: Writing

  /// Writes a new watch down, unless this mint has one of this secret, or as many as it may. Its
  /// handle is new.
  ///
  /// - Parameters:
  ///   - origin: The mint's URL.
  ///   - limit: The most watches of a mint, those that are over among them.
  func addWatch(
    _ record: WatchRecord, of origin: String, limit: Int,
    completion: @escaping StorageCompletion<AddedWatch>)

  /// Forgets a watch, its secret with it.
  ///
  /// - Parameter completion: Gets the URL of the mint that had it; nil where there was none.
  func deleteWatch(_ handle: WatchHandle, completion: @escaping StorageCompletion<String?>)

  // MARK: Reading

  /// What is stored of a wallet, with all its payments; nil for one that was never written down. It
  /// has every write that was called before, completed or not: a source that takes over from
  /// another one must not repeat what that one is about to tell.
  func book(for identity: BookIdentity, completion: @escaping StorageCompletion<StoredBook?>)

  /// The watches of a mint, in the order of their coming, those that are over among them; as
  /// ``book(for:completion:)`` with every write that was called before.
  func watches(of origin: String, completion: @escaping StorageCompletion<[WatchRecord]>)

  /// A page of payments, newest first.
  func payments(_ query: PaymentQuery, completion: @escaping StorageCompletion<PaymentPage>)

  /// The first payment of this id in these books; nil where none has it.
  func payment(
    _ paymentID: String, in books: [BookIdentity],
    completion: @escaping StorageCompletion<ListedPayment?>)

  /// Sums over time: periods in which something happened, oldest first.
  func history(_ query: HistoryQuery, completion: @escaping StorageCompletion<[HistoryPeriod]>)

  // MARK: Life

  /// How the store's disk is, asked anew each time.
  func health(completion: @escaping @Sendable (StorageHealth) -> Void)

  /// Ends what is under way, in order, and lets go of the store. Calls that come later fail with
  /// `closed`. The completion comes once another process may open the store.
  func close(completion: @escaping @Sendable () -> Void)
}

/// What has come of a new watch.
package enum AddedWatch: Sendable, Hashable {
  /// It is written down.
  case added
  /// The mint has this one of the same secret, and the new one was not written down.
  case present(WatchRecord)
  /// The mint has as many as it may, and the new one was not written down.
  case tooMany
}
