import CShims

// Doubles that one exact operation does not give: the product with a 128-bit power of five (Lemire, "Number parsing
// at a gigabyte per second", 2021, section 5).

extension Number {
  /// The double nearest to `mantissa * 10^exponent`, for any 64-bit mantissa.
  @inline(never) @usableFromInline
  static func wideDouble(_ mantissa: UInt64, _ exponent: Int) -> Double {
    if let value = product(mantissa, exponent) { return value }
    var text = [UInt8](String(mantissa).utf8)
    return decimalDouble(&text, exponent)
  }

  /// The same by multiplication; nil where 128 bits do not decide.
  static func product(_ mantissa: UInt64, _ exponent: Int) -> Double? {
    if mantissa == 0 || exponent < Int(QW_JSON_POWER5_LEAST) { return 0 }
    if exponent > Int(QW_JSON_POWER5_MOST) { return .infinity }
    let zeros = mantissa.leadingZeroBitCount
    guard let (high, low) = upperProduct(mantissa << UInt64(zeros), exponent) else { return nil }
    // 1 where the product fills all bits, 0 where its highest bit is clear.
    let upper = Int(high >> 63)
    // 53 bits and one for rounding.
    let cut = UInt64(upper + 64 - 52 - 3)
    var bits = high >> cut
    // floor(exponent * log2(10)) is the power of two of 10^exponent; 1023 the bias of a double.
    var power = (217_706 * exponent) >> 16 + 63 + upper - zeros + 1023
    if power <= 0 { return subnormal(bits, power) }
    // Exactly between two doubles: only where 5^exponent is small enough for the product to be exact.
    let isExact = low <= 1 && exponent >= -4 && exponent <= 23
    if isExact, bits & 3 == 1, bits << cut == high { bits &= ~1 }
    bits = (bits + (bits & 1)) >> 1
    if bits >= 1 << 53 {
      bits = 1 << 52
      power += 1
    }
    if power >= 0x7FF { return .infinity }
    return Double(bitPattern: UInt64(power) << 52 | bits & (1 << 52 - 1))
  }

  private static func subnormal(_ bits: UInt64, _ power: Int) -> Double {
    let shift = 1 - power
    if shift >= 64 { return 0 }
    let shifted = bits >> UInt64(shift)
    // Rounding up may reach 2^52, whose bit pattern is that of the least normal double.
    return Double(bitPattern: (shifted + (shifted & 1)) >> 1)
  }

  /// The upper 128 bits, as far as they matter, of a mantissa with its highest bit set times the leading bits of
  /// 5^exponent.
  private static func upperProduct(_ mantissa: UInt64, _ exponent: Int) -> (high: UInt64, low: UInt64)? {
    // The table covers the exponents that `product` lets through.
    let power = powerOfFive(exponent)
    var (high, low) = mantissa.multipliedFullWidth(by: power.high)
    // The second word of the power can matter only if all bits below the 55 wanted ones are set.
    if high & 0x1FF == 0x1FF {
      let second = mantissa.multipliedFullWidth(by: power.low).high
      let (sum, overflow) = low.addingReportingOverflow(second)
      low = sum
      if overflow { high += 1 }
    }
    if low == .max, exponent < -27 || exponent > 55 { return nil }
    return (high, low)
  }

  /// Exponents that the table of powers covers.
  package static var powersOfFive: ClosedRange<Int> { Int(QW_JSON_POWER5_LEAST)...Int(QW_JSON_POWER5_MOST) }

  /// The leading 128 bits of 5^exponent: cut off for exponents from 0 on, rounded up below.
  package static func powerOfFive(_ exponent: Int) -> (high: UInt64, low: UInt64) {
    precondition(powersOfFive.contains(exponent))
    let words = unsafe qw_json_power5(Int32(truncatingIfNeeded: exponent))
    return unsafe (words[0], words[1])
  }
}
