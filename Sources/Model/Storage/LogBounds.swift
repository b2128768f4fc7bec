package import BridgeModel

/// Which ids a log holds, and what that means for a subscriber that comes back with one.
package struct LogBounds: Sendable, Hashable {
  /// What a subscriber's id is to this log (the contract's gap reasons).
  package enum Position: Sendable, Hashable {
    /// Everything after it is here: replay after this sequence, no gap.
    case known(after: Int64)
    /// Some of what came after it is pruned: replay everything kept.
    case expired
    /// Never given out by this log, or not an id at all.
    case unknown
    /// An id of another store.
    case otherEpoch
  }

  package let epoch: String
  /// The last event that was pruned; 0 if none was.
  package let prunedThrough: Int64
  /// The last event; 0 if there never was one.
  package let last: Int64
  package init(epoch: String, prunedThrough: Int64, last: Int64) {
    self.epoch = epoch
    self.prunedThrough = prunedThrough
    self.last = last
  }

  /// The id of the last event; sequence 0 if there never was one.
  package var lastEventID: EventID { EventID(epoch: epoch, sequence: last) }

  /// Judges the id that a subscriber sent.
  package func position(of text: String) -> Position {
    guard let id = EventID(text) else { return .unknown }
    return position(of: id)
  }

  package func position(of id: EventID) -> Position {
    guard id.epoch == epoch else { return .otherEpoch }
    guard id.sequence <= last else { return .unknown }
    return id.sequence < prunedThrough ? .expired : .known(after: id.sequence)
  }
}
