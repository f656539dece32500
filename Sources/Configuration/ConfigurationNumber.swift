/// Numbers of the subset: `5`, `-5`, `1_000`, `1.5`, `2e3`; no other bases, no infinities, no leading zeros.
enum ConfigurationNumber {
  /// Nil for what is no such number.
  static func value(_ word: String) -> ConfigurationValue? {
    let digits = Array(word.utf8)
    var text: [UInt8] = []
    for (i, byte) in digits.enumerated() {
      guard byte == UInt8(ascii: "_") else {
        text.append(byte)
        continue
      }
      // An underscore stands between digits.
      guard i > 0, i + 1 < digits.count, isDigit(digits[i - 1]), isDigit(digits[i + 1]) else { return nil }
    }
    var rest = text[...]
    if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { rest.removeFirst() }
    let whole = rest.prefix(while: isDigit)
    guard !whole.isEmpty, whole.count == 1 || whole.first != UInt8(ascii: "0") else { return nil }
    rest = rest.dropFirst(whole.count)
    let isWhole = rest.isEmpty
    if rest.first == UInt8(ascii: ".") {
      let fraction = rest.dropFirst().prefix(while: isDigit)
      if fraction.isEmpty { return nil }
      rest = rest.dropFirst(1 + fraction.count)
    }
    if let e = rest.first, e == UInt8(ascii: "e") || e == UInt8(ascii: "E") {
      rest.removeFirst()
      if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { rest.removeFirst() }
      guard !rest.isEmpty, rest.allSatisfy(isDigit) else { return nil }
      rest = []
    }
    guard rest.isEmpty else { return nil }
    let clean = String(decoding: text.first == UInt8(ascii: "+") ? text.dropFirst() : text[...], as: UTF8.self)
    // What does not fit is no number that any option could take.
    guard isWhole ? Int(clean) != nil : Double(clean)?.isFinite == true else { return nil }
    return .number(clean, isWhole: isWhole)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}
