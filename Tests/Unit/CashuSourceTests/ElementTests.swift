import BridgeModel
import Testing

@testable import CashuSource

@Suite("Lists: one element that cannot be read leaves the others as they are")
struct ElementTests {
  /// What stands for one proof in a mint's answer.
  static let unreadable = [
    #"{"Y":"Y2","state":"RESERVED"}"#, #"{"Y":"Y2"}"#, #"{"Y":"Y2","state":7}"#,
    #"{"Y":"Y2","state":null}"#, #"{"Y":"Y2","state":"PAID"}"#, #"{"Y":"Y2","state":"EXPIRED"}"#,
    #"{"Y":7,"state":"SPENT"}"#, #"{"state":"SPENT"}"#, "{}", "null", "[]", "7", #""Y2""#,
  ]

  private func polled() -> Rig {
    Rig(SimulatedMint(advertisesSubscriptions: false))
  }

  @Test("NUT-07: the other proofs are told, and the mint stays connected", arguments: unreadable)
  func proofs(element: String) {
    var rig = polled()
    rig.mint.objects["Y2"] = element
    rig.give(.start)
    rig.watch(.proofState, ["Y1", "Y2", "Y3"])
    rig.run(.seconds(30))
    rig.change("Y1", to: .spent)
    rig.change("Y3", to: .pending)
    rig.run(.seconds(60))
    #expect(rig.transitions(of: "Y1") == [.spent])
    #expect(rig.transitions(of: "Y2") == [])
    #expect(rig.transitions(of: "Y3") == [.pending])
    #expect(rig.source.status.state == .connected)
    #expect(rig.source.status.delivery == .polling)
    #expect(rig.states.allSatisfy { $0 == .connecting || $0 == .connected })
    #expect((1...2).contains(rig.source.status.rowsSkipped))
    #expect(rig.source.status.lastError?.contains("w_Y2") == true)
  }

  @Test("A row that stands is counted once, and told once it can be read")
  func standing() {
    var rig = polled()
    rig.mint.objects["Y2"] = Self.unreadable[0]
    rig.give(.start)
    rig.watch(.proofState, ["Y1", "Y2"])
    rig.run(.seconds(3600))
    #expect(rig.source.status.rowsSkipped == 1)
    rig.mint.objects["Y2"] = nil
    rig.change("Y2", to: .spent)
    rig.run(.seconds(60))
    #expect(rig.transitions(of: "Y2") == [.spent])
    #expect(rig.source.status.rowsSkipped == 1)
    #expect(rig.source.status.lastError == nil)
  }

  @Test(
    "NUT-29: the other quotes of a batch are told",
    arguments: [
      #"{"quote":"q2","state":"RESERVED"}"#, #"{"quote":"q2"}"#, #"{"quote":null}"#, "null",
      #"{"quote":"q2","state":"SPENT"}"#,
    ])
  func batches(element: String) {
    var rig = polled()
    rig.mint.objects["q2"] = element
    rig.give(.start)
    rig.watch(.bolt11MintQuote, ["q1", "q2", "q3"])
    rig.run(.seconds(30))
    rig.change("q1", to: .paid)
    rig.change("q3", to: .paid)
    rig.run(.seconds(60))
    #expect(rig.transitions(of: "q1") == [.paid])
    #expect(rig.transitions(of: "q3") == [.paid])
    #expect(rig.source.status.state == .connected)
    #expect(rig.source.status.lastError?.contains("w_q2") == true)
  }

  @Test("A quote that a batch leaves out is asked alone")
  func omitted() {
    var rig = polled()
    rig.mint.omitted = ["q2"]
    rig.give(.start)
    rig.watch(.bolt11MintQuote, ["q1", "q2"])
    rig.run(.seconds(30))
    rig.change("q2", to: .paid)
    rig.run(.seconds(60))
    #expect(rig.transitions(of: "q2") == [.paid])
  }

  @Test("A quote that the mint falls over does not take the others with it")
  func stumbling() {
    var rig = polled()
    rig.mint.stumbling = ["q2"]
    rig.give(.start)
    rig.watch(.bolt11MintQuote, ["q1", "q2", "q3"])
    rig.run(.seconds(300))
    rig.change("q1", to: .paid)
    rig.change("q3", to: .paid)
    rig.run(.seconds(120))
    #expect(rig.transitions(of: "q1") == [.paid])
    #expect(rig.transitions(of: "q3") == [.paid])
    #expect(rig.source.status.state == .connected)
    #expect(rig.source.status.lastError?.contains("w_q2") == true)
    // An outage is one all the same.
    rig.mint.stumbling = ["q1", "q2", "q3"]
    rig.run(.seconds(60))
    #expect(rig.states.contains(.reconnecting))
  }

  @Test(
    "NUT-17: an entry of the list that cannot be read leaves the socket on",
    arguments: [
      #"{"method":"bolt12","unit":"sat"}"#, #"{"commands":null}"#, #"{"commands":{}}"#, "null",
      "7", #""bolt11""#, #"{"commands":["bolt12_mint_quote",7,null]}"#,
    ])
  func info(entry: String) {
    let good = #"{"method":"bolt11","unit":"sat","commands":["bolt11_mint_quote","proof_state"]}"#
    for supported in ["\(entry),\(good)", "\(good),\(entry)"] {
      var rig = Rig(SimulatedMint(supported: supported))
      rig.give(.start)
      rig.watch(.bolt11MintQuote, ["q1"])
      rig.run(.seconds(5))
      rig.change("q1", to: .paid)
      rig.run(.seconds(1))
      #expect(rig.published.map(\.via) == [.websocket])
      #expect(rig.source.status.delivery == .live)
      #expect(rig.source.status.rowsSkipped >= 1)
      #expect(rig.source.status.lastError?.contains("/v1/info") == true)
    }
  }

  @Test(
    "NUT-17: a notification that cannot be read is counted, and named by its handle",
    arguments: [
      #"{"quote":"q1","state":"RESERVED"}"#, #"{"quote":"q1"}"#, #"{"quote":"q1","state":[]}"#,
      #"{"quote":"q1","state":"UNSPENT"}"#,
    ])
  func notifications(payload: String) {
    var rig = Rig()
    rig.give(.start)
    rig.watch(.bolt11MintQuote, ["q1"])
    rig.run(.seconds(5))
    for _ in 0..<3 {
      rig.text(
        #"{"jsonrpc":"2.0","method":"subscribe","#
          + #""params":{"subId":"watch-1","payload":\#(payload)}}"#
      )
    }
    #expect(rig.source.status.rowsSkipped == 1)
    #expect(rig.source.status.lastError?.contains("w_q1") == true)
    #expect(rig.source.status.state == .connected)
    rig.change("q1", to: .paid)
    rig.run(.seconds(1))
    #expect(rig.transitions(of: "q1") == [.paid])
  }

  @Test("Dropping any one element of a list changes nothing of what is read of the others")
  func droppingOne() throws {
    let elements =
      [
        #"{"Y":"Y1","state":"SPENT"}"#, #"{"quote":"q1","state":"PAID","amount":"many"}"#,
        #"{"quote":"q2","amount_paid":3,"amount_issued":2}"#,
      ] + Self.unreadable
    for wrap in [{ "[\($0)]" }, { #"{"states":[\#($0)]}"# }] as [(String) -> String] {
      let all = try #require(CashuJSON.elements(Array(wrap(elements.joined(separator: ",")).utf8)))
      #expect(all.count == elements.count)
      for index in elements.indices {
        var rest = elements
        rest.remove(at: index)
        var expected = all
        expected.remove(at: index)
        let text = wrap(rest.joined(separator: ","))
        #expect(CashuJSON.elements(Array(text.utf8)) == expected)
      }
    }
  }

  @Test("Only the mint's word about the quote is a verdict on it")
  func verdicts() {
    for detail in ["Not Found", "unknown error", "Quote is being looked for"] {
      var rig = polled()
      rig.mint.objection = #"{"detail":"\#(detail)"}"#
      rig.give(.start)
      rig.watchStranger(.bolt11MintQuote, "q1")
      rig.run(.seconds(300))
      #expect(rig.transitions(of: "q1") == [])
      #expect(rig.source.status.lastError?.contains("w_q1") == true)
    }
  }
}

@Suite("Sizes: what a mint sends is bounded")
struct SizeTests {
  @Test("Names, versions and units are cut")
  func texts() throws {
    let long = String(repeating: "⚡", count: 100_000)
    let info = try #require(
      CashuJSON.info(Array(#"{"name":"\#(long)","version":"\#(long)","nuts":{}}"#.utf8)))
    #expect(info.name?.utf8.count ?? 0 <= UpstreamText.maximumNameBytes)
    #expect(info.version?.utf8.count ?? 0 <= UpstreamText.maximumNameBytes)
    let elements = CashuJSON.elements(
      Array(#"{"quote":"q","state":"PAID","unit":"\#(long)"}"#.utf8))
    guard case .report(let report) = elements?.first else {
      Issue.record("the quote is read")
      return
    }
    #expect(report.unit?.utf8.count ?? 0 <= UpstreamText.maximumNameBytes)
    #expect(report.unit?.hasPrefix("⚡") == true)
  }

  @Test("A frame that is too long is refused, and what it held comes all the same")
  func frames() {
    var rig = Rig()
    rig.give(.start)
    rig.watch(.bolt11MintQuote, ["q1"])
    rig.run(.seconds(30))
    rig.mint.states["q1"] = .paid
    let filler = String(repeating: " ", count: CashuSource.maximumFrameBytes)
    rig.text(
      """
      {"jsonrpc":"2.0","method":"subscribe","params":{"subId":"watch-1",\(filler)
       "payload":{"quote":"q1","state":"PAID"}}}
      """)
    #expect(rig.source.status.frames.rejected == 1)
    #expect(rig.published.isEmpty)
    rig.run(.seconds(70))
    #expect(rig.transitions(of: "q1") == [.paid])
    #expect(rig.source.status.state == .connected)
  }

  @Test("An answer that is too long is asked for in parts, and the others are told")
  func answers() {
    var rig = Rig(SimulatedMint(advertisesSubscriptions: false))
    let filler = String(repeating: "0", count: CashuSource.maximumAnswerBytes)
    rig.mint.objects["Y2"] = #"{"Y":"Y2","state":"SPENT","witness":"\#(filler)"}"#
    rig.give(.start)
    rig.watch(.proofState, ["Y1", "Y2"])
    rig.run(.seconds(30))
    rig.change("Y1", to: .spent)
    rig.run(.seconds(60))
    #expect(rig.transitions(of: "Y1") == [.spent])
    #expect(rig.transitions(of: "Y2") == [])
    #expect(rig.source.status.state == .connected)
    #expect(rig.source.status.rowsSkipped == 1)
    #expect(rig.source.status.lastError?.contains("w_Y2") == true)
  }

  @Test("A quote's id in a close reason or a failure is not shown")
  func reasons() {
    var rig = Rig()
    rig.give(.start)
    rig.watch(.bolt11MintQuote, ["secret-quote"])
    rig.run(.seconds(5))
    rig.cut(code: 1008, reason: "no such quote: secret-quote!")
    #expect(rig.source.status.metrics.lastCloseReason == "no such quote: ***!")
    #expect(rig.source.status.lastError?.contains("secret-quote") == false)
  }
}
