import JSON

/// Any bytes: what is JSON can be read to its last value, and stands in an array as well.
func fuzzJSON(_ input: [UInt8]) {
  guard let document = JSONDocument(input) else { return }
  let depth = look(at: document.root)
  let inArray = JSONDocument([UInt8(ascii: "[")] + input + [UInt8(ascii: "]")])
  precondition((inArray != nil) == (depth < JSONDocument.maximumDepth), "JSON within an array")
}

/// - Returns: How deep it is.
private func look(at element: JSONElement) -> Int {
  if let whole = element.int64, let number = element.double {
    precondition(Double(whole) == number, "a number read in two ways")
  }
  let kinds = [
    element.isNull, element.bool != nil, element.double != nil, element.string != nil,
    element.elements != nil, element.members != nil,
  ]
  precondition(kinds.count { $0 } <= 1, "a value of two kinds")
  if let members = element.members {
    return 1 + (members.map { look(at: $0.value) }.max() ?? 0)
  }
  return element.elements.map { 1 + ($0.map(look).max() ?? 0) } ?? 0
}
