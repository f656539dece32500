/// SplitMix64 (Steele, Lea, Flood 2014): small, fast, the same on every machine.
struct SimulatorRandom: Sendable {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// 0 ..< bound, by the high half of a product; the bias is below 2^-32 for the bounds used here.
  mutating func below(_ bound: Int) -> Int {
    assert(bound > 0)
    return Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  mutating func within(_ range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }

  /// True once in `n` on the average.
  mutating func oneIn(_ n: Int) -> Bool { below(n) == 0 }

  /// True with a share of `perMillion` in a million.
  mutating func share(perMillion: Int) -> Bool { below(1_000_000) < perMillion }

  /// 0 ..< 1 with 53 random bits: its shortest text has 15 to 17 digits.
  mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}

/// Elementary functions in a fixed order of IEEE operations. libm may differ in the last bit from one version to the
/// next, these do not.
enum FixedMath {
  static let ln2 = 0.6931471805599453

  /// The natural logarithm of a positive, finite number, to about 1e-15.
  static func ln(_ x: Double) -> Double {
    var m = x.significand
    var e = Double(x.exponent)
    if m > 1.4142135623730951 {
      m *= 0.5
      e += 1
    }
    // ln m = 2 artanh((m-1)/(m+1)); |z| < 0.172, so z^25 is below 1e-19.
    let z = (m - 1) / (m + 1)
    let z2 = z * z
    var sum = 0.0
    var k = 23.0
    while k >= 1 {
      sum = sum * z2 + 1 / k
      k -= 2
    }
    return 2 * z * sum + e * ln2
  }

  /// e to the power of x, for |x| < 700.
  static func exp(_ x: Double) -> Double {
    let n = (x / ln2).rounded(.down)
    let r = x - n * ln2
    var sum = 1.0
    var k = 22.0
    while k >= 1 {
      sum = 1 + sum * r / k
      k -= 1
    }
    return Double(sign: .plus, exponent: Int(n), significand: sum)
  }

  static func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
}

/// Draws ranks 0 ..< count with a probability in proportion to 1 / (rank + 1)^s.
struct Zipf: Sendable {
  /// Sums of the whole-number weights up to and with each rank.
  private let sums: [UInt64]

  /// `hundredths` is s times 100. At least one rank.
  init(count: Int, hundredths: Int) {
    var total: UInt64 = 0
    let s = Double(hundredths) / 100
    sums = (0..<max(count, 1)).map { rank in
      let weight = 4_294_967_296.0 * FixedMath.exp(-s * FixedMath.ln(Double(rank + 1)))
      total += max(1, UInt64(weight))
      return total
    }
  }

  func draw(_ random: inout SimulatorRandom) -> Int {
    let at = random.next().multipliedFullWidth(by: sums[sums.count - 1]).high
    var low = 0
    var high = sums.count - 1
    while low < high {
      let middle = (low + high) / 2
      if sums[middle] > at { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
