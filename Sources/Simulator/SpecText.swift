/// Reads `key=value,key=value`, the form of every spec on the command line.
struct SpecText {
  /// What the spec is called in errors.
  let name: String
  private(set) var items: [(key: String, value: String)] = []

  init(_ text: String, name: String, known: [String]) throws(SimulatorError) {
    self.name = name
    for part in text.split(separator: ",", omittingEmptySubsequences: true) {
      let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard halves.count == 2 else {
        throw .malformed(spec: name, item: String(part), expected: "key=value")
      }
      let key = String(halves[0])
      guard known.contains(key) else {
        throw .unknownKey(spec: name, key: key, known: known.joined(separator: ", "))
      }
      guard !items.contains(where: { $0.key == key }) else {
        throw .malformed(spec: name, item: String(part), expected: "each key once")
      }
      items.append((key, String(halves[1])))
    }
  }

  func error(_ key: String, _ value: String, _ allowed: String) -> SimulatorError {
    .badValue(spec: name, key: key, value: value, allowed: allowed)
  }

  func integer(_ key: String, _ value: String, _ range: ClosedRange<Int>) throws(SimulatorError) -> Int {
    guard let number = Int(value), range.contains(number) else {
      throw error(key, value, "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// A decimal number as a whole number of its `scale`-th parts: exact, without a detour through doubles.
  func fixed(_ key: String, _ value: String, scale: Int, max: Int) throws(SimulatorError) -> Int {
    let allowed = "a number from 0 to \(Self.text(max, scale: scale)) in steps of \(Self.text(1, scale: scale))"
    let halves = value.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    var digits = String(halves[0])
    var rest = scale
    for digit in halves.count == 2 ? halves[1] : "" {
      guard rest > 1 else { throw error(key, value, allowed) }
      digits.append(digit)
      rest /= 10
    }
    guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let whole = Int(digits) else {
      throw error(key, value, allowed)
    }
    let (number, overflow) = whole.multipliedReportingOverflow(by: rest)
    guard !overflow, number <= max else { throw error(key, value, allowed) }
    return number
  }

  /// The shortest decimal text of `number / scale`; `scale` is a power of ten.
  static func text(_ number: Int, scale: Int) -> String {
    var fraction = number % scale
    if fraction == 0 { return "\(number / scale)" }
    var digits = ""
    var unit = scale / 10
    while fraction > 0 {
      digits += "\(fraction / unit)"
      fraction %= unit
      unit /= 10
    }
    return "\(number / scale).\(digits)"
  }

  /// Milliseconds of `500ms`, `10s`, `2m` or `1h`.
  func millis(_ key: String, _ value: String, max: Int) throws(SimulatorError) -> Int {
    for (suffix, factor) in [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)] {
      guard value.hasSuffix(suffix), let number = Int(value.dropLast(suffix.count)), number >= 0 else { continue }
      let (millis, overflow) = number.multipliedReportingOverflow(by: factor)
      if !overflow && millis <= max { return millis }
    }
    throw error(key, value, "a time such as 500ms, 10s, 2m or 1h, at most \(Self.text(millis: max))")
  }

  static func text(millis: Int) -> String {
    if millis % 3_600_000 == 0 && millis > 0 { return "\(millis / 3_600_000)h" }
    if millis % 60_000 == 0 && millis > 0 { return "\(millis / 60_000)m" }
    return millis % 1000 == 0 ? "\(millis / 1000)s" : "\(millis)ms"
  }
}
