package import BridgeModel
import DequeModule

/// What drives a source, whatever its kind: production, the simulation and the tests' worlds all
/// hand it what happens, and carry out what it gives them.
///
/// A value that calls nobody. Its owner hands inputs to ``receive(_:)``, and then carries out what
/// ``next(now:masking:using:)`` gives, until that is nil.
///
/// The store's answers come later. From a `commit` or a `loadBook` until its answer nothing else
/// reaches the source, and nothing that it wanted behind it is carried out: a key that is replaced
/// meanwhile could else give a wallet's book to another one.
package struct SourceRuntime: Sendable {
  package private(set) var source: any Source
  /// Not yet given to the source.
  private var inbox: Deque<SourceInput> = []
  /// Not yet handed out.
  private var effects: Deque<RuntimeEffect> = []
  private var awaitsStorage = false
  /// The socket that the source holds for its own.
  private var socket: SocketID?
  /// When it is to be woken, as its owner was told.
  private var wake: Duration?

  package init(_ source: any Source) {
    self.source = source
  }

  // MARK: Inputs

  /// Something happened to the source.
  package mutating func receive(_ input: SourceInput) {
    inbox.append(input)
    if case .wake = input { wake = nil }
  }

  /// Things that happened together, in order. What each raises is carried out before the next is
  /// given to the source.
  package mutating func receive(_ inputs: [SourceInput]) {
    for input in inputs { receive(input) }
  }

  /// The store has answered: `committed`, `commitFailed` or `book`. The source is told at once, so
  /// that every view of it is one after the commit; what it wants then comes with the next effects.
  package mutating func answer(
    _ answer: SourceInput, now: Instant, using random: inout some RandomNumberGenerator
  ) {
    precondition(awaitsStorage, "the store answers what it was asked")
    awaitsStorage = false
    handle(answer, now, &random)
  }

  // MARK: Effects

  /// What to carry out next; nil while there is nothing, or while the store has to answer first.
  ///
  /// - Parameter mask: Covers our secrets in what leaves the source.
  package mutating func next(
    now: Instant, masking mask: SecretMask, using random: inout some RandomNumberGenerator
  ) -> RuntimeEffect? {
    while !awaitsStorage {
      if let effect = effects.popFirst() {
        guard let admitted = admit(effect, mask) else { continue }
        return admitted
      }
      guard let input = inbox.popFirst() else { return nil }
      guard isCurrent(input) else { continue }
      if case .reconnect(let fingerprint) = input {
        effects.append(.useKey(fingerprint: fingerprint))
      }
      handle(input, now, &random)
    }
    return nil
  }

  private mutating func handle(
    _ input: SourceInput, _ now: Instant, _ random: inout some RandomNumberGenerator
  ) {
    for effect in source.handle(input, now: now, using: &random) { effects.append(.of(effect)) }
  }

  /// Notes what an effect changes.
  ///
  /// - Returns: Nil where there is nothing to be done about it.
  private mutating func admit(_ effect: RuntimeEffect, _ mask: SecretMask) -> RuntimeEffect? {
    guard case .of(let own) = effect else { return effect }
    switch own {
    case .openSocket(let id, _): socket = id
    case .sendText(let id, _), .sendPing(let id, _):
      guard id == socket else { return nil }
    case .closeSocket(let id, _), .abortSocket(let id):
      guard id == socket else { return nil }
      socket = nil
    case .wake(let due):
      guard due != wake else { return nil }
      wake = due
    case .loadBook: awaitsStorage = true
    case .commit(let commit):
      awaitsStorage = true
      return .of(.commit(mask.masked(commit)))
    case .request, .cancel, .stateChanged, .log: break
    }
    return effect
  }

  /// Whether it concerns the source still: a socket that it has closed, or replaced, is silent.
  private mutating func isCurrent(_ input: SourceInput) -> Bool {
    switch input {
    case .socketOpened(let id), .socketText(let id, _), .socketActivity(let id),
      .socketPong(let id, _):
      return id == socket
    case .socketFailed(let id, _), .socketClosed(let id, _, _):
      guard id == socket else { return false }
      socket = nil
      return true
    default: return true
    }
  }
}

/// What the owner of a ``SourceRuntime`` carries out.
package enum RuntimeEffect: Sendable, Hashable {
  /// Requests and sockets from now on use the key that has this fingerprint. Comes before what the
  /// source makes of the reconnect that brought it.
  case useKey(fingerprint: String)
  /// What the source wants. Our secrets are covered in a commit; in a line for the log, its owner
  /// covers them.
  case of(SourceEffect)
}
