import Glibc
import JSON
import TestSupport
import Testing

func parseDouble(_ text: [UInt8]) -> Double? { unsafe text.withUnsafeBytes { b in unsafe Number.parseDouble(b) } }
func parseDouble(_ text: String) -> Double? { parseDouble(Array(text.utf8)) }

func parseInt64(_ text: String) -> Number.IntegerResult {
  unsafe Array(text.utf8).withUnsafeBytes { b in unsafe Number.parseInt64(b) }
}

/// The grammar of RFC 8259 section 6, spelt out.
func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
  var rest = text
  if rest.first == 0x2D { rest = rest.dropFirst() }
  func digits() -> Int {
    let run = rest.prefix { (0x30...0x39).contains($0) }
    rest = rest.dropFirst(run.count)
    return run.count
  }
  let startsWithZero = rest.first == 0x30
  let whole = digits()
  if whole == 0 || (whole > 1 && startsWithZero) { return false }
  if rest.first == 0x2E {
    rest = rest.dropFirst()
    if digits() == 0 { return false }
  }
  if rest.first == 0x65 || rest.first == 0x45 {
    rest = rest.dropFirst()
    if rest.first == 0x2B || rest.first == 0x2D { rest = rest.dropFirst() }
    if digits() == 0 { return false }
  }
  return rest.isEmpty
}

@Suite("Number files", .enabled(if: Places.shared("number-data") != nil, "../shared/number-data is absent"))
struct NumberFileTests {
  static let folder = Places.shared("number-data")
  static let files = ["google-wuffs.txt", "lemire-fast-float.txt", "more-test-cases.txt", "tencent-rapidjson.txt"]

  @Test("every number has the listed bits, every other text is refused", arguments: files)
  func bits(_ file: String) throws {
    let folder = try #require(Self.folder)
    let all = try #require(Places.read("\(folder)/\(file)"))
    var numbers = 0
    for line in all.split(separator: 0x0A) {
      let columns = line.split(separator: 0x20, maxSplits: 3)
      try #require(columns.count == 4)
      let bits = try #require(UInt64(String(decoding: columns[2], as: UTF8.self), radix: 16))
      let text = columns[3]
      let value = parseDouble(Array(text))
      if isNumber(text) {
        numbers += 1
        if value?.bitPattern != bits {
          Issue.record("\(String(decoding: text, as: UTF8.self)): \(String(describing: value))")
        }
      } else if let value {
        Issue.record("\(String(decoding: text, as: UTF8.self)) is no JSON number, but read as \(value)")
      }
    }
    #expect(numbers > 40)
  }
}

@Suite("Numbers")
struct NumberTests {
  @Test("every power of five is the exact one, cut off or rounded up")
  func powers() {
    for exponent in Number.powersOfFive {
      let (high, low) = Number.powerOfFive(exponent)
      let power = Natural.power(5, abs(exponent))
      if exponent >= 0 {
        let top = power.bitWidth - 1
        var bits: (UInt64, UInt64) = (0, 0)
        for k in 0..<64 { bits.0 = bits.0 << 1 | power.bit(top - k) }
        for k in 64..<128 { bits.1 = bits.1 << 1 | power.bit(top - k) }
        #expect(bits == (high, low), "5^\(exponent)")
      } else {
        // The least number of 128 bits above 2^b / 5^n: n is -exponent, b makes it 128 bits wide.
        var entry = Natural(high)
        entry.shiftLeft(64)
        entry = entry + Natural(low)
        var target = Natural(1)
        target.shiftLeft(power.bitWidth + 127)
        let product = entry * power
        #expect(entry.bitWidth == 128 && product > target && product < target + power, "5^\(exponent)")
      }
    }
  }

  @Test("shortest texts of random doubles are read back bit by bit")
  func roundTrip() {
    var random = SeededRandom(seed: 1)
    for _ in 0..<50_000 {
      let value = Double(bitPattern: random.next())
      if value.isFinite { check(value.description, value) }
    }
    let edges: [Double] = [0, -0.0, .leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude, 1.0.nextUp]
    for value in edges {
      check(value.description, value)
      check((-value).description, -value)
    }
  }

  private func check(_ text: String, _ expected: Double, _ note: String = "") {
    let value = parseDouble(text)
    if value?.bitPattern != expected.bitPattern { Issue.record("\(text): \(String(describing: value)) \(note)") }
    // The same with bytes behind that may be loaded.
    let padded = Array((text + "00000000").utf8)
    let again = unsafe padded.withUnsafeBufferPointer { b in
      unsafe Number.parseDouble(b.baseAddress!, 0, text.utf8.count, isPadded: true)
    }
    if again?.bitPattern != expected.bitPattern {
      Issue.record("\(text), padded: \(String(describing: again)) \(note)")
    }
  }

  @Test("random texts of 1 to 40 digits with any exponent agree with strtod")
  func againstStrtod() {
    var random = SeededRandom(seed: 2)
    for _ in 0..<50_000 {
      var text = random.next() & 1 == 0 ? "-" : ""
      let whole = Int.random(in: 1...20, using: &random)
      text += whole == 1 ? "0" : String(Int.random(in: 1...9, using: &random))
      for _ in 1..<whole { text += String(Int.random(in: 0...9, using: &random)) }
      let fraction = Int.random(in: 0...20, using: &random)
      if fraction > 0 {
        text += "."
        for _ in 0..<fraction { text += String(Int.random(in: 0...9, using: &random)) }
      }
      switch Int.random(in: 0...3, using: &random) {
      case 0: text += "e\(Int.random(in: -30...30, using: &random))"
      case 1: text += "E+\(Int.random(in: 0...320, using: &random))"
      case 2: text += "e-\(Int.random(in: 0...360, using: &random))"
      default: break
      }
      check(text, unsafe strtod(text, nil), "seed \(random.seed)")
    }
  }

  @Test("midpoints between doubles go to the even one, a hair beside them to the nearer one")
  func midpoints() {
    var random = SeededRandom(seed: 3)
    var lows: [Double] = [0, .leastNonzeroMagnitude, .leastNormalMagnitude.nextDown, .leastNormalMagnitude, 1, 0x1p53]
    for _ in 0..<300 { lows.append(Double(bitPattern: random.next() & 0x7FEF_FFFF_FFFF_FFFF)) }
    for low in lows {
      // low = units * 2^power, the midpoint (2 units + 1) * 2^(power - 1)
      let isNormal = low.isNormal
      let units = low.significandBitPattern | (isNormal ? 1 << 52 : 0)
      let power = (isNormal ? Int(low.exponentBitPattern) : 1) - 1075 - 1
      var digits = Natural(2 * units + 1)
      if power >= 0 { digits.shiftLeft(power) }
      for _ in 0..<max(0, -power) { digits.multiply(by: 5) }
      let middle = digits.decimal
      let exponent = min(0, power)
      let even = units & 1 == 0 ? low : low.nextUp
      check("\(middle)e\(exponent)", even)
      check("\(middle)000000000000000000000e\(exponent - 21)", even)
      check("\(middle).000000000000000000000000000001e\(exponent)", low.nextUp)
      guard let last = middle.last?.wholeNumberValue, last > 0 else { continue }
      check("\(middle.dropLast())\(last - 1).9999999e\(exponent)", low)
    }
  }

  @Test("a number of a million digits is read without fuss")
  func huge() {
    let zeros = String(repeating: "0", count: 1_000_000)
    check("1\(zeros)e-1000000", 1)
    check("0.\(zeros)1e1000001", 1)
    check("1.\(zeros)1", 1)
    check("9007199254740993.\(zeros)", 9_007_199_254_740_992)
    check("9007199254740993.\(zeros)1", 9_007_199_254_740_994)
    check("1e\(zeros)1", 10)
    check("1e9\(zeros)", .infinity)
    check("1e-9\(zeros)", 0)
    check("0e9\(zeros)", 0)
    #expect(parseInt64("1\(zeros)e-1000000") == .value(1))
    #expect(parseInt64("1.\(zeros)") == .value(1))
    #expect(parseInt64("1.\(zeros)1") == .notIntegral)
    #expect(parseInt64("1\(zeros)") == .outOfRange)
  }

  @Test("beyond the range of a double lies infinity")
  func overflow() {
    check("1.7976931348623157e308", .greatestFiniteMagnitude)
    check("1.7976931348623159e308", .infinity)
    check("-1e309", -.infinity)
    check("2.4703282292062327208e-324", 0)
    check("2.4703282292062327209e-324", .leastNonzeroMagnitude)
  }

  @Test(
    "what is no JSON number is refused",
    arguments: [
      "", "-", "+1", ".5", "1.", "-.5", "00", "01", "-01", "1e", "1e+", "1e-", "1.e5", "1.5e", "0x10", "1 ", " 1",
      "1_0", "NaN",
      "Infinity", "-Infinity", "1.2.3", "1e5.5", "1e5e5", "--1", "1-", "12345678a", "1234567890123456789012345a",
      "1.a", "1,5",
      "１", "1e１", "1\u{0}", "123456789.", "0.12345678x", "1/2", "1:2",
    ])
  func malformed(_ text: String) {
    #expect(parseDouble(text) == nil)
    #expect(parseInt64(text) == .malformed)
  }

  @Test(
    "integers are exact, whatever way they are written",
    arguments: [
      ("0", .value(0)), ("-0", .value(0)), ("-0.000", .value(0)), ("0e99999", .value(0)), ("7", .value(7)),
      ("7.0", .value(7)),
      ("0.7e1", .value(7)), ("70e-1", .value(7)), ("4.0316934E7", .value(40_316_934)),
      ("1e18", .value(1_000_000_000_000_000_000)),
      ("9223372036854775807", .value(.max)), ("-9223372036854775808", .value(.min)),
      ("9223372036854775807.000", .value(.max)),
      ("922337203685477580.7e1", .value(.max)), ("92233720368547758070e-1", .value(.max)),
      ("9223372036854775808", .outOfRange),
      ("-9223372036854775809", .outOfRange), ("18446744073709551616", .outOfRange), ("1e19", .outOfRange),
      ("1e400", .outOfRange),
      ("-9223372036854775808.0", .value(.min)), ("99999999999999999999", .outOfRange),
      ("100000000000000000000", .outOfRange),
      ("0.5", .notIntegral), ("7.01", .notIntegral), ("1e-1", .notIntegral), ("1e-400", .notIntegral),
      ("9223372036854775807.5", .notIntegral), ("123456789012345678901234567890.5", .notIntegral),
      ("0.00000000000000000000000000001e29", .value(1)),
    ] as [(String, Number.IntegerResult)])
  func integers(_ text: String, _ expected: Number.IntegerResult) {
    #expect(parseInt64(text) == expected)
  }

  @Test("random integers agree with the standard library")
  func randomIntegers() {
    var random = SeededRandom(seed: 4)
    for _ in 0..<20_000 {
      let value = Int64(bitPattern: random.next()) >> Int64.random(in: 0..<64, using: &random)
      if parseInt64(String(value)) != .value(value) { Issue.record("\(value)") }
    }
  }
}
