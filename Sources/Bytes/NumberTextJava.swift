// Doubles as a dxLink server, a Java program, writes them (java.lang.Double, method toString).

extension NumberText {
  static func writeJavaForm(_ value: Double, _ to: UnsafeMutablePointer<UInt8>) -> Int {
    let magnitude = value.magnitude
    // There both forms are plain and the same.
    if magnitude >= 1e-3 && magnitude < 1e7 || magnitude == 0 { return unsafe writeShortest(value, to) }
    if value.isNaN { return unsafe write("NaN", to) }
    let sign = value.sign == .minus ? 1 : 0
    unsafe to[0] = 0x2D
    if magnitude == .infinity { return unsafe sign &+ write("Infinity", to + sign) }
    var decimal = unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: room) { text in
      let base = text.baseAddress!
      return unsafe Decimal(text: base, count: writeShortest(magnitude, base))
    }
    decimal.takeTwoDigits(ofSubnormal: magnitude)
    return unsafe sign &+ writeScientific(decimal, to + sign)
  }

  private static func write(_ text: StaticString, _ to: UnsafeMutablePointer<UInt8>) -> Int {
    unsafe UnsafeMutableRawPointer(to).copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
    return text.utf8CodeUnitCount
  }

  /// `d.ddE-n`: the digits with a point after the first.
  private static func writeScientific(_ decimal: Decimal, _ to: UnsafeMutablePointer<UInt8>) -> Int {
    // The digits go one place to the right, then the first moves in front of the point.
    var end = unsafe 1 &+ write(decimal.digits, to + 1)
    unsafe to[0] = to[1]
    unsafe to[1] = 0x2E
    let exponent = decimal.exponent &+ end &- 2
    if end == 2 {
      unsafe to[2] = 0x30
      end = 3
    }
    unsafe to[end] = 0x45
    return unsafe end &+ 1 &+ write(Int64(exponent), to + (end &+ 1))
  }

  /// digits x 10^exponent; the digits do not end in a zero.
  private struct Decimal {
    var digits: UInt64 = 0
    var exponent = 0

    /// From what `writeShortest` gave for a finite positive value: at most 17 significant digits.
    init(text: UnsafeMutablePointer<UInt8>, count: Int) {
      var i = 0
      var isFraction = false
      while i < count, unsafe text[i] != 0x65 {
        let byte = unsafe text[i]
        if byte == 0x2E {
          isFraction = true
        } else {
          digits = digits &* 10 &+ UInt64(byte &- 0x30)
          if isFraction { exponent &-= 1 }
        }
        i &+= 1
      }
      unsafe readExponent(UnsafeBufferPointer(start: text + i, count: count - i))
      while digits > 0 && digits % 10 == 0 {
        digits /= 10
        exponent &+= 1
      }
    }

    /// `e+dd`, `e-dd` or nothing.
    private mutating func readExponent(_ text: UnsafeBufferPointer<UInt8>) {
      guard text.count > 2 else { return }
      var value = 0
      for i in 2..<text.count { value = unsafe value &* 10 &+ Int(text[i] &- 0x30) }
      exponent &+= unsafe text[1] == 0x2D ? -value : value
    }

    /// Java chooses among decimals of at least two digits, so the least values, whose shortest form has one, get the
    /// nearest
    /// with two: 4.9E-324 where 5e-324 would do. Above 20 units two digits are no nearer than one.
    mutating func takeTwoDigits(ofSubnormal value: Double) {
      guard value.bitPattern <= 20, digits < 10 else { return }
      // In units of 1e-324, of which the least subnormal has 4.94….
      let units = Double(value.bitPattern) * 4.9406564584124654
      let isBelowTen = units < 10
      digits = UInt64((isBelowTen ? units * 10 : units) + 0.5)
      exponent = isBelowTen ? -325 : -324
      if digits % 10 == 0 {
        digits /= 10
        exponent &+= 1
      }
    }
  }
}
