import CShims

// Doubles in their shortest form.
//
// Fast path: the value times 10^8 is rounded to an integer r below 10^15, and taken when r / 10^8, which is rounded
// correctly because both are exact, gives the value back. Decimals of up to 15 digits map to doubles one to one, so r
// without its trailing zeros is then the shortest text. There is no branch in it that depends on the digits. From 10^7
// on the same with 10^4. What fails has more digits: `ShortestDecimal`.

extension NumberText {
  /// Adding it to a double below 2^51 rounds that to an integer, which then stands in the sum's low bits.
  @inline(__always)
  private static var rounder: Double { 0x1p52 }

  package static func writeShortest(_ value: Double, _ to: UnsafeMutablePointer<UInt8>) -> Int {
    let magnitude = value.magnitude
    unsafe to[0] = 0x2D
    let sign = Int(truncatingIfNeeded: value.bitPattern &>> 63)
    let digits = unsafe to + sign
    if magnitude < 1e7 {
      let sum = magnitude * 1e8 + rounder
      // Below 1e-4 the form has an exponent.
      if (sum - rounder) / 1e8 == magnitude, magnitude >= 1e-4 || magnitude == 0 {
        let scaled = sum.bitPattern & (1 &<< 52 &- 1)
        let whole = scaled / 100_000_000
        return unsafe sign &+ Int(qw_digits_write_fixed(whole, scaled &- whole &* 100_000_000, digits))
      }
    } else if magnitude < 1e11 {
      let sum = magnitude * 1e4 + rounder
      if (sum - rounder) / 1e4 == magnitude {
        let scaled = sum.bitPattern & (1 &<< 52 &- 1)
        return unsafe sign &+ writeLarge(scaled / 10_000, scaled % 10_000, digits)
      }
    } else if magnitude <= 0x1p53 {
      let whole = UInt64(magnitude)
      if Double(whole) == magnitude { return unsafe sign &+ writeLarge(whole, 0, digits) }
    }
    return unsafe sign &+ writeManyDigits(magnitude, digits)
  }

  /// `whole`, a point, `fraction` as four digits without trailing zeros, at least one digit.
  @inline(__always)
  private static func writeLarge(_ whole: UInt64, _ fraction: UInt64, _ to: UnsafeMutablePointer<UInt8>) -> Int {
    let point = unsafe write(whole, to)
    unsafe to[point] = 0x2E
    let places = qw_digits_portable(0, fraction &* 10_000)
    unsafe storeWord(places.last, to + (point &+ 1))
    return point &+ 1 &+ Int(places.used)
  }

  @inline(never)
  private static func writeManyDigits(_ magnitude: Double, _ to: UnsafeMutablePointer<UInt8>) -> Int {
    guard magnitude.isFinite else { return unsafe write(magnitude.isNaN ? "nan" : "inf", to) }
    let digits = SignificantDigits(ShortestDecimal(magnitude))
    if magnitude >= 1e-4 && magnitude <= 0x1p53 { return unsafe digits.writePlain(to) }
    let end = unsafe digits.writeMantissa(to, hasPoint: false)
    unsafe to[end] = 0x65
    unsafe to[end &+ 1] = digits.exponent < 0 ? 0x2D : 0x2B
    let exponent = UInt64(digits.exponent.magnitude)
    if exponent < 10 {
      unsafe to[end &+ 2] = 0x30
      unsafe to[end &+ 3] = 0x30 &+ UInt8(truncatingIfNeeded: exponent)
      return end &+ 4
    }
    return unsafe end &+ 2 &+ write(exponent, to + (end &+ 2))
  }

  /// Stores eight characters, the first in the lowest byte.
  @inline(__always)
  static func storeWord(_ characters: UInt64, _ to: UnsafeMutablePointer<UInt8>) {
    unsafe UnsafeMutableRawPointer(to).storeBytes(of: characters.littleEndian, as: UInt64.self)
  }

  static func write(_ text: StaticString, _ to: UnsafeMutablePointer<UInt8>) -> Int {
    unsafe UnsafeMutableRawPointer(to).copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
    return text.utf8CodeUnitCount
  }
}
