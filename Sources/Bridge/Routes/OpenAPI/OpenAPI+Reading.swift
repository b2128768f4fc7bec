extension OpenAPI {
  /// The paths that are read.
  static let readingPaths = #"""
    "/": {"get": {"operationId": "getPage", "tags": ["page"], "summary": "The page", "security": [{}],
      "description": "The page's other files stand beside it. They need no token.",
      "responses": {
        "200": {"description": "The page.", "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
          "content": {"text/html": {"schema": {"type": "string"}}}},
        "304": {"$ref": "#/components/responses/NotModified"},
        "404": {"$ref": "#/components/responses/NotFound"}}}},
    "/api/v1/balance": {"get": {"operationId": "getBalance", "tags": ["money"],
      "summary": "One wallet's balance", "parameters": [
        {"$ref": "#/components/parameters/wallet"}, {"$ref": "#/components/parameters/ifNoneMatch"}],
      "responses": {
        "200": {"description": "The last number that the wallet confirmed.",
          "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
          "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Balance"}}}},
        "304": {"$ref": "#/components/responses/NotModified"},
        "401": {"$ref": "#/components/responses/Unauthorized"},
        "404": {"$ref": "#/components/responses/NotFound"},
        "503": {"description": "The wallet has never confirmed a balance.",
          "content": {"application/problem+json": {
            "schema": {"$ref": "#/components/schemas/BalanceProblem"}}}}}}},
    "/api/v1/balances": {"get": {"operationId": "getBalances", "tags": ["money"],
      "summary": "Every wallet's balance",
      "description": "A wallet that has never confirmed a balance is left out.",
      "parameters": [{"$ref": "#/components/parameters/ifNoneMatch"}],
      "responses": {
        "200": {"description": "In the order of the configuration.",
          "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
          "content": {"application/json": {"schema": {"type": "array",
            "items": {"$ref": "#/components/schemas/Balance"}}}}},
        "304": {"$ref": "#/components/responses/NotModified"},
        "401": {"$ref": "#/components/responses/Unauthorized"}}}},
    "/api/v1/payments": {"get": {"operationId": "getPayments", "tags": ["money"],
      "summary": "Payments, the last published first", "parameters": [
        {"$ref": "#/components/parameters/wallets"}, {"$ref": "#/components/parameters/limit"},
        {"$ref": "#/components/parameters/before"}, {"$ref": "#/components/parameters/status"},
        {"$ref": "#/components/parameters/direction"},
        {"$ref": "#/components/parameters/paymentHash"}, {"$ref": "#/components/parameters/q"},
        {"$ref": "#/components/parameters/ifNoneMatch"}],
      "responses": {
        "200": {"description": "A page of payments.",
          "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
          "content": {"application/json": {"schema": {"$ref": "#/components/schemas/PaymentPage"}}}},
        "304": {"$ref": "#/components/responses/NotModified"},
        "400": {"$ref": "#/components/responses/BadRequest"},
        "401": {"$ref": "#/components/responses/Unauthorized"},
        "404": {"$ref": "#/components/responses/NotFound"},
        "503": {"$ref": "#/components/responses/Storage"}}}},
    "/api/v1/payments.csv": {"get": {"operationId": "getPaymentsAsCSV", "tags": ["money"],
      "summary": "The same list as CSV", "description": "RFC 4180; 1000 rows unless limit says less.",
      "parameters": [
        {"$ref": "#/components/parameters/wallets"}, {"$ref": "#/components/parameters/limit"},
        {"$ref": "#/components/parameters/before"}, {"$ref": "#/components/parameters/status"},
        {"$ref": "#/components/parameters/direction"},
        {"$ref": "#/components/parameters/paymentHash"}, {"$ref": "#/components/parameters/q"},
        {"$ref": "#/components/parameters/ifNoneMatch"}],
      "responses": {
        "200": {"description": "A line of names, then one for each payment.",
          "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
          "content": {"text/csv": {"schema": {"type": "string"}}}},
        "304": {"$ref": "#/components/responses/NotModified"},
        "400": {"$ref": "#/components/responses/BadRequest"},
        "401": {"$ref": "#/components/responses/Unauthorized"},
        "404": {"$ref": "#/components/responses/NotFound"},
        "503": {"$ref": "#/components/responses/Storage"}}}},
    "/api/v1/payments/{payment_id}": {"get": {"operationId": "getPayment", "tags": ["money"],
      "summary": "One payment", "parameters": [
        {"name": "payment_id", "in": "path", "required": true, "schema": {"type": "string"}},
        {"$ref": "#/components/parameters/wallets"},
        {"$ref": "#/components/parameters/ifNoneMatch"}],
      "responses": {
        "200": {"description": "The payment.",
          "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
          "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Payment"}}}},
        "304": {"$ref": "#/components/responses/NotModified"},
        "401": {"$ref": "#/components/responses/Unauthorized"},
        "404": {"$ref": "#/components/responses/NotFound"},
        "503": {"$ref": "#/components/responses/Storage"}}}},
    "/api/v1/history": {"get": {"operationId": "getHistory", "tags": ["money"],
      "summary": "One wallet's sums by hour, day or month", "parameters": [
        {"$ref": "#/components/parameters/wallet"},
        {"name": "group", "in": "query", "schema": {"type": "string",
          "enum": ["hour", "day", "month"], "default": "day"}},
        {"name": "since", "in": "query", "description": "A date, or a time as in RFC 3339.",
          "schema": {"type": "string", "pattern": "^(19[789]|[2-9])",
            "anyOf": [{"format": "date"}, {"format": "date-time"}]}},
        {"$ref": "#/components/parameters/ifNoneMatch"}],
      "responses": {
        "200": {"description": "The periods, the oldest first.",
          "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
          "content": {"application/json": {"schema": {"type": "array",
            "items": {"$ref": "#/components/schemas/Period"}}}}},
        "304": {"$ref": "#/components/responses/NotModified"},
        "400": {"$ref": "#/components/responses/BadRequest"},
        "401": {"$ref": "#/components/responses/Unauthorized"},
        "404": {"$ref": "#/components/responses/NotFound"},
        "503": {"$ref": "#/components/responses/Storage"}}}},
    "/api/v1/status": {"get": {"operationId": "getStatus", "tags": ["bridge"],
      "summary": "The bridge and every source",
      "responses": {
        "200": {"description": "As of now.", "content": {"application/json": {
          "schema": {"$ref": "#/components/schemas/Status"}}}},
        "401": {"$ref": "#/components/responses/Unauthorized"}}}},
    "/api/v1/config": {"get": {"operationId": "getConfiguration", "tags": ["bridge"],
      "summary": "The effective configuration",
      "parameters": [{"$ref": "#/components/parameters/ifNoneMatch"}],
      "responses": {
        "200": {"description": "Sections and keys as in the file; secrets are \"***\".",
          "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
          "content": {"application/json": {"schema": {"type": "object"}}}},
        "304": {"$ref": "#/components/responses/NotModified"},
        "401": {"$ref": "#/components/responses/Unauthorized"}}}},
    "/api/v1/openapi.json": {"get": {"operationId": "getOpenAPI", "tags": ["bridge"],
      "summary": "This document",
      "parameters": [{"$ref": "#/components/parameters/ifNoneMatch"}],
      "responses": {
        "200": {"description": "OpenAPI 3.1.",
          "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
          "content": {"application/json": {"schema": {"type": "object"}}}},
        "304": {"$ref": "#/components/responses/NotModified"},
        "401": {"$ref": "#/components/responses/Unauthorized"}}}},
    "/healthz": {"get": {"operationId": "getHealth", "tags": ["bridge"], "security": [{}],
      "summary": "Whether the process serves",
      "responses": {
        "200": {"description": "It does.", "content": {"application/json": {
          "schema": {"$ref": "#/components/schemas/Ok"}}}}}}},
    "/readyz": {"get": {"operationId": "getReadiness", "tags": ["bridge"],
      "summary": "Whether every enabled, unpaused source is connected",
      "responses": {
        "200": {"description": "All are.", "content": {"application/json": {
          "schema": {"$ref": "#/components/schemas/Ok"}}}},
        "401": {"$ref": "#/components/responses/Unauthorized"},
        "503": {"description": "Those that are not, or a store that does not take writes.",
          "content": {"application/problem+json": {
            "schema": {"$ref": "#/components/schemas/ReadinessProblem"}}}}}}},
    "/metrics": {"get": {"operationId": "getMetrics", "tags": ["bridge"],
      "summary": "Figures for Prometheus",
      "responses": {
        "200": {"description": "The text format 0.0.4.", "content": {
          "text/plain; version=0.0.4; charset=utf-8": {"schema": {"type": "string"}}}},
        "401": {"$ref": "#/components/responses/Unauthorized"}}}}
    """#
}
