/// What is wrong with the server at present. All of it can be switched while it runs; the control
/// API itself is never touched.
package struct Faults: Sendable, Hashable {
  /// Connections close as soon as a request has come, without an answer. (For a port that does not
  /// listen at all, see ``SimulatorService/ControlAction/goAway(for:code:)``.)
  package var refuses = false
  /// Connections are taken and never answered, neither requests nor upgrades.
  package var hangs = false
  /// Open sockets get no more frames. Pings are still answered: the peer looks alive.
  package var mutesFrames = false
  /// Open sockets say nothing at all, not even pongs; what arrives is thrown away.
  package var freezesSockets = false
  /// The next frame for a socket is cut in the middle, and the connection with it.
  package var cutsFrames = false
  /// Every answer, upgrades included, is a proxy's page about a bad gateway.
  package var isBadGateway = false
  /// Every answer is LNbits' 429. Upgrades go through, as they do there.
  package var isRateLimited = false
  /// Upgrades lose their `Upgrade` on the way: 405.
  package var dropsUpgrade = false
  /// How long each answer over REST is held back.
  package var answerDelay = Duration.zero

  package init() {}

  /// Switches a fault by the name that the control API has for it. False for an unknown name.
  mutating func set(_ kind: String, _ isOn: Bool) -> Bool {
    switch kind {
    case "refuse": refuses = isOn
    case "hang": hangs = isOn
    case "mute": mutesFrames = isOn
    case "freeze": freezesSockets = isOn
    case "cut_frame": cutsFrames = isOn
    case "bad_gateway": isBadGateway = isOn
    case "rate_limit": isRateLimited = isOn
    case "drop_upgrade": dropsUpgrade = isOn
    default: return false
    }
    return true
  }

  /// The faults that are on, by their names.
  var names: [String] {
    let all = [
      ("refuse", refuses), ("hang", hangs), ("mute", mutesFrames), ("freeze", freezesSockets),
      ("cut_frame", cutsFrames), ("bad_gateway", isBadGateway), ("rate_limit", isRateLimited),
      ("drop_upgrade", dropsUpgrade), ("slow", answerDelay > .zero),
    ]
    return all.filter(\.1).map(\.0)
  }
}
