// Doubles as a dxLink server, a Java program, writes them (java.lang.Double, method toString).

extension NumberText {
  package static func writeJavaForm(_ value: Double, _ to: UnsafeMutablePointer<UInt8>) -> Int {
    let magnitude = value.magnitude
    // There both forms are plain and the same.
    if magnitude >= 1e-3 && magnitude < 1e7 || magnitude == 0 { return unsafe writeShortest(value, to) }
    if value.isNaN { return unsafe write("NaN", to) }
    let sign = value.sign == .minus ? 1 : 0
    unsafe to[0] = 0x2D
    if magnitude == .infinity { return unsafe sign &+ write("Infinity", to + sign) }
    return unsafe sign &+ writeScientific(twoDigits(ofSubnormal: magnitude) ?? significant(magnitude), to + sign)
  }

  private static func significant(_ magnitude: Double) -> SignificantDigits {
    SignificantDigits(ShortestDecimal(magnitude))
  }

  /// `d.ddE-n`: the digits with a point after the first.
  private static func writeScientific(_ digits: SignificantDigits, _ to: UnsafeMutablePointer<UInt8>) -> Int {
    let end = unsafe digits.writeMantissa(to, hasPoint: true)
    // A mantissa of one digit has a zero after the point: the digits that follow the last are zeros.
    unsafe to[end] = 0x45
    return unsafe end &+ 1 &+ write(Int64(digits.exponent), to + (end &+ 1))
  }

  /// Java chooses among decimals of at least two digits, so the least values, whose shortest form has one, get the
  /// nearest with two: 4.9E-324 where 5e-324 would do. Above 20 units two digits are no nearer than one.
  private static func twoDigits(ofSubnormal value: Double) -> SignificantDigits? {
    guard value.bitPattern <= 20 else { return nil }
    // In units of 1e-324, of which the least subnormal has 4.94….
    let units = Double(value.bitPattern) * 4.9406564584124654
    let isBelowTen = units < 10
    return SignificantDigits(UInt64((isBelowTen ? units * 10 : units) + 0.5), isBelowTen ? -325 : -324)
  }
}
