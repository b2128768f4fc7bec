import BridgeModel
import Testing

@testable import Bridge
@testable import HTTPServer

@Suite("Metrics")
struct RoutesMetricsTests {
  @Test("A family has its help and its type before its samples")
  func families() {
    var metrics = MetricsText()
    metrics.family(
      "a_total", .counter, "Of a.",
      [([("source", "x")], .whole(.max)), ([("source", "y"), ("b", "c")], .real(0.5))])
    metrics.single("b", .gauge, "Of b.", .flag(true))
    metrics.single("c", .gauge, "Of c.", nil)
    #expect(
      metrics.text == """
        # HELP a_total Of a.
        # TYPE a_total counter
        a_total{source="x"} 9223372036854775807
        a_total{source="y",b="c"} 0.5
        # HELP b Of b.
        # TYPE b gauge
        b 1

        """)
  }

  @Test("What clients were answered is told by status, and what was refused before by its reason")
  func server() {
    var outcomes = HTTPOutcomes()
    outcomes.responses = [413: 2, 200: 1]
    (outcomes.unfinished, outcomes.displaced, outcomes.turnedAway) = (3, 4, 5)
    var metrics = MetricsText()
    metrics.addServer(HTTPServerCounts(connections: 6, streams: 0, waiting: 0), outcomes)
    #expect(
      metrics.text.split(separator: "\n").filter { !$0.hasPrefix("#") } == [
        "walletwire_http_connections 6",
        #"walletwire_http_responses_total{status="200"} 1"#,
        #"walletwire_http_responses_total{status="413"} 2"#,
        "walletwire_http_requests_unfinished_total 3",
        "walletwire_http_connections_displaced_total 4",
        "walletwire_http_connections_refused_total 5",
      ])
  }

  @Test("A histogram counts upwards, and ends with all")
  func histogram() {
    var times = DurationHistogram()
    for duration in [Duration.milliseconds(5), .milliseconds(6), .seconds(3600), .seconds(-1)] {
      times.add(duration)
    }
    var metrics = MetricsText()
    metrics.histogram("a_seconds", "Of a.", [(("source", "x"), times)])
    let lines = metrics.text.split(separator: "\n")
    #expect(lines[1] == "# TYPE a_seconds histogram")
    #expect(lines[2] == #"a_seconds_bucket{source="x",le="0.005"} 2"#)
    #expect(lines[3] == #"a_seconds_bucket{source="x",le="0.01"} 3"#)
    #expect(lines.contains(#"a_seconds_bucket{source="x",le="60.0"} 3"#))
    #expect(lines.contains(#"a_seconds_bucket{source="x",le="+Inf"} 4"#))
    #expect(
      lines.suffix(2) == [
        #"a_seconds_sum{source="x"} 3600.011"#, #"a_seconds_count{source="x"} 4"#,
      ])
  }

  @Test(
    "A label's value cannot break out of its line",
    arguments: [
      (#"a"b"#, #"a\"b"#), (#"a\b"#, #"a\\b"#), ("a\nb", #"a\nb"#), ("a\r\nb", "a\u{FFFD}\\nb"),
      ("⚡", "⚡"), ("", ""), ("1.6\u{1B}[31m", "1.6\u{FFFD}[31m"), ("a\0\tb", "a\u{FFFD}\u{FFFD}b"),
      ("a\u{202E}b\u{2028}\u{85}", "a\u{FFFD}b\u{FFFD}\u{FFFD}"),
    ])
  func escaping(_ value: String, _ escaped: String) {
    var metrics = MetricsText()
    metrics.family("a", .gauge, "Of a.", [([("l", value)], .whole(1))])
    #expect(metrics.text.hasSuffix("a{l=\"\(escaped)\"} 1\n"))
  }

  @Test(
    "Numbers that are none have names",
    arguments: [(Double.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (2, "2.0")])
  func numbers(_ number: Double, _ spelling: String) {
    var metrics = MetricsText()
    metrics.single("a", .gauge, "Of a.", .real(number))
    #expect(metrics.text.hasSuffix("a \(spelling)\n"))
  }

  @Test("A process's name may hold spaces and parentheses")
  func processName() {
    var figures = ProcessFigures()
    let fields = (3...52).map { "\($0)00" }.joined(separator: " ")
    figures.read(stat: "1 (a) b (c) \(fields)\n")
    #expect(figures.cpuSeconds == 29)
    #expect(figures.startSeconds == 22)
    #expect(figures.virtualBytes == 2300)
    #expect(figures.residentBytes.map { $0 % 2400 } == 0)
  }

  @Test("This process has figures")
  func thisProcess() {
    let figures = ProcessFigures.current()
    #expect((figures.residentBytes ?? 0) > 1_000_000)
    #expect((figures.openDescriptors ?? 0) >= 3)
    #expect((figures.startSeconds ?? 0) > 1_000_000_000)
  }

  @Test("Published payments are counted by wallet, direction and status")
  func published() {
    var counts = PublishedCounts()
    let time = Timestamp(milliseconds: 0)
    let payment = Payment(
      paymentID: "p", paymentHash: "p", direction: .incoming, status: .settled,
      amount: Millisatoshi(1500), fee: Millisatoshi(2), memo: "", createdAt: time,
      settledAt: time, observedAt: time, isLate: false)
    counts.count(.payment(payment), of: "main")
    counts.count(.payment(payment), of: "main")
    counts.count(.payment(payment), of: "gone")
    let change = BalanceChange(
      amount: Millisatoshi(1), change: Millisatoshi(1), cause: .correction, confirmedAt: time)
    counts.count(.balance(change), of: "main")
    var metrics = MetricsText()
    metrics.addPublished(counts, wallets: ["main"])
    let labels = #"{wallet="main",direction="incoming",status="settled"}"#
    #expect(metrics.text.contains("walletwire_payments_published_total\(labels) 2\n"))
    #expect(metrics.text.contains("walletwire_payments_published_msat_total\(labels) 3000\n"))
    #expect(metrics.text.contains("walletwire_payment_fees_published_msat_total\(labels) 4\n"))
    #expect(metrics.text.contains("walletwire_balances_published_total{wallet=\"main\"} 1\n"))
    #expect(metrics.text.contains("walletwire_payment_lag_seconds_count{wallet=\"main\"} 2\n"))
    #expect(metrics.text.contains("walletwire_corrections_published_total{wallet=\"main\"} 1\n"))
    #expect(!metrics.text.contains("gone"))
  }
}
