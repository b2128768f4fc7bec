import LNbitsSimulator

/// All chance of a life comes from its seed.
struct Chance {
  private(set) var generator: SeededRandom

  init(seed: UInt64) {
    generator = SeededRandom(seed: seed)
  }

  /// A generator for somebody else, so that what they draw moves nothing here.
  mutating func split() -> SeededRandom {
    SeededRandom(seed: generator.next())
  }

  mutating func happens(_ probability: Double) -> Bool {
    Double.random(in: 0..<1, using: &generator) < probability
  }

  mutating func number(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &generator)
  }

  mutating func milliseconds(_ range: ClosedRange<Int>) -> Duration {
    .milliseconds(number(range))
  }

  mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[number(0...elements.count - 1)]
  }

  mutating func withGenerator<Result>(_ body: (inout SeededRandom) throws -> Result) rethrows
    -> Result
  {
    try body(&generator)
  }
}
