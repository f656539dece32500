/// Numbers as ASCII text, appended to a `ByteWriter` without temporaries.
///
/// The writers here take a pointer with at least `NumberText.room` writable bytes and give the count that they wrote.
package enum NumberText {
  /// Enough for any number in any form of this file: 17 digits, a sign, zeros in front, an exponent.
  package static let room = 40

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

  /// Exactly `pairCount` pairs of digits, zeros in front.
  @inline(__always)
  static func writePairs(_ value: UInt64, _ pairCount: Int, _ to: UnsafeMutablePointer<UInt8>) {
    var rest = value
    var i = pairCount
    while i > 0 {
      i &-= 1
      unsafe writePair(rest % 100, to + 2 &* i)
      rest /= 100
    }
  }

  static func digitCount(_ value: UInt64) -> Int {
    var rest = value
    var count = 0
    while rest >= 10_000 {
      rest /= 10_000
      count &+= 4
    }
    return count &+ (rest < 100 ? (rest < 10 ? 1 : 2) : (rest < 1000 ? 3 : 4))
  }

  static func write(_ value: UInt64, _ to: UnsafeMutablePointer<UInt8>) -> Int {
    let count = digitCount(value)
    var rest = value
    var at = count
    while rest >= 100 {
      at &-= 2
      unsafe writePair(rest % 100, to + at)
      rest /= 100
    }
    if at == 2 { unsafe writePair(rest, to) } else { unsafe to[0] = 0x30 &+ UInt8(truncatingIfNeeded: rest) }
    return count
  }

  static func write(_ value: Int64, _ to: UnsafeMutablePointer<UInt8>) -> Int {
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
