import EventLoop
import Glibc
import Transport

/// Runs all cases of an Autobahn fuzzing server: `AutobahnClient PORT AGENT`. The verdicts are in
/// the server's report; the exit status says only whether the cases could be run.
@main
enum AutobahnClient {
  /// Many cases wait on the server's own timers, so a few at once save time.
  private static let maximumCasesAtOnce = 4

  static func main() async {
    let arguments = CommandLine.arguments
    guard arguments.count == 3, let port = UInt16(arguments[1]) else {
      print("usage: AutobahnClient PORT AGENT")
      exit(64)
    }
    do {
      let loop = try EventLoop(name: "autobahn")
      let server = FuzzingServer(
        endpoint: Endpoint(host: "127.0.0.1", port: port), agent: arguments[2], loop: loop)
      try await runAllCases(of: server)
      await loop.shutDown()
    } catch {
      print("AutobahnClient: \(error)")
      exit(1)
    }
  }

  private static func runAllCases(of server: FuzzingServer) async throws {
    let count = try await server.caseCount()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 1...max(count, 1) {
        if number > maximumCasesAtOnce { try await group.next() }
        group.addTask { try await server.runCase(number) }
      }
      try await group.waitForAll()
    }
    try await server.updateReports()
    print("\(count) cases run")
  }
}
