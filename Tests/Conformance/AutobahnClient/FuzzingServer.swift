import EventLoop
import Transport

/// The suite's server, as a client under test sees it: each thing that it can be asked is a path,
/// and each takes a connection of its own.
struct FuzzingServer: Sendable {
  let endpoint: Endpoint
  /// The name under which the results are reported.
  let agent: String
  let loop: EventLoop

  func caseCount() async throws -> Int {
    guard let count = try await visit("/getCaseCount").flatMap({ Int($0) }) else {
      throw AutobahnFailure("the server did not say how many cases there are")
    }
    return count
  }

  /// Runs one case; `number` counts from 1.
  func runCase(_ number: Int) async throws {
    _ = try await visit("/runCase?case=\(number)&agent=\(agent)")
  }

  /// Makes the server write its reports.
  func updateReports() async throws {
    _ = try await visit("/updateReports?agent=\(agent)")
  }

  private func visit(_ target: String) async throws -> String? {
    let session = try EchoSession(host: endpoint.description, target: target)
    return try await EchoClient(session, to: endpoint, on: loop).run()
  }
}
