import Foundation
import Glibc
import TestSupport
import Testing

/// Authorities and certificates made by the `openssl` command in a folder that goes with this
/// object.
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
    try makeCertificate("wildcards", names: "DNS:*.wild.example,DNS:w*.part.example")
    try makeCertificate("common-name", subject: "localhost")
    try makeCertificate("common-address", subject: "127.0.0.1")
    try makeCertificate("common-name-with-email", subject: "localhost", names: "email:a@localhost")
    try makeCertificate("common-name-with-address", subject: "localhost", names: "IP:127.0.0.9")
    try makeCertificate("common-name-with-other", subject: "localhost", names: "DNS:other.example")
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

  /// - Parameter names: its subjectAltName; nil for none.
  private func makeCertificate(
    _ name: String, subject: String? = nil, names: String? = nil, days: Int = 2
  ) throws {
    let extensions = names.map { ["-addext", "subjectAltName=\($0)"] } ?? []
    try run(
      [
        "req", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-keyout",
        path("\(name).key"), "-out", path("\(name).csr"), "-subj", "/CN=\(subject ?? name)",
      ] + extensions)
    try run([
      "x509", "-req", "-in", path("\(name).csr"), "-CA", path("ca.pem"), "-CAkey", path("ca.key"),
      "-out", path("\(name).pem"), "-days", "\(days)", "-copy_extensions", "copy",
    ])
  }

  private func run(_ arguments: [String]) throws {
    let openssl = try ChildProcess(["openssl"] + arguments)
    try #require(openssl.wait() == 0, "openssl \(arguments)")
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

/// A real TLS server, `openssl s_server`, that sends each line back reversed. It ends with this
/// object, and within a minute in any case.
final class TestTLSServer: Sendable {
  let port: UInt16
  private let process: ChildProcess

  init(_ certificates: TestCertificates, _ name: String, options: [String] = []) throws {
    process = try ChildProcess(
      [
        "timeout", "60", "openssl", "s_server", "-accept", "127.0.0.1:0", "-rev", "-cert",
        certificates.path("\(name).pem"), "-key", certificates.path("\(name).key"),
      ] + options)
    var line = ""
    while !line.hasPrefix("ACCEPT") {
      line = try #require(process.readLine(), "openssl s_server ended early")
    }
    port = try #require(line.split(separator: ":").last.flatMap { UInt16($0) })
  }

  deinit {
    // `timeout` passes it on.
    process.end(with: SIGTERM)
  }
}
