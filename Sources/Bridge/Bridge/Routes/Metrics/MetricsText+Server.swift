import HTTPServer

/// The families about clients: what they have open, and what they were answered.
extension MetricsText {
  mutating func addServer(_ counts: HTTPServerCounts, _ outcomes: HTTPOutcomes) {
    single(
      "walletwire_http_connections", .gauge, "Open connections of clients, streams included.",
      .count(counts.connections))
    family(
      "walletwire_http_responses_total", .counter,
      "Responses by status; 413, 429, 431 and 503 are for what passed a limit.",
      outcomes.responses.sorted { $0.key < $1.key }.map { status, count in
        ([("status", String(status))], .whole(count))
      })
    single(
      "walletwire_http_requests_unfinished_total", .counter,
      "Requests that ended between their first line and their last byte, refused there or left.",
      .whole(outcomes.unfinished))
    single(
      "walletwire_http_connections_displaced_total", .counter,
      "Connections without a request, given up for newer ones.", .whole(outcomes.displaced))
    single(
      "walletwire_http_connections_refused_total", .counter,
      "Connections closed at once, for there were as many as there may be.",
      .whole(outcomes.turnedAway))
  }
}
