extension OpenAPI {
  static let parameters = #"""
    "parameters": {
      "wallet": {"name": "wallet", "in": "query", "description": "The first wallet by default.",
        "schema": {"$ref": "#/components/schemas/Name"}},
      "wallets": {"name": "wallet", "in": "query", "description": "All wallets by default.",
        "schema": {"$ref": "#/components/schemas/Name"}},
      "walletList": {"name": "wallet", "in": "query", "style": "form", "explode": true,
        "description": "Those wallets and mints; all by default.",
        "schema": {"type": "array", "items": {"$ref": "#/components/schemas/Name"}}},
      "source": {"name": "source", "in": "query", "description": "All sources by default.",
        "schema": {"$ref": "#/components/schemas/Name"}},
      "limit": {"name": "limit", "in": "query",
        "schema": {"type": "integer", "minimum": 1, "maximum": 1000},
        "description": "50 by default; 1000 for CSV."},
      "before": {"name": "before", "in": "query", "description": "next_before of the page before.",
        "schema": {"type": "string", "pattern": "^[0-9a-z]{1,12}[.][0-9a-z]{1,12}$"}},
      "status": {"name": "status", "in": "query",
        "schema": {"$ref": "#/components/schemas/PaymentStatus"}},
      "direction": {"name": "direction", "in": "query",
        "schema": {"$ref": "#/components/schemas/Direction"}},
      "paymentHash": {"name": "payment_hash", "in": "query", "schema": {"type": "string"}},
      "q": {"name": "q", "in": "query", "description": "A part of the memo, whatever its case.",
        "schema": {"type": "string"}},
      "types": {"name": "types", "in": "query", "style": "form", "explode": false,
        "description":
        "Leaves out other events; never gap or snapshot. May be given several times.",
        "schema": {"type": "array", "minItems": 1, "items": {"type": "string"}}},
      "lastEventID": {"name": "Last-Event-ID", "in": "header", "schema": {"type": "string"},
        "description": "Goes before the parameters of the same meaning."},
      "since": {"name": "since", "in": "query", "schema": {"type": "string"},
        "description": "An event id, or earliest for everything kept."},
      "last_event_id": {"name": "last_event_id", "in": "query", "schema": {"type": "string"}},
      "lastEventId": {"name": "lastEventId", "in": "query", "schema": {"type": "string"}},
      "lastEventIDQuery": {"name": "lastEventID", "in": "query", "schema": {"type": "string"}},
      "ifNoneMatch": {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}}
    },
    "headers": {
      "ETag": {"description": "Of the exact bytes.", "schema": {"type": "string"}}
    },
    "requestBodies": {
      "Nothing": {"description":
      "None is needed; one that is sent must be JSON by its Content-Type.",
        "required": false, "content": {"application/json": {"schema": {}}}}
    }
    """#

  static let responses = #"""
    "responses": {
      "NotModified": {"description": "The client has these very bytes."},
      "BadRequest": {"description": "The detail names what is wrong.",
        "content": {"application/problem+json": {"schema":
          {"$ref": "#/components/schemas/Problem"}}}},
      "Unauthorized": {"description": "The token is missing or wrong.",
        "headers": {"WWW-Authenticate": {"schema": {"type": "string"}}},
        "content": {"application/problem+json": {"schema":
          {"$ref": "#/components/schemas/Problem"}}}},
      "TooManyGuesses": {
        "description": "A wrong token after many wrong ones. The right one is always taken.",
        "headers": {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}},
        "content": {"application/problem+json": {"schema":
          {"$ref": "#/components/schemas/Problem"}}}},
      "Forbidden": {"description": "Another site's page asked for it.",
        "content": {"application/problem+json": {"schema":
          {"$ref": "#/components/schemas/Problem"}}}},
      "NotFound": {"description": "There is no such thing.",
        "content": {"application/problem+json": {"schema":
          {"$ref": "#/components/schemas/Problem"}}}},
      "UnsupportedMediaType": {"description": "The Content-Type is not application/json.",
        "content": {"application/problem+json": {"schema":
          {"$ref": "#/components/schemas/Problem"}}}},
      "Storage": {"description": "The store cannot be read.",
        "content": {"application/problem+json": {"schema":
          {"$ref": "#/components/schemas/Problem"}}}},
      "Accepted": {"description": "The source, or an array of all where none was named.",
        "content": {"application/json": {"schema": {"oneOf": [
          {"$ref": "#/components/schemas/Source"},
          {"type": "array", "items": {"$ref": "#/components/schemas/Source"}}]}}}},
      "EventStream": {"description": "Server-Sent Events; see the schemas Payment, BalanceChange, \#
    WatchChange, StatusChange, Snapshot and Gap for their data.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}}}
    }
    """#
}
