/// Natural numbers of any size, plainly: the oracle of the number tests.
struct Natural: Comparable {
  /// Lowest first, no zeros at the top.
  private(set) var words: [UInt32]

  init(_ value: UInt64) {
    words = [UInt32(truncatingIfNeeded: value), UInt32(value >> 32)]
    trim()
  }

  static func power(_ base: UInt32, _ exponent: Int) -> Natural {
    var result = Natural(1)
    for _ in 0..<exponent { result.multiply(by: base) }
    return result
  }

  private mutating func trim() { while words.last == 0 { words.removeLast() } }

  mutating func multiply(by factor: UInt32) {
    var carry: UInt64 = 0
    for k in words.indices {
      carry += UInt64(words[k]) * UInt64(factor)
      words[k] = UInt32(truncatingIfNeeded: carry)
      carry >>= 32
    }
    words.append(UInt32(carry))
    trim()
  }

  mutating func shiftLeft(_ bits: Int) {
    for _ in 0..<bits % 32 { multiply(by: 2) }
    words.insert(contentsOf: [UInt32](repeating: 0, count: words.isEmpty ? 0 : bits / 32), at: 0)
  }

  static func + (a: Natural, b: Natural) -> Natural {
    var result = Natural(0)
    var carry: UInt64 = 0
    for k in 0..<max(a.words.count, b.words.count) {
      carry += UInt64(k < a.words.count ? a.words[k] : 0) + UInt64(k < b.words.count ? b.words[k] : 0)
      result.words.append(UInt32(truncatingIfNeeded: carry))
      carry >>= 32
    }
    result.words.append(UInt32(carry))
    result.trim()
    return result
  }

  static func * (a: Natural, b: Natural) -> Natural {
    var result = Natural(0)
    for (k, word) in b.words.enumerated() {
      var part = a
      part.multiply(by: word)
      part.shiftLeft(32 * k)
      result = result + part
    }
    return result
  }

  static func < (a: Natural, b: Natural) -> Bool {
    if a.words.count != b.words.count { return a.words.count < b.words.count }
    return a.words.reversed().lexicographicallyPrecedes(b.words.reversed())
  }

  var bitWidth: Int { words.isEmpty ? 0 : words.count * 32 - words.last!.leadingZeroBitCount }

  func bit(_ k: Int) -> UInt64 { k < 0 ? 0 : UInt64(words[k / 32] >> UInt32(k % 32) & 1) }

  var decimal: String {
    var rest = words
    var groups: [String] = []
    while !rest.isEmpty {
      var remainder: UInt64 = 0
      for k in rest.indices.reversed() {
        remainder = remainder << 32 | UInt64(rest[k])
        rest[k] = UInt32(remainder / 1_000_000_000)
        remainder %= 1_000_000_000
      }
      while rest.last == 0 { rest.removeLast() }
      let digits = String(remainder)
      groups.append(rest.isEmpty ? digits : String(repeating: "0", count: 9 - digits.count) + digits)
    }
    return groups.isEmpty ? "0" : groups.reversed().joined()
  }
}
