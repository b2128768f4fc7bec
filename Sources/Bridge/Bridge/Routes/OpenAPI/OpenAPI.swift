import JSON

/// The OpenAPI 3.1 description of every path that is answered, for `GET /api/v1/openapi.json`.
///
/// It is written by hand, and a test holds its paths and methods against ``Route``. The parts are
/// JSON texts that are put together here.
enum OpenAPI {
  /// - Parameters:
  ///   - version: of the program.
  ///   - basePath: where the paths begin; empty for the root.
  static func document(version: String, basePath: String) -> [UInt8] {
    var json = JSONWriter(reserving: 32 * 1024)
    json.object { json in
      json.field("openapi", "3.1.0")
      json.field("info") { json in
        json.object { json in
          json.field("title", "Walletwire")
          json.field("version", version)
          json.field("summary", "A local HTTP and SSE bridge for Lightning wallets.")
          json.field("description", description)
        }
      }
      json.field("servers") { json in
        json.array([basePath.isEmpty ? "/" : basePath]) { json, url in
          json.object { $0.field("url", url) }
        }
      }
      json.field("security") { $0.raw(security) }
      json.field("paths") { $0.raw("{\(readingPaths),\n\(steeringPaths),\n\(watchPaths)}") }
      json.field("components") { json in
        json.raw("{\(parameters),\n\(responses),\n\(securitySchemes),\n\(schemas)}")
      }
    }
    return json.bytes + [UInt8(ascii: "\n")]
  }

  private static let description = """
    Amounts are whole millisatoshi, amount_sat is rounded down, times are RFC 3339 in UTC with \
    milliseconds. Every GET answers HEAD. What carries an ETag answers If-None-Match with 304. A \
    GET never causes a request to a wallet. Errors are RFC 9457 problems. Any path answers 400 \
    without a valid Host, 421 to a foreign one, 403 to a request that came through a proxy while \
    no token is configured, 405 with Allow to a wrong method, and 431 to a header of more than \
    16 KiB. A parameter that an endpoint does not know is 400, as is one that is given twice and \
    may not be; names that begin with _ or contain cache are passed over. Where no token is \
    configured none is needed.
    """

  /// With a token by header or by cookie, or, where none is configured, without.
  private static let security = #"[{"bearer": []}, {"session": []}, {}]"#

  private static let securitySchemes = #"""
    "securitySchemes": {
      "bearer": {"type": "http", "scheme": "bearer",
        "description": "The configured access token."},
      "session": {"type": "apiKey", "in": "cookie", "name": "walletwire_session",
        "description": "Opened by POST /api/v1/session."},
      "query": {"type": "apiKey", "in": "query", "name": "access_token",
        "description": "On the event stream, where allow_query_token is switched on."}
    }
    """#
}
