import BridgeModel
package import EventLoop
import Transport

/// Finds out, step by step, why a source does not work, or that it does.
///
/// Every step goes to the wallet or mint itself, as the bridge would. Nothing is written down and
/// nothing changes there.
package struct Diagnosis {
  private let loop: EventLoop
  private let onStep: (DiagnosisStep) -> Void
  private let clock = SystemClock()
  private var result: SourceDiagnosis
  private var key = Secret("")
  private var mask = SecretMask()

  /// Diagnoses one source.
  ///
  /// - Parameter onStep: told of each step as it ends. After one that failed there is no other.
  package static func run(
    _ source: SourceSettings, on loop: EventLoop, onStep: (DiagnosisStep) -> Void
  ) async -> SourceDiagnosis {
    await withoutActuallyEscaping(onStep) { onStep in
      var diagnosis = Diagnosis(source, on: loop, onStep: onStep)
      // A fault has become the last step already.
      try? await diagnosis.run(source)
      return diagnosis.result
    }
  }

  private init(
    _ source: SourceSettings, on loop: EventLoop, onStep: @escaping (DiagnosisStep) -> Void
  ) {
    self.loop = loop
    self.onStep = onStep
    switch source {
    case .wallet(let wallet):
      key = wallet.invoiceKey
      mask.insert(key)
      result = SourceDiagnosis(name: wallet.name, kind: "lnbits", url: wallet.url.description)
    case .mint(let mint):
      result = SourceDiagnosis(name: mint.name, kind: "cashu", url: mint.url.description)
    }
  }

  private mutating func run(_ source: SourceSettings) async throws(DiagnosisFault) {
    let url =
      switch source {
      case .wallet(let wallet): wallet.url
      case .mint(let mint): mint.url
      }
    let upstream = source.upstream
    let (loop, key) = (loop, key)
    let probe = try await step(.configuration) { () throws(DiagnosisFault) in
      do throws(TransportError) {
        let route = try UpstreamRoute(UpstreamRoute.Key(url: url, upstream: upstream))
        let probe = UpstreamProbe(loop: loop, route: route, upstream: upstream, key: key)
        return (probe, upstream.isEnabled ? "complete" : "complete; the source is disabled")
      } catch {
        throw DiagnosisFault(error)
      }
    }
    try await connect(probe)
    switch source {
    case .wallet: try await examineWallet(probe)
    case .mint: try await examineMint(probe)
    }
  }

  // MARK: Steps

  /// Carries out one step and reports it. The closure gives its value and what was found.
  mutating func step<Value>(
    _ kind: DiagnosisStep.Kind,
    _ body: () async throws(DiagnosisFault) -> (Value, String)
  ) async throws(DiagnosisFault) -> Value {
    let start = clock.now().uptime
    do throws(DiagnosisFault) {
      let (value, message) = try await body()
      report(kind, .passed, message, took: clock.now().uptime - start)
      return value
    } catch {
      report(
        kind, .failed(remedy: error.remedy), error.message, took: clock.now().uptime - start)
      throw error
    }
  }

  mutating func skip(_ kind: DiagnosisStep.Kind, _ message: String) {
    report(kind, .skipped, message, took: nil)
  }

  private mutating func report(
    _ kind: DiagnosisStep.Kind, _ outcome: DiagnosisStep.Outcome, _ message: String, took: Duration?
  ) {
    // A server may repeat the path that it was asked for, and the socket's path holds the key.
    let step = DiagnosisStep(
      kind: kind, outcome: outcome, message: mask.masked(message), took: took)
    result.steps.append(step)
    onStep(step)
  }

  /// Name, TCP, proxy and TLS, from one connection.
  private mutating func connect(_ probe: UpstreamProbe) async throws(DiagnosisFault) {
    let expected = ConnectStep.allCases.filter { step in
      switch step {
      case .resolve, .connect: true
      case .proxy: probe.upstream.proxy != nil
      case .tls: probe.route.url.scheme == .https
      }
    }
    let start = clock.now().uptime
    let (steps, error) = await probe.connect()
    for (step, took) in steps { report(step.kind, .passed, step.words, took: took) }
    guard let error else { return }
    let fault = DiagnosisFault(error)
    let spent = steps.reduce(Duration.zero) { $0 + $1.took }
    let failed = expected.dropFirst(steps.count).first ?? .connect
    report(
      failed.kind, .failed(remedy: fault.remedy), fault.message,
      took: clock.now().uptime - start - spent)
    throw fault
  }

  /// The WebSocket's opening and one heartbeat over it.
  mutating func examineSocket(
    _ probe: UpstreamProbe, path: String
  ) async throws(DiagnosisFault) {
    guard probe.upstream.usesWebSocket else {
      skip(.websocket, "not wanted: websocket = false")
      return
    }
    let socket = try await step(.websocket) { () throws(DiagnosisFault) in
      (try await probe.openSocket(path), "opened")
    }
    defer { socket.close() }
    let timeout = probe.upstream.heartbeatTimeout
    try await step(.heartbeat) { () throws(DiagnosisFault) in
      (try await socket.ping(timeout: timeout), "a ping was answered")
    }
  }
}

extension ConnectStep {
  fileprivate var kind: DiagnosisStep.Kind {
    switch self {
    case .resolve: .name
    case .connect: .tcp
    case .proxy: .proxy
    case .tls: .tls
    }
  }
}
