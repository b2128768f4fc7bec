import Foundation
import Glibc
import Testing

/// Authorities and certificates made by the `openssl` command in a folder that goes with this object.
final class TestCertificates: Sendable {
  /// Those of the suite that is running; see `WithCertificates`.
  @TaskLocal static var current: TestCertificates?

  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("walletwire-tls-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try makeAuthority("ca")
    try makeAuthority("stranger")
    try makeCertificate("good", names: "DNS:localhost,IP:127.0.0.1")
    try makeCertificate("other", names: "DNS:other.example,DNS:www.other.example")
    try makeCertificate("expired", names: "DNS:localhost", days: -1)
    try run([
      "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-keyout",
      path("self.key"), "-out", path("self.pem"), "-subj", "/CN=home server", "-days", "2",
      "-addext", "subjectAltName=DNS:localhost",
    ])
  }

  deinit {
    try? FileManager.default.removeItem(at: folder)
  }

  func path(_ file: String) -> String { folder.appendingPathComponent(file).path }

  private func makeAuthority(_ name: String) throws {
    try run([
      "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-keyout",
      path("\(name).key"), "-out", path("\(name).pem"), "-subj", "/CN=\(name) authority", "-days",
      "2",
    ])
  }

  private func makeCertificate(_ name: String, names: String, days: Int = 2) throws {
    try run([
      "req", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-keyout",
      path("\(name).key"), "-out", path("\(name).csr"), "-subj", "/CN=\(name)", "-addext",
      "subjectAltName=\(names)",
    ])
    try run([
      "x509", "-req", "-in", path("\(name).csr"), "-CA", path("ca.pem"), "-CAkey", path("ca.key"),
      "-out", path("\(name).pem"), "-days", "\(days)", "-copy_extensions", "copy",
    ])
  }

  private func run(_ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["openssl"] + arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "openssl \(arguments)")
  }
}

/// Makes certificates once for a whole suite.
struct WithCertificates: SuiteTrait, TestScoping {
  func provideScope(
    for test: Test, testCase: Test.Case?, performing run: @Sendable () async throws -> Void
  ) async throws {
    try await TestCertificates.$current.withValue(try TestCertificates(), operation: run)
  }
}

/// A real TLS server, `openssl s_server`, that sends each line back reversed. It ends with this object, and
/// within a minute in any case.
final class TestTLSServer: @unchecked Sendable {
  // `@unchecked Sendable`: made, used and ended by one test; `Process` is not touched concurrently.
  let port: UInt16
  private let process = Process()
  private let input = Pipe()

  init(_ certificates: TestCertificates, _ name: String, options: [String] = []) throws {
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      [
        "timeout", "60", "openssl", "s_server", "-accept", "127.0.0.1:0", "-rev", "-cert",
        certificates.path("\(name).pem"), "-key", certificates.path("\(name).key"),
      ] + options
    let output = Pipe()
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    // The threads of Swift's tasks block all signals, and a child inherits that: it could not be ended.
    try withSignalsUnblocked { [process] in try process.run() }
    var text = ""
    var port: UInt16?
    while port == nil {
      let data = output.fileHandleForReading.availableData
      try #require(!data.isEmpty, "openssl s_server ended early")
      text += String(decoding: data, as: UTF8.self)
      for line in text.split(separator: "\n").dropLast(text.hasSuffix("\n") ? 0 : 1)
      where line.hasPrefix("ACCEPT") {
        port = line.split(separator: ":").last.flatMap { UInt16($0) }
      }
    }
    self.port = try #require(port)
  }

  deinit {
    process.terminate()
    process.waitUntilExit()
  }
}

private func withSignalsUnblocked(_ body: () throws -> Void) rethrows {
  var none = sigset_t()
  var previous = sigset_t()
  sigemptyset(&none)
  pthread_sigmask(SIG_SETMASK, &none, &previous)
  defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }
  try body()
}
