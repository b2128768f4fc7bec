package import BridgeModel

extension SourceState {
  /// What `delivery` may be said beside a state, whatever happened before.
  package func agrees(with delivery: Delivery) -> Bool {
    switch self {
    case .connected: delivery != .unreachable
    case .disconnected: delivery == .unreachable
    case .connecting, .reconnecting, .error, .failed: delivery != .live
    }
  }
}
