import FoundationEssentials
import Testing

@testable import Bridge

@Suite("OpenAPI")
struct RoutesOpenAPITests {
  /// A path item's members that stand for methods; the others fail the decoding of the test that
  /// uses it.
  private struct Document: Decodable {
    struct Operation: Decodable {
      struct Requirement: Decodable {}
      struct Parameter: Decodable {
        var name: String?
        var place: String?
        var reference: String?

        enum CodingKeys: String, CodingKey {
          case name
          case place = "in"
          case reference = "$ref"
        }
      }
      var operationId: String
      var parameters: [Parameter]?
      var security: [[String: [String]]]?
    }
    struct Components: Decodable {
      var parameters: [String: Operation.Parameter]
    }
    struct Server: Decodable {
      var url: String
    }
    var openapi: String
    var servers: [Server]
    var paths: [String: [String: Operation]]
    var components: Components
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

  @Test("Every parameter that is taken is described, and no other is")
  func parameters() throws {
    let document = try Self.document()
    for (path, operations) in document.paths {
      guard let known = Route(path: path).parameters else { continue }
      var described: Set<String> = []
      for operation in operations.values {
        for parameter in operation.parameters ?? [] {
          let shared = parameter.reference.flatMap { $0.split(separator: "/").last }
          let named = try #require(
            shared.map { document.components.parameters[String($0)] } ?? parameter, "\(path)")
          if named.place == "query", let name = named.name { described.insert(name) }
        }
      }
      // The stream's token is a security scheme of its own.
      #expect(described == Set(known.map(\.name)).subtracting(["access_token"]), "\(path)")
    }
  }

  @Test("The server is where the paths begin", arguments: [("", "/"), ("/wallet", "/wallet")])
  func server(_ basePath: String, _ url: String) throws {
    #expect(try Self.document(basePath: basePath).servers.map(\.url) == [url])
  }
}
