extension OpenAPI {
  /// The stream, commands and sessions.
  static let steeringPaths = #"""
    "/api/v1/events": {"get": {"operationId": "streamEvents", "tags": ["events"],
      "summary": "The event stream",
      "description": "payment, balance and watch events carry ids and can be resumed; status and \#
    gap carry none; snapshot carries the id of the last event. Order: gap if one is due, missed \#
    events, snapshot, \#
    live events. When all places are taken: retry: 10000, and the stream ends.",
      "security": [{"bearer": []}, {"session": []}, {"query": []}, {}], "parameters": [
        {"$ref": "#/components/parameters/walletList"},
        {"$ref": "#/components/parameters/types"},
        {"$ref": "#/components/parameters/lastEventID"},
        {"$ref": "#/components/parameters/since"},
        {"$ref": "#/components/parameters/last_event_id"},
        {"$ref": "#/components/parameters/lastEventId"},
        {"$ref": "#/components/parameters/lastEventIDQuery"}],
      "responses": {
        "200": {"$ref": "#/components/responses/EventStream"},
        "400": {"$ref": "#/components/responses/BadRequest"},
        "401": {"$ref": "#/components/responses/Unauthorized"},
        "429": {"$ref": "#/components/responses/TooManyGuesses"},
        "404": {"$ref": "#/components/responses/NotFound"}}}},
    "/events": {"get": {"operationId": "streamEventsBriefly", "tags": ["events"],
      "summary": "The event stream, under a shorter name",
      "security": [{"bearer": []}, {"session": []}, {"query": []}, {}], "parameters": [
        {"$ref": "#/components/parameters/walletList"},
        {"$ref": "#/components/parameters/types"},
        {"$ref": "#/components/parameters/lastEventID"},
        {"$ref": "#/components/parameters/since"},
        {"$ref": "#/components/parameters/last_event_id"},
        {"$ref": "#/components/parameters/lastEventId"},
        {"$ref": "#/components/parameters/lastEventIDQuery"}],
      "responses": {
        "200": {"$ref": "#/components/responses/EventStream"},
        "400": {"$ref": "#/components/responses/BadRequest"},
        "401": {"$ref": "#/components/responses/Unauthorized"},
        "429": {"$ref": "#/components/responses/TooManyGuesses"},
        "404": {"$ref": "#/components/responses/NotFound"}}}},
    "/api/v1/reconnect": {"post": {"operationId": "reconnect", "tags": ["commands"],
      "summary": "Drop the socket and connect at once",
      "description": "Attempts are reset, and the key file is read again.",
      "parameters": [{"$ref": "#/components/parameters/source"}],
      "requestBody": {"$ref": "#/components/requestBodies/Nothing"},
      "responses": {
        "202": {"$ref": "#/components/responses/Accepted"},
        "400": {"$ref": "#/components/responses/BadRequest"},
        "401": {"$ref": "#/components/responses/Unauthorized"},
        "429": {"$ref": "#/components/responses/TooManyGuesses"},
        "403": {"$ref": "#/components/responses/Forbidden"},
        "404": {"$ref": "#/components/responses/NotFound"},
        "415": {"$ref": "#/components/responses/UnsupportedMediaType"}}}},
    "/api/v1/pause": {"post": {"operationId": "pause", "tags": ["commands"],
      "summary": "Hold no connection until resumed", "description": "Idempotent.",
      "parameters": [{"$ref": "#/components/parameters/source"}],
      "requestBody": {"$ref": "#/components/requestBodies/Nothing"},
      "responses": {
        "202": {"$ref": "#/components/responses/Accepted"},
        "400": {"$ref": "#/components/responses/BadRequest"},
        "401": {"$ref": "#/components/responses/Unauthorized"},
        "429": {"$ref": "#/components/responses/TooManyGuesses"},
        "403": {"$ref": "#/components/responses/Forbidden"},
        "404": {"$ref": "#/components/responses/NotFound"},
        "415": {"$ref": "#/components/responses/UnsupportedMediaType"}}}},
    "/api/v1/resume": {"post": {"operationId": "resume", "tags": ["commands"],
      "summary": "Connect again after a pause", "description": "Idempotent.",
      "parameters": [{"$ref": "#/components/parameters/source"}],
      "requestBody": {"$ref": "#/components/requestBodies/Nothing"},
      "responses": {
        "202": {"$ref": "#/components/responses/Accepted"},
        "400": {"$ref": "#/components/responses/BadRequest"},
        "401": {"$ref": "#/components/responses/Unauthorized"},
        "429": {"$ref": "#/components/responses/TooManyGuesses"},
        "403": {"$ref": "#/components/responses/Forbidden"},
        "404": {"$ref": "#/components/responses/NotFound"},
        "415": {"$ref": "#/components/responses/UnsupportedMediaType"}}}},
    "/api/v1/session": {
      "post": {"operationId": "openSession", "tags": ["session"], "security": [{}],
        "summary": "Give the token, get a cookie that stands for it",
        "description": "Where no token is configured, any body is answered with 204 and no \#
    cookie: none is needed. A session ends with DELETE, after 30 days, when 64 newer ones are \#
    open, or with the \#
    process.",
        "requestBody": {"required": true, "content": {"application/json": {
          "schema": {"$ref": "#/components/schemas/Credentials"}}}},
        "responses": {
          "204": {"description": "The session is open.", "headers": {"Set-Cookie": {
            "description": "HttpOnly; SameSite=Strict; Secure where a proxy says it speaks TLS.",
            "schema": {"type": "string"}}}},
          "400": {"$ref": "#/components/responses/BadRequest"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Forbidden"},
          "415": {"$ref": "#/components/responses/UnsupportedMediaType"},
          "429": {"$ref": "#/components/responses/TooManyGuesses"}}},
      "delete": {"operationId": "closeSession", "tags": ["session"],
        "summary": "End the session of the cookie that is sent",
        "responses": {
          "204": {"description": "The cookie is void, and the browser is told to forget it.",
            "headers": {"Set-Cookie": {"schema": {"type": "string"}}}},
          "400": {"$ref": "#/components/responses/BadRequest"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "429": {"$ref": "#/components/responses/TooManyGuesses"},
          "403": {"$ref": "#/components/responses/Forbidden"},
          "415": {"$ref": "#/components/responses/UnsupportedMediaType"}}}}
    """#
}
