import JSON

/// One step on the way to a source that works, as it went.
package struct DiagnosisStep: Sendable, Equatable {
  /// The steps in their order. The raw values are what `--json` says.
  package enum Kind: String, Sendable, CaseIterable {
    case configuration, name, tcp, proxy, tls, server, credentials, websocket, heartbeat
  }

  package enum Outcome: Sendable, Equatable {
    case passed
    /// There was nothing to try.
    case skipped
    /// What a person can do about it.
    case failed(remedy: String)
  }

  package let kind: Kind
  package let outcome: Outcome
  /// What was found. Never holds a key; may hold a server's words, so a terminal must be guarded.
  package let message: String
  /// Nil where nothing was tried.
  package let took: Duration?

  package var hasFailed: Bool {
    if case .failed = outcome { true } else { false }
  }
}

/// All steps of one source, up to the first that failed.
package struct SourceDiagnosis: Sendable, Equatable {
  package let name: String
  /// `lnbits` or `cashu`, as in the status.
  package let kind: String
  package let url: String
  package internal(set) var steps: [DiagnosisStep] = []

  package var hasPassed: Bool { !steps.contains(where: \.hasFailed) }
}

extension [SourceDiagnosis] {
  /// The whole diagnosis as one JSON object on one line.
  package var json: String {
    let bytes = JSONWriter.document { writer in
      writer.object { writer in
        writer.field("passed", allSatisfy(\.hasPassed))
        writer.field("sources") { writer in writer.array(self) { $1.write(to: &$0) } }
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension SourceDiagnosis {
  fileprivate func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.field("name", name)
      writer.field("kind", kind)
      writer.field("url", url)
      writer.field("passed", hasPassed)
      writer.field("steps") { writer in writer.array(steps) { $1.write(to: &$0) } }
    }
  }
}

extension DiagnosisStep {
  fileprivate func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.field("step", kind.rawValue)
      writer.field("outcome", outcome.word)
      writer.field("took_ms", took.map { ($0 / .milliseconds(1)) })
      writer.field("message", message)
      if case .failed(let remedy) = outcome {
        writer.field("remedy", remedy)
      } else {
        writer.field("remedy", String?.none)
      }
    }
  }
}

extension DiagnosisStep.Outcome {
  /// `passed`, `skipped` or `failed`.
  package var word: String {
    switch self {
    case .passed: "passed"
    case .skipped: "skipped"
    case .failed: "failed"
    }
  }
}
