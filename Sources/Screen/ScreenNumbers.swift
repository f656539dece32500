/// Numbers for people who look at them change: few digits, a fixed place.
package enum ScreenNumber {
  /// `999`, `12.3k`, `4.56M`.
  package static func short(_ value: Double) -> String {
    guard value.isFinite else { return "–" }
    switch value.magnitude {
    case ..<9.95: return value == value.rounded() ? "\(Int(value))" : fixed(value, 1)
    case ..<9_999.5: return "\(Int(value.rounded()))"
    case ..<999_950: return fixed(value / 1e3, 1) + "k"
    case ..<999_995_000: return fixed(value / 1e6, 2) + "M"
    default: return fixed(value / 1e9, 2) + "G"
    }
  }

  package static func short(_ count: Int) -> String { short(Double(count)) }

  /// `512 B`, `12.3 kB`, `4.5 MB`.
  package static func bytes(_ value: Double) -> String {
    guard value.isFinite else { return "–" }
    switch value.magnitude {
    case ..<999.5: return "\(Int(value.rounded())) B"
    case ..<999_950: return fixed(value / 1e3, 1) + " kB"
    case ..<999_950_000: return fixed(value / 1e6, 1) + " MB"
    default: return fixed(value / 1e9, 2) + " GB"
    }
  }

  /// A duration: `850 ns`, `12.3 µs`, `4.5 ms`, `1.2 s`, `3m05s`, `2h03m`.
  package static func nanos(_ nanos: Int64) -> String {
    let value = Double(nanos)
    switch value.magnitude {
    case ..<999.5: return "\(nanos) ns"
    case ..<999_950: return fixed(value / 1e3, 1) + " µs"
    case ..<999_950_000: return fixed(value / 1e6, 1) + " ms"
    case ..<60e9: return fixed(value / 1e9, 1) + " s"
    case ..<3600e9: return "\(nanos / 60_000_000_000)m\(two(Int(nanos / 1_000_000_000 % 60)))s"
    default: return "\(nanos / 3_600_000_000_000)h\(two(Int(nanos / 60_000_000_000 % 60)))m"
    }
  }

  /// `1:02:03` or `02:03`.
  package static func clock(_ seconds: Double) -> String {
    let s = Int(max(0, min(seconds, 1e9)))
    return (s >= 3600 ? "\(s / 3600):" : "") + "\(two(s / 60 % 60)):\(two(s % 60))"
  }

  /// A price with two decimals at least and six at most; a dash where there is none.
  package static func price(_ value: Double) -> String {
    guard value.isFinite else { return "–" }
    let text = "\(value)"
    let parts = text.split(separator: ".")
    guard parts.count == 2, !text.contains("e") else { return text }
    let fraction = parts[1].prefix(6)
    return parts[0] + "." + fraction + String(repeating: "0", count: max(0, 2 - fraction.count))
  }

  /// A size, without a fraction where it has none; a dash where there is none.
  package static func size(_ value: Double) -> String {
    guard value.isFinite else { return "–" }
    if value == value.rounded(), value.magnitude < 1e6 { return "\(Int(value))" }
    return value.magnitude < 1e6 ? "\(value)" : short(value)
  }

  static func fixed(_ value: Double, _ digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let whole = Int((value.magnitude * scale).rounded())
    let sign = value < 0 && whole > 0 ? "-" : ""
    let divisor = Int(scale)
    let fraction = "\(whole % divisor)"
    let zeros = String(repeating: "0", count: max(0, digits - fraction.count))
    return digits == 0 ? "\(sign)\(whole)" : "\(sign)\(whole / divisor).\(zeros)\(fraction)"
  }

  static func two(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }
}

/// A row of bars, one column for each value, the newest last.
package enum Sparkline {
  private static let bars: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

  /// The last `columns` values beside the highest of them. Zero is the lowest bar, no value a blank.
  package static func text(_ values: [Double], columns: Int) -> String {
    let shown = values.suffix(max(0, columns))
    let highest = shown.reduce(0) { $1.isFinite ? max($0, $1) : $0 }
    let bars = shown.map { value in
      guard highest > 0, value.isFinite else { return Self.bars[0] }
      return Self.bars[min(7, max(0, Int((value / highest * 7).rounded())))]
    }
    return String(repeating: " ", count: max(0, columns - shown.count)) + String(bars)
  }
}
