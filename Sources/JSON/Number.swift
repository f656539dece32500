public import CShims

/// Conversion of decimal text of JSON's grammar (RFC 8259 section 6) to doubles and integers, exact in every bit.
///
/// A number is read once into a mantissa of up to 19 digits and a decimal exponent. Doubles: one exact operation where
/// mantissa and power of ten are exact doubles (Clinger 1990), else a 128-bit product (Lemire 2021, Mushtak and
/// Lemire 2023), else, for texts whose digits do not fit and that lie near a midpoint, the C library on a shortened
/// copy.
@usableFromInline
package enum Number {
  /// A number's text, read.
  @frozen @usableFromInline
  package struct Parts {
    @frozen @usableFromInline
    package enum Form: UInt8 {
      case exact
      /// Well-formed, but with more digits than the mantissa holds: mantissa and exponent are worthless.
      case manyDigits
      case malformed
    }
    @usableFromInline package var mantissa: UInt64
    /// The value is `mantissa * 10^exponent`.
    @usableFromInline package var exponent: Int
    @usableFromInline package var isNegative: Bool
    @usableFromInline package var form: Form

    @inlinable package init(mantissa: UInt64, exponent: Int, isNegative: Bool, form: Form) {
      self.mantissa = mantissa
      self.exponent = exponent
      self.isNegative = isNegative
      self.form = form
    }
  }

  @frozen @usableFromInline
  package enum IntegerResult: Equatable, Sendable {
    case value(Int64)
    case malformed, notIntegral, outOfRange
  }

  /// Any 19 digits fit 64 bits.
  @inlinable static var mantissaDigits: Int { 19 }

  // MARK: Known extents

  /// The double of a text that is a JSON number as a whole; nil if it is none. Reads nothing but these bytes.
  @inlinable package static func parseDouble(_ bytes: UnsafeRawBufferPointer) -> Double? {
    guard let base = bytes.baseAddress else { return nil }
    return unsafe parseDouble(base.assumingMemoryBound(to: UInt8.self), 0, bytes.count, isPadded: false)
  }

  /// The integer of a text that is a JSON number as a whole. Reads nothing but these bytes.
  @inlinable package static func parseInt64(_ bytes: UnsafeRawBufferPointer) -> IntegerResult {
    guard let base = bytes.baseAddress else { return .malformed }
    return unsafe parseInt64(base.assumingMemoryBound(to: UInt8.self), 0, bytes.count, isPadded: false)
  }

  /// As above for `base[start..<end]`; `isPadded` promises 8 readable bytes behind, which do not change the result.
  @inlinable package static func parseDouble(
    _ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int, isPadded: Bool
  ) -> Double? {
    let parts = unsafe scan(base, start, end, isPadded: isPadded)
    switch parts.form {
    case .exact:
      return double(mantissa: parts.mantissa, exponent: parts.exponent, isNegative: parts.isNegative)
    case .manyDigits: return unsafe doubleOfManyDigits(base, start, end, parts.isNegative)
    case .malformed: return nil
    }
  }

  /// As above for `base[start..<end]`; `isPadded` promises 8 readable bytes behind, which do not change the result.
  @inlinable package static func parseInt64(
    _ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int, isPadded: Bool
  ) -> IntegerResult {
    let parts = unsafe scan(base, start, end, isPadded: isPadded)
    if parts.form == .exact, parts.exponent == 0, parts.mantissa <= 0x7FFF_FFFF_FFFF_FFFF {
      let magnitude = Int64(truncatingIfNeeded: parts.mantissa)
      return .value(parts.isNegative ? 0 &- magnitude : magnitude)
    }
    return unsafe scaledInteger(base, start, end, parts)
  }

  // MARK: Parts to values

  /// `mantissa * 10^exponent`, rounded to nearest, ties to even; infinite beyond the range of a double.
  @inlinable package static func double(mantissa: UInt64, exponent: Int, isNegative: Bool) -> Double {
    var magnitude: Double
    if mantissa <= 1 &<< 53, exponent >= -22, exponent <= 22 {
      // Both operands are exact, so the one operation rounds once.
      magnitude = Double(Int64(truncatingIfNeeded: mantissa))
      if exponent < 0 {
        magnitude /= qw_json_power10_double(Int64(0 &- exponent))
      } else {
        magnitude *= qw_json_power10_double(Int64(exponent))
      }
    } else {
      magnitude = wideDouble(mantissa, exponent)
    }
    return isNegative ? -magnitude : magnitude
  }

  // MARK: Reading

  /// Reads `base[start..<end]` as one JSON number.
  @inlinable package static func scan(
    _ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int, isPadded: Bool
  ) -> Parts {
    var parts = Parts(mantissa: 0, exponent: 0, isNegative: false, form: .malformed)
    guard start < end else { return parts }
    var at = start
    parts.isNegative = unsafe base[at] == 0x2D
    if parts.isNegative { at &+= 1 }
    if end &- at <= 8, unsafe scanShort(&parts, base, at, end, isPadded) { return parts }
    let whole = at
    unsafe digits(&parts.mantissa, base, &at, end, isPadded)
    var count = at &- whole
    // A first zero stands alone.
    guard count > 0, unsafe (count == 1 || base[whole] != 0x30) else { return parts }
    if at < end, unsafe base[at] == 0x2E {
      at &+= 1
      let fraction = at
      unsafe digits(&parts.mantissa, base, &at, end, isPadded)
      guard at > fraction else { return parts }
      parts.exponent = fraction &- at
      count &+= at &- fraction
    }
    if at < end {
      guard let exponent = unsafe exponent(base, at, end) else { return parts }
      parts.exponent &+= exponent
    }
    parts.form = count <= mantissaDigits ? .exact : .manyDigits
    return parts
  }

  /// Reads up to eight bytes that are digits with at most one dot among them: most prices and sizes. False, with the
  /// parts untouched, for anything else.
  @inlinable static func scanShort(
    _ parts: inout Parts, _ base: UnsafePointer<UInt8>, _ at: Int, _ end: Int, _ isPadded: Bool
  ) -> Bool {
    let count = end &- at
    guard count > 0 else { return false }
    // Right-aligned behind zeros: the first character is byte 8 - count, the last is byte 7.
    let blank = UInt64(truncatingIfNeeded: 64 &- count &* 8)
    var digits = (unsafe load(base, at, end, isPadded) ^ 0x3030_3030_3030_3030) &<< blank
    let lead = digits &>> blank & 0xFFFF
    // A first zero stands alone or before the dot.
    if lead & 0xFF == 0, count > 1, lead != 0x1E00 { return false }
    let others = digits ^ 0x1E1E_1E1E_1E1E_1E1E
    let dots = (others &- 0x0101_0101_0101_0101) & ~others & 0x8080_8080_8080_8080
    var fraction = 0
    if dots != 0 {
      // The lowest mark is the first dot; a second one is refused below as no digit.
      let place = dots.trailingZeroBitCount &- 7
      fraction = (56 &- place) &>> 3
      guard fraction > 0, lead & 0xFF != 0x1E else { return false }
      let before = (1 as UInt64) &<< UInt64(truncatingIfNeeded: place) &- 1
      // What stands before the dot moves over it.
      digits = (digits & ~(before &<< 8 | 0xFF)) | (digits & before) &<< 8
    }
    guard ((digits &+ 0x7676_7676_7676_7676) | digits) & 0x8080_8080_8080_8080 == 0 else { return false }
    parts.mantissa = eightDigits(digits)
    parts.exponent = 0 &- fraction
    parts.form = .exact
    return true
  }

  /// Appends the digits at `at` to the mantissa, eight at a time, and moves `at` behind them.
  @inlinable static func digits(
    _ mantissa: inout UInt64, _ base: UnsafePointer<UInt8>, _ at: inout Int, _ end: Int, _ isPadded: Bool
  ) {
    while at < end {
      let eight = unsafe load(base, at, end, isPadded) ^ 0x3030_3030_3030_3030
      // The lowest high bit marks the first byte above 9; carries only spoil bytes behind it.
      let others = ((eight &+ 0x7676_7676_7676_7676) | eight) & 0x8080_8080_8080_8080
      let count = min(others.trailingZeroBitCount &>> 3, end &- at)
      guard count > 0 else { return }
      // The first digit is the lowest byte; shifted up, the number is right-aligned behind zeros.
      let value = eightDigits(eight &<< UInt64(truncatingIfNeeded: 64 &- count &* 8))
      mantissa = mantissa &* qw_json_power10(Int64(count)) &+ value
      at &+= count
      if count < 8 { return }
    }
  }

  /// The number of eight digit values, the first in the lowest byte: pairs, fours, all.
  @inlinable package static func eightDigits(_ digits: UInt64) -> UInt64 {
    let pairs = digits &* 10 &+ digits &>> 8
    let lanes: UInt64 = 0x0000_00FF_0000_00FF
    let outer = (pairs & lanes) &* (1_000_000 &<< 32 | 100)
    let inner = (pairs &>> 16 & lanes) &* (10_000 &<< 32 | 1)
    return (outer &+ inner) &>> 32
  }

  /// Eight bytes at `at`, the first lowest; zeros for those behind `end` where they may not be read.
  @inlinable static func load(_ base: UnsafePointer<UInt8>, _ at: Int, _ end: Int, _ isPadded: Bool) -> UInt64 {
    if isPadded || end &- at >= 8 {
      return unsafe UInt64(littleEndian: UnsafeRawPointer(base + at).loadUnaligned(as: UInt64.self))
    }
    var word: UInt64 = 0
    var k = end
    while k > at {
      k &-= 1
      word = unsafe word &<< 8 | UInt64(base[k])
    }
    return word
  }

  /// The exponent part that fills `base[at..<end]`; nil if it is none. Saturates far beyond what digits can make up
  /// for.
  @inlinable static func exponent(_ base: UnsafePointer<UInt8>, _ at: Int, _ end: Int) -> Int? {
    guard unsafe base[at] | 0x20 == 0x65 else { return nil }
    var at = at &+ 1
    guard at < end else { return nil }
    let sign = unsafe base[at]
    if sign == 0x2D || sign == 0x2B { at &+= 1 }
    guard at < end else { return nil }
    var value = 0
    while at < end {
      let digit = unsafe base[at] &- 0x30
      guard digit < 10 else { return nil }
      value = min(value &* 10 &+ Int(digit), 1 &<< 50)
      at &+= 1
    }
    return sign == 0x2D ? 0 &- value : value
  }
}
