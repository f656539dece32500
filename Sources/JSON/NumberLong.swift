import CShims

// Numbers with more digits than a mantissa holds, and integers that are written with a fraction or an exponent.

extension Number {
  /// The digits of a well-formed number that matter: without zeros at either end.
  private struct Significant {
    /// The first 19 at most.
    var mantissa: UInt64 = 0
    /// Of the last digit in the mantissa.
    var exponent = 0
    /// Whether digits other than zero follow those of the mantissa.
    var isCut = false
    var isNegative = false
  }

  /// Sends each digit from the first that is not zero on to the body, with the power of ten it stands for without the
  /// exponent part; returns the exponent part.
  private static func eachDigit(
    _ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ body: (UInt8, _ power: Int) -> Void
  ) -> Int {
    var at = start
    if unsafe base[at] == 0x2D { at += 1 }
    var dot = at
    while dot < end, unsafe base[dot] &- 0x30 < 10 { dot += 1 }
    var power = dot - at
    var isLeading = true
    while at < end {
      let byte = unsafe base[at]
      if byte | 0x20 == 0x65 { return unsafe exponent(base, at, end) ?? 0 }
      if byte != 0x2E {
        power -= 1
        isLeading = isLeading && byte == 0x30
        if !isLeading { body(byte - 0x30, power) }
      }
      at += 1
    }
    return 0
  }

  private static func significant(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Significant {
    var result = Significant()
    var taken = 0
    /// Zeros that count only if another digit follows.
    var pending = 0
    let part = unsafe eachDigit(base, start, end) { digit, power in
      if digit == 0 {
        pending += 1
        return
      }
      let room = taken + pending + 1 <= mantissaDigits
      if !result.isCut, room {
        for _ in 0..<pending { result.mantissa *= 10 }
        result.mantissa = result.mantissa * 10 + UInt64(digit)
        taken += pending + 1
        result.exponent = power
      } else {
        result.isCut = true
      }
      pending = 0
    }
    result.exponent += part
    result.isNegative = unsafe base[start] == 0x2D
    return result
  }

  /// The double of a well-formed number of any length.
  @inline(never) @usableFromInline
  static func doubleOfManyDigits(
    _ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ isNegative: Bool
  ) -> Double {
    let digits = unsafe significant(base, start, end)
    let magnitude: Double
    if !digits.isCut {
      magnitude = double(mantissa: digits.mantissa, exponent: digits.exponent, isNegative: false)
    } else if let low = product(digits.mantissa, digits.exponent),
      let high = product(digits.mantissa + 1, digits.exponent), low == high
    {
      // The value lies between two that round alike.
      magnitude = low
    } else {
      magnitude = unsafe slowDouble(base, start, end)
    }
    return isNegative ? -magnitude : magnitude
  }

  /// Digits that can decide the rounding of a double: no midpoint between two has more than 767.
  private static var decidingDigits: Int { 770 }

  private static func slowDouble(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Double {
    var text: [UInt8] = []
    text.reserveCapacity(decidingDigits + 32)
    var last = 0
    var isCut = false
    let part = unsafe eachDigit(base, start, end) { digit, power in
      if text.count < decidingDigits {
        text.append(0x30 + digit)
        last = power
      } else if digit != 0 {
        isCut = true
      }
    }
    // Any digit that is not zero stands for all that were cut: both lie on the same side of every midpoint.
    if isCut {
      text.append(0x31)
      last -= 1
    }
    return decimalDouble(&text, last + part)
  }

  /// The double of decimal digits times a power of ten, by the C library. Uses up the text.
  static func decimalDouble(_ text: inout [UInt8], _ exponent: Int) -> Double {
    text += "e\(exponent)\0".utf8
    // Zero-terminated, and alive during the call.
    return unsafe text.withUnsafeBytes { b in
      unsafe qw_json_strtod(b.baseAddress!.assumingMemoryBound(to: CChar.self))
    }
  }

  /// The integer of a number that is not just up to 63 bits of digits.
  @inline(never) @usableFromInline
  static func scaledInteger(
    _ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ parts: Parts
  ) -> IntegerResult {
    guard parts.form != .malformed else { return .malformed }
    let digits = unsafe significant(base, start, end)
    if digits.mantissa == 0 { return .value(0) }
    // Without zeros at its end, a mantissa with a negative exponent has a fraction.
    let hasFraction = digits.exponent < 0
    if digits.isCut { return unsafe hasLateFraction(base, start, end) ? .notIntegral : .outOfRange }
    if hasFraction { return .notIntegral }
    guard digits.exponent < mantissaDigits else { return .outOfRange }
    var magnitude = digits.mantissa
    for _ in 0..<digits.exponent {
      let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
      if overflow { return .outOfRange }
      magnitude = product
    }
    if magnitude <= UInt64(Int64.max) {
      let value = Int64(magnitude)
      return .value(parts.isNegative ? -value : value)
    }
    return parts.isNegative && magnitude == Int64.min.magnitude ? .value(.min) : .outOfRange
  }

  /// Whether a digit that is not zero stands behind the decimal point, wherever the exponent puts that.
  private static func hasLateFraction(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Bool {
    var lowest = Int.max
    let part = unsafe eachDigit(base, start, end) { digit, power in
      if digit != 0 { lowest = power }
    }
    return lowest != .max && lowest + part < 0
  }
}
