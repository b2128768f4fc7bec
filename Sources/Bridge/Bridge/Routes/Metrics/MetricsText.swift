import BridgeModel

/// Writes the Prometheus text format 0.0.4: families one after the other, each with its help and
/// its type first.
struct MetricsText {
  static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  enum Kind: String {
    /// It only grows, from the start of the process; its name ends in `_total`.
    case counter
    case gauge
  }

  /// One label and its value.
  typealias Label = (name: String, value: String)

  /// A number as the format spells it. Money is a whole number and is never rounded to a `Double`.
  enum Number {
    case whole(Int64)
    case real(Double)
  }

  /// A sample: its labels and its number.
  typealias Sample = (labels: [Label], number: Number)

  private(set) var text = ""

  /// A family. One without a sample is left out.
  mutating func family(
    _ name: StaticString, _ kind: Kind, _ help: StaticString, _ samples: some Sequence<Sample>
  ) {
    assert((kind == .counter) == "\(name)".hasSuffix("_total"), "\(name): counters end in _total")
    var lines = ""
    for sample in samples {
      lines += "\(name)\(Self.labels(sample.labels)) \(Self.spelling(sample.number))\n"
    }
    guard !lines.isEmpty else { return }
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n\(lines)"
  }

  /// A family of one sample without labels; none where the number is not known.
  mutating func single(
    _ name: StaticString, _ kind: Kind, _ help: StaticString, _ number: Number?
  ) {
    family(name, kind, help, number.map { [([], $0)] } ?? [])
  }

  /// A histogram of seconds: for each member its buckets, each with those below it, their sum and
  /// their count.
  mutating func histogram(
    _ name: StaticString, _ help: StaticString,
    _ members: [(label: Label, times: DurationHistogram)]
  ) {
    guard !members.isEmpty else { return }
    text += "# HELP \(name) \(help)\n# TYPE \(name) histogram\n"
    for (label, times) in members {
      var count = 0
      for (bound, own) in zip(Self.bounds, times.counts) {
        count += own
        text += "\(name)_bucket\(Self.labels([label, ("le", bound)])) \(count)\n"
      }
      text += "\(name)_sum\(Self.labels([label])) \(times.sum.seconds)\n"
      text += "\(name)_count\(Self.labels([label])) \(count)\n"
    }
  }

  private static let bounds = DurationHistogram.bounds.map { "\($0.seconds)" } + ["+Inf"]

  private static func labels(_ labels: [Label]) -> String {
    guard !labels.isEmpty else { return "" }
    return "{" + labels.map { "\($0.name)=\"\(escaped($0.value))\"" }.joined(separator: ",") + "}"
  }

  /// The format escapes these three in a label's value, and nothing else. What else is not
  /// printable is replaced: readers part lines at a CR, and a label is shown to people.
  private static func escaped(_ value: String) -> String {
    var result = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\"": result += "\\\""
      case "\n": result += "\\n"
      default: result.unicodeScalars.append(scalar.isPrintable ? scalar : "\u{FFFD}")
      }
    }
    return result
  }

  private static func spelling(_ number: Number) -> String {
    switch number {
    case .whole(let number): String(number)
    case .real(let number) where number.isNaN: "NaN"
    case .real(let number) where number.isInfinite: number < 0 ? "-Inf" : "+Inf"
    case .real(let number): "\(number)"
    }
  }
}

extension MetricsText.Number {
  static func count(_ number: Int) -> Self { .whole(Int64(number)) }

  static func flag(_ flag: Bool) -> Self { .whole(flag ? 1 : 0) }
}
