extension OpenAPI {
  /// The paths of what is followed at mints.
  static let watchPaths = #"""
    "/api/v1/watches": {
      "get": {"operationId": "getWatches", "tags": ["watches"],
        "summary": "What is followed at the mints, in the order of its coming", "parameters": [
          {"name": "mint", "in": "query", "description": "All mints by default.",
            "schema": {"$ref": "#/components/schemas/Name"}}],
        "responses": {
          "200": {"description": "Every watch, those that are over among them.",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Watches"}}}},
          "400": {"$ref": "#/components/responses/BadRequest"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "429": {"$ref": "#/components/responses/TooManyGuesses"},
          "404": {"$ref": "#/components/responses/NotFound"},
          "503": {"$ref": "#/components/responses/Storage"}}},
      "post": {"operationId": "openWatch", "tags": ["watches"],
        "summary": "Follow a quote or a proof",
        "description": "The id is never served, logged or published; the handle stands for it.",
        "requestBody": {"required": true, "content": {"application/json": {
          "schema": {"$ref": "#/components/schemas/WatchOrder"}}}},
        "responses": {
          "200": {"description": "It is followed already.", "content": {"application/json": {
            "schema": {"$ref": "#/components/schemas/Watch"}}}},
          "201": {"description": "It is followed from now on.",
            "headers": {"Location": {"schema": {"type": "string"}}},
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Watch"}}}},
          "400": {"$ref": "#/components/responses/BadRequest"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "429": {"$ref": "#/components/responses/TooManyGuesses"},
          "403": {"$ref": "#/components/responses/Forbidden"},
          "404": {"$ref": "#/components/responses/NotFound"},
          "409": {"description":
          "Followed as another kind, or the mint has all the watches it may.",
            "content": {"application/problem+json": {
              "schema": {"$ref": "#/components/schemas/Problem"}}}},
          "415": {"$ref": "#/components/responses/UnsupportedMediaType"},
          "503": {"$ref": "#/components/responses/Storage"}}}},
    "/api/v1/watches/{handle}": {
      "get": {"operationId": "getWatch", "tags": ["watches"], "summary": "One watch",
        "parameters": [
          {"name": "handle", "in": "path", "required": true, "schema": {"type": "string"}}],
        "responses": {
          "200": {"description": "As it is now.", "content": {"application/json": {
            "schema": {"$ref": "#/components/schemas/Watch"}}}},
          "400": {"$ref": "#/components/responses/BadRequest"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "429": {"$ref": "#/components/responses/TooManyGuesses"},
          "404": {"$ref": "#/components/responses/NotFound"},
          "503": {"$ref": "#/components/responses/Storage"}}},
      "delete": {"operationId": "closeWatch", "tags": ["watches"],
        "summary": "Follow it no more, and forget its id",
        "parameters": [
          {"name": "handle", "in": "path", "required": true, "schema": {"type": "string"}}],
        "responses": {
          "204": {"description": "It is gone."},
          "400": {"$ref": "#/components/responses/BadRequest"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "429": {"$ref": "#/components/responses/TooManyGuesses"},
          "403": {"$ref": "#/components/responses/Forbidden"},
          "404": {"$ref": "#/components/responses/NotFound"},
          "415": {"$ref": "#/components/responses/UnsupportedMediaType"},
          "503": {"$ref": "#/components/responses/Storage"}}}}
    """#

  static let watchSchemas = #"""
    "WatchKind": {"type": "string", "enum": ["bolt11_mint_quote", "bolt11_melt_quote",
        "bolt12_mint_quote", "bolt12_melt_quote", "proof_state"]},
      "WatchState": {"type": "string", "enum": ["UNPAID", "PENDING", "PAID", "ISSUED", "UNSPENT",
        "SPENT", "EXPIRED", "UNKNOWN"]},
      "AmountPaid": {"type": ["integer", "null"], "minimum": 0, "description":
        "What was paid in all to a quote that can be paid more than once; null for every other."},
      "AmountIssued": {"type": ["integer", "null"], "minimum": 0, "description":
        "What was issued in all for such a quote."},
      "WatchOrder": {"type": "object", "required": ["kind", "id"], "properties": {
        "mint": {"$ref": "#/components/schemas/Name", "description": "The first by default."},
        "kind": {"$ref": "#/components/schemas/WatchKind"},
        "id": {"type": "string", "writeOnly": true, "minLength": 1, "maxLength": 256,
          "description": "The quote's id, or the proof's Y."}}},
      "Watch": {"type": "object",
        "required": ["handle", "mint", "kind", "state", "amount", "unit", "amount_paid",
          "amount_issued", "expiry", "observed_at"],
        "properties": {
          "handle": {"type": "string"}, "mint": {"$ref": "#/components/schemas/Name"},
          "kind": {"$ref": "#/components/schemas/WatchKind"},
          "state": {"$ref": "#/components/schemas/WatchState"},
          "amount": {"type": ["integer", "null"]}, "unit": {"type": ["string", "null"]},
          "amount_paid": {"$ref": "#/components/schemas/AmountPaid"},
          "amount_issued": {"$ref": "#/components/schemas/AmountIssued"},
          "expiry": {"type": ["string", "null"], "format": "date-time"},
          "observed_at": {"type": ["string", "null"], "format": "date-time"}}},
      "Watches": {"type": "object", "required": ["watches"], "properties": {
        "watches": {"type": "array", "items": {"$ref": "#/components/schemas/Watch"}}}},
      "WatchChange": {"type": "object", "description": "The data of a watch event.",
        "required": ["handle", "mint", "kind", "state", "previous_state", "amount", "unit",
          "amount_paid", "amount_issued", "observed_at", "via"],
        "properties": {
          "handle": {"type": "string"}, "mint": {"$ref": "#/components/schemas/Name"},
          "kind": {"$ref": "#/components/schemas/WatchKind"},
          "state": {"$ref": "#/components/schemas/WatchState"},
          "previous_state": {"$ref": "#/components/schemas/WatchState"},
          "amount": {"type": ["integer", "null"]}, "unit": {"type": ["string", "null"]},
          "amount_paid": {"$ref": "#/components/schemas/AmountPaid"},
          "amount_issued": {"$ref": "#/components/schemas/AmountIssued"},
          "observed_at": {"$ref": "#/components/schemas/Time"},
          "via": {"type": "string", "enum": ["websocket", "poll"]}}}
    """#
}
