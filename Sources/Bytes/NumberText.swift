import CShims

/// Numbers as ASCII text, appended to a `ByteWriter` without temporaries.
///
/// The writers here take a pointer with at least `NumberText.room` writable bytes and give the count that they wrote.
package enum NumberText {
  /// Enough for any number in any form of this file, of which the longest has 26 bytes, and for the whole words that
  /// are stored beyond its end.
  package static let room = 48

  /// "00", "01", … "99". A string literal needs no initialisation at run time.
  @inline(__always)
  private static var pairs: StaticString {
    """
    00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354\
    555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899
    """
  }

  /// Two digits of `value`, which is below 100.
  @inline(__always)
  static func writePair(_ value: UInt64, _ to: UnsafeMutablePointer<UInt8>) {
    unsafe UnsafeMutableRawPointer(to).copyMemory(
      from: pairs.utf8Start + Int(truncatingIfNeeded: value &* 2), byteCount: 2)
  }

  /// 10^n for n up to 19.
  @inline(__always)
  static func powerOfTen(_ n: Int) -> UInt64 { qw_decimal_integer_power10(Int64(truncatingIfNeeded: n)) }

  /// How many digits a value has.
  @inline(__always)
  static func digitCount(_ value: UInt64) -> Int {
    // The product is floor(bits * log10(2)): the count, or one less.
    let bits = 64 &- (value | 1).leadingZeroBitCount
    let least = (bits &* 1233) &>> 12
    return least &+ (value | 1 >= powerOfTen(least) ? 1 : 0)
  }

  @inline(__always)
  package static func write(_ value: UInt64, _ to: UnsafeMutablePointer<UInt8>) -> Int {
    // The caller gives `room` bytes.
    unsafe Int(truncatingIfNeeded: qw_digits_write(value, to))
  }

  package static func write(_ value: Int64, _ to: UnsafeMutablePointer<UInt8>) -> Int {
    if value >= 0 { return unsafe write(UInt64(bitPattern: value), to) }
    unsafe to[0] = 0x2D
    return unsafe 1 &+ write(value.magnitude, to + 1)
  }
}

extension ByteWriter {
  /// An integer in decimal digits.
  package mutating func append(decimal value: Int64) {
    unsafe appendUnsafe(room: NumberText.room) { p in unsafe NumberText.write(value, p) }
  }

  /// An integer in decimal digits.
  package mutating func append(decimal value: UInt64) {
    unsafe appendUnsafe(room: NumberText.room) { p in unsafe NumberText.write(value, p) }
  }

  /// A double in the fewest digits that read back to the same bits, the nearest of those to the value.
  ///
  /// Plain from 1e-4 to 2^53, always with a point (`171.25`, `300.0`, `-0.0`); else with an exponent (`1e-05`,
  /// `1.7976931348623157e+308`). All of it is valid JSON, except `nan`, `inf` and `-inf`, which are the caller's.
  package mutating func append(shortest value: Double) {
    unsafe appendUnsafe(room: NumberText.room) { p in unsafe NumberText.writeShortest(value, p) }
  }

  /// A double as Java's `Double.toString` writes it since JDK 19: the fewest digits, a point always, plain from 1e-3 to
  /// below 1e7 (`100.0`), else `1.3743299E7`, `1.0E-4`; `NaN`, `Infinity`, `-Infinity` without quotes.
  package mutating func append(javaForm value: Double) {
    unsafe appendUnsafe(room: NumberText.room) { p in unsafe NumberText.writeJavaForm(value, p) }
  }
}
