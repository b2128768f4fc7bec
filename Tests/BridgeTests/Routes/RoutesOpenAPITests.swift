import FoundationEssentials
import Testing

@testable import Bridge

@Suite("OpenAPI")
struct RoutesOpenAPITests {
  /// A path item's members that stand for methods; the others fail the decoding of the test that uses it.
  private struct Document: Decodable {
    struct Operation: Decodable {
      struct Requirement: Decodable {}
      var operationId: String
      var security: [[String: [String]]]?
    }
    struct Server: Decodable {
      var url: String
    }
    var openapi: String
    var servers: [Server]
    var paths: [String: [String: Operation]]
  }

  private static func document(basePath: String = "") throws -> Document {
    let bytes = OpenAPI.document(version: "0.0.0", basePath: basePath)
    return try JSONDecoder().decode(Document.self, from: Data(bytes))
  }

  @Test("Every path that is answered is described, and no other")
  func paths() throws {
    let document = try Self.document()
    #expect(document.openapi == "3.1.0")
    #expect(
      Set(document.paths.keys)
        == Set(Route.fixed.keys).union([
          "/", "/api/v1/payments/{payment_id}", "/api/v1/watches/{handle}",
        ]))
  }

  @Test("Every method is described, and whether it needs a token")
  func methods() throws {
    let document = try Self.document()
    for (path, operations) in document.paths {
      let route = Route(path: path)
      #expect(Set(operations.keys) == Set(route.methods.map { $0.lowercased() }), "\(path)")
      for (method, operation) in operations {
        let isOpen = operation.security.map { $0.allSatisfy(\.isEmpty) } ?? false
        #expect(route.needsToken(method: method.uppercased()) == !isOpen, "\(method) \(path)")
      }
    }
    let names = document.paths.values.flatMap(\.values).map(\.operationId)
    #expect(Set(names).count == names.count)
  }

  @Test("The server is where the paths begin", arguments: [("", "/"), ("/wallet", "/wallet")])
  func server(_ basePath: String, _ url: String) throws {
    #expect(try Self.document(basePath: basePath).servers.map(\.url) == [url])
  }
}
