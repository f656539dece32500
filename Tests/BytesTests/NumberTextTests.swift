import Bytes
import Glibc
import TestSupport
import Testing

private func text(_ write: (inout ByteWriter) -> Void) -> String {
  var out = ByteWriter()
  write(&out)
  return out.string
}

/// So many of the least subnormals.
private func tiny(_ units: UInt64) -> Double { Double(bitPattern: units) }

@Suite("Number text", .tags(.unit))
struct NumberTextTests {
  @Test("integers are written as the standard library writes them, at every digit count and both limits")
  func integers() {
    var values: [Int64] = [0, .min, .max, .min + 1]
    var power: Int64 = 1
    for _ in 0..<19 {
      values += [power - 1, power, power + 1, -power, 1 - power, power &* 7]
      power = power &* 10
    }
    var random = SeededRandom(seed: 11)
    for _ in 0..<20_000 { values.append(Int64(bitPattern: random.next()) >> Int64(random.next() % 64)) }
    var out = ByteWriter()
    for value in values {
      out.removeAll()
      out.append(decimal: value)
      #expect(out.string == String(value))
      out.removeAll()
      out.append(decimal: UInt64(bitPattern: value))
      #expect(out.string == String(UInt64(bitPattern: value)))
    }
  }

  @Test(
    "a double of the shortest form is plain up to 2^53 and has a point or an exponent",
    arguments: [
      (171.25, "171.25"), (300, "300.0"), (0, "0.0"), (-0.0, "-0.0"), (0.1 + 0.2, "0.30000000000000004"),
      (1e-5, "1e-05"),
      (1.3743299e16, "1.3743299e+16"), (9_007_199_254_740_992, "9007199254740992.0"),
      (1.3743299e17, "1.3743299e+17"), (tiny(1), "5e-324"), (0.0001, "0.0001"),
      (1.7976931348623157e308, "1.7976931348623157e+308"), (99_999_999_999.99, "99999999999.99"), (-118, "-118.0"),
      (999_999_999_999_999, "999999999999999.0"), (1e15, "1000000000000000.0"), (0.00012345, "0.00012345"),
    ])
  func shortest(value: Double, expected: String) {
    #expect(text { $0.append(shortest: value) } == expected)
  }

  @Test("the shortest form equals the standard library's digits and reads back to the same bits")
  func shortestOfMany() {
    var random = SeededRandom(seed: 20_260_302)
    var out = ByteWriter()
    var failures = 0
    for i in 0..<200_000 {
      let value = sample(i, &random)
      if !value.isFinite { continue }
      out.removeAll()
      out.append(shortest: value)
      let isSame = out.string == value.description && parsed(&out) == value.bitPattern
      if !isSame, failures < 5 {
        failures += 1
        Issue.record("\(value) became \(out.string), seed \(random.seed), value \(i)")
      }
    }
  }

  @Test("doubles beside every change of form and every power of two or ten are written as the library does")
  func edges() {
    var centres: [Double] = [1e-4, 1e-3, 1e7, 1e11, 1e13, 1e15, 0x1p53, 0x1p52, .leastNormalMagnitude]
    for power in -1074...1023 { centres.append(Double(sign: .plus, exponent: power, significand: 1)) }
    for power in -323...308 {
      if let ten = Double("1e\(power)") { centres += [ten, ten * 3, ten * 9.99] }
    }
    for units in 1...UInt64(200) { centres.append(tiny(units)) }
    var out = ByteWriter()
    var wrong: [String] = []
    for centre in centres {
      var value = centre
      for _ in 0..<3 { value = value.nextDown }
      for _ in 0..<7 {
        value = value.nextUp
        if !value.isFinite || value < 0 { continue }
        for signed in [value, -value] {
          out.removeAll()
          out.append(shortest: signed)
          if out.string != signed.description { wrong.append("\(signed) became \(out.string)") }
        }
      }
    }
    #expect(wrong.isEmpty, "\(wrong.prefix(5))")
  }

  @Test("decimals of up to nine places, right and one unit beside, are written as the library does")
  func decimals() {
    var random = SeededRandom(seed: 31)
    var out = ByteWriter()
    var wrong: [String] = []
    for i in 0..<60_000 {
      var scale = 1.0
      for _ in 0..<(i % 10) { scale *= 10 }
      let near = Double(random.next() >> (11 + random.next() % 50)) / scale
      for value in [near, near.nextUp, near.nextDown.magnitude] {
        out.removeAll()
        out.append(shortest: value)
        if out.string != value.description { wrong.append("\(value) became \(out.string)") }
      }
    }
    #expect(wrong.isEmpty, "seed \(random.seed): \(wrong.prefix(5))")
  }

  @Test("the Java form reads back to the same bits and has the digits of the shortest form")
  func javaOfMany() {
    var random = SeededRandom(seed: 7)
    var out = ByteWriter()
    var failures = 0
    for i in 0..<100_000 {
      let value = sample(i, &random)
      if !value.isFinite { continue }
      out.removeAll()
      out.append(javaForm: value)
      let java = out.string
      let isSame = parsed(&out) == value.bitPattern && digits(java) == digits(value.description)
      if !isSame, failures < 5 {
        failures += 1
        Issue.record("\(value) became \(java), seed \(random.seed), value \(i)")
      }
    }
  }

  @Test(
    "the Java form is the one of a dxLink server",
    arguments: [
      (100.0, "100.0"), (0, "0.0"), (-0.0, "-0.0"), (559.36, "559.36"), (1.3743299e7, "1.3743299E7"), (1e-4, "1.0E-4"),
      (tiny(1), "4.9E-324"), (1.7976931348623157e308, "1.7976931348623157E308"), (0.001, "0.001"),
      (9_999_999, "9999999.0"), (1e7, "1.0E7"), (-1e7, "-1.0E7"), (0.000999, "9.99E-4"),
      (1.0e-3.nextDown, "9.999999999999998E-4"),
      (2.2250738585072014e-308, "2.2250738585072014E-308"), (1e23, "1.0E23"), (tiny(2), "9.9E-324"),
      (tiny(3), "1.5E-323"),
      (tiny(4), "2.0E-323"), (tiny(20), "9.9E-323"), (12_345_678.9, "1.23456789E7"),
      (0.999999999996191, "0.999999999996191"),
      (.nan, "NaN"), (.infinity, "Infinity"), (-.infinity, "-Infinity"), (1e22, "1.0E22"), (-2.5e-10, "-2.5E-10"),
    ])
  func java(value: Double, expected: String) {
    #expect(text { $0.append(javaForm: value) } == expected)
  }

  @Test(
    "times in milliseconds are ISO 8601 in UTC",
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (1_772_461_800_125, "2026-03-02T14:30:00.125Z"),
      (-1, "1969-12-31T23:59:59.999Z"),
      (951_782_400_000, "2000-02-29T00:00:00.000Z"), (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
      (-62_167_219_200_001, "-0001-12-31T23:59:59.999Z"), (253_402_300_800_000, "+10000-01-01T00:00:00.000Z"),
      (4_107_542_399_999, "2100-02-28T23:59:59.999Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
      (.max, "+292278994-08-17T07:12:55.807Z"), (.min, "-292275055-05-16T16:47:04.192Z"),
    ] as [(Int64, String)])
  func millis(time: Int64, expected: String) {
    #expect(text { $0.append(isoMillis: time) } == expected)
  }

  @Test("times in nanoseconds have nine digits of the second")
  func nanos() {
    #expect(text { $0.append(isoNanos: 1_772_461_800_000_000_007) } == "2026-03-02T14:30:00.000000007Z")
    #expect(text { $0.append(isoNanos: -1) } == "1969-12-31T23:59:59.999999999Z")
    #expect(text { $0.append(isoNanos: .min) } == "1677-09-21T00:12:43.145224192Z")
  }

  @Test("dates agree with gmtime on every day from 1600 to 2400")
  func dates() {
    var failures = 0
    for day in Int64(-135_140)..<157_000 {
      var seconds = time_t(day * 86_400)
      var parts = unsafe tm()
      unsafe gmtime_r(&seconds, &parts)
      let date = NumberText.date(daysSince1970: day)
      let isSame = unsafe date.year == Int64(parts.tm_year) + 1900 && date.month == Int(parts.tm_mon) + 1
      if unsafe !isSame || date.day != Int(parts.tm_mday) {
        failures += 1
      }
    }
    #expect(failures == 0)
  }

  /// In turn: any bits, cents, a 1e-5 grid, a 1e-8 grid, large cents, integers, small values.
  private func sample(_ i: Int, _ random: inout SeededRandom) -> Double {
    let bits = random.next()
    let sign: Double = bits & 1 == 0 ? 1 : -1
    switch i % 8 {
    case 0, 1: return Double(bitPattern: bits)
    case 2: return sign * Double((bits >> 1) % 100_000_000) / 100
    case 3: return sign * Double((bits >> 1) % 10_000_000_000) / 100_000
    case 4: return sign * Double((bits >> 1) % 1_000_000_000_000) / 100_000_000
    case 5: return sign * Double((bits >> 1) % 100_000_000_000_000_000) / 100
    case 6: return sign * Double((bits >> 1) >> (bits >> 58))
    default: return sign * Double(bits >> 11) / 9_007_199_254_740_992 / Double(1 << (bits & 31))
    }
  }

  private func parsed(_ out: inout ByteWriter) -> UInt64 {
    out.append(0)
    return unsafe out.withBytes { b in
      unsafe strtod(b.baseAddress!.assumingMemoryBound(to: CChar.self), nil).bitPattern
    }
  }

  /// The significant digits, without sign, point, exponent and zeros at either end.
  private func digits(_ text: String) -> String {
    let mantissa = text.prefix { $0 != "e" && $0 != "E" }.filter { $0.isNumber }
    let tail = mantissa.drop { $0 == "0" }
    return String(tail.reversed().drop { $0 == "0" }.reversed())
  }
}
