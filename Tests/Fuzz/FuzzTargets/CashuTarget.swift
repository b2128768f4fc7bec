import BridgeModel
import CashuSource
import JSON

private let watches: [WatchRecord] = WatchKind.allCases.enumerated().map { number, kind in
  WatchRecord(
    handle: WatchHandle("w_\(number)"), kind: kind, secret: WatchSecret("secret-\(number)"))
}

/// A mint's messages and answers (NUT-17 and the quotes' own NUTs). A part that begins with `>` is
/// a message; any other is the next answer over REST, a character for its status before it. `$SUB`
/// and `$ID` in a message stand for the subscription and the request that the source made last.
func fuzzCashu(_ input: [UInt8]) {
  let all = parts(of: input)
  var answers = all.filter { $0.first != UInt8(ascii: ">") }[...]
  let messages = all.filter { $0.first == UInt8(ascii: ">") }.map { $0.dropFirst() }
  let source = CashuSource(
    CashuConfiguration(name: "mint"), now: SourceRig<CashuSource>.beginning)
  var rig = SourceRig(source) { _ in
    let answer = answers.popFirst() ?? []
    return UpstreamResponse(
      status: answer.first.map(restStatus) ?? 503, contentType: "application/json",
      body: Array(answer.dropFirst()))
  }
  rig.feed(.watch(watches))
  rig.feed(.start)
  for message in messages {
    rig.receive(filledIn(String(decoding: message, as: UTF8.self), from: rig.sent))
    rig.wake(times: 1)
  }
  rig.wake(times: 4)
  for case .watch(let transition) in rig.events {
    precondition(watches.contains { $0.handle == transition.handle }, "a stranger's watch")
    precondition(transition.amount ?? 0 >= 0, "a negative amount")
    precondition(transition.amountPaid ?? 0 >= 0, "a negative sum")
    precondition(transition.amountIssued ?? 0 >= 0, "a negative sum")
  }
  checkElements(all.map { Array($0.dropFirst()) })
}

/// To drop any one element of a list changes nothing of what is read of the others.
private func checkElements(_ candidates: [[UInt8]]) {
  for (head, tail) in [("[", "]"), (#"{"states":["#, "]}")] {
    // A value by itself that a list, which is deeper, can hold.
    let elements = candidates.filter {
      JSONDocument($0) != nil && JSONDocument(list([$0], head, tail)) != nil
    }
    let whole = CashuJSON.elements(list(elements, head, tail))
    precondition(whole?.count == elements.count, "a list of another length")
    for index in elements.indices.prefix(maximumDrops) {
      var (others, expected) = (elements, whole)
      others.remove(at: index)
      expected?.remove(at: index)
      precondition(
        CashuJSON.elements(list(others, head, tail)) == expected, "an element changed others")
    }
  }
}

/// A list that is longer is not tried at every place.
private let maximumDrops = 40

private func list(_ elements: [[UInt8]], _ head: String, _ tail: String) -> [UInt8] {
  Array(head.utf8) + elements.joined(separator: [UInt8(ascii: ",")]) + Array(tail.utf8)
}

private func filledIn(_ text: String, from sent: [String]) -> String {
  guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
  let subscription = sent.last { $0.contains("subId") }.flatMap { value(of: "subId", in: $0) }
  let request = sent.last.flatMap { value(of: "id", in: $0) }
  var result = ""
  var rest = text[...]
  while let dollar = rest.firstIndex(of: "$") {
    result += rest[..<dollar]
    rest = rest[dollar...]
    if rest.hasPrefix("$SUB") {
      result += subscription ?? ""
      rest = rest.dropFirst(4)
    } else if rest.hasPrefix("$ID") {
      result += request ?? ""
      rest = rest.dropFirst(3)
    } else {
      result.append(rest.removeFirst())
    }
  }
  return result + rest
}

/// The value of a member of a flat JSON text that we wrote ourselves.
private func value(of name: String, in text: String) -> String? {
  let key = "\"\(name)\":"
  var rest = text[...]
  while !rest.isEmpty, !rest.hasPrefix(key) { rest = rest.dropFirst() }
  guard !rest.isEmpty else { return nil }
  return String(rest.dropFirst(key.count).drop { $0 == "\"" }.prefix { !"\",}".contains($0) })
}
