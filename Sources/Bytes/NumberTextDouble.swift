// Doubles in their shortest form.
//
// Fast path: the value times 10^k is rounded to an integer r below 10^15, and taken when r / 10^k, which is rounded
// correctly because both are exact, gives the value back. Decimals of up to 15 digits map to doubles one to one, so r
// without its trailing zeros is then the shortest text. What fails goes to the standard library.

extension NumberText {
  static func writeShortest(_ value: Double, _ to: UnsafeMutablePointer<UInt8>) -> Int {
    let magnitude = value.magnitude
    guard magnitude < 1e15 else { return unsafe writeByLibrary(value, to) }
    let sign = value.sign == .minus ? 1 : 0
    unsafe to[0] = 0x2D
    let digits = unsafe to + sign
    if magnitude < 1e11, let r = scaled(magnitude, 1e4) {
      return unsafe sign &+ writePlain(r / 10_000, r % 10_000, 2, digits)
    }
    if magnitude < 1e7 {
      // Below 1e-4 the form has an exponent.
      if magnitude >= 1e-4, let r = scaled(magnitude, 1e8) {
        return unsafe sign &+ writePlain(r / 100_000_000, r % 100_000_000, 4, digits)
      }
    } else if magnitude >= 1e11 {
      if magnitude < 1e13, let r = scaled(magnitude, 100) {
        return unsafe sign &+ writePlain(r / 100, r % 100, 1, digits)
      }
      if let r = scaled(magnitude, 1) { return unsafe sign &+ writePlain(r, 0, 1, digits) }
    }
    return unsafe writeByLibrary(value, to)
  }

  /// The integer r with r / scale == magnitude, where there is one below 10^15.
  @inline(__always)
  private static func scaled(_ magnitude: Double, _ scale: Double) -> UInt64? {
    // In range: the caller keeps the product below 10^15 + 1.
    let r = UInt64(magnitude * scale + 0.5)
    return r < 1_000_000_000_000_000 && Double(r) / scale == magnitude ? r : nil
  }

  /// `whole`, a point, `fraction` as `pairCount` pairs of digits without trailing zeros, at least one digit.
  @inline(__always)
  private static func writePlain(
    _ whole: UInt64, _ fraction: UInt64, _ pairCount: Int, _ to: UnsafeMutablePointer<UInt8>
  ) -> Int {
    let point = unsafe write(whole, to)
    unsafe to[point] = 0x2E
    if fraction == 0 {
      unsafe to[point &+ 1] = 0x30
      return point &+ 2
    }
    unsafe writePairs(fraction, pairCount, to + (point &+ 1))
    var end = point &+ 1 &+ 2 &* pairCount
    while unsafe to[end &- 1] == 0x30 { end &-= 1 }
    return end
  }

  /// The standard library's digits, straight into place.
  @inline(never)
  private static func writeByLibrary(_ value: Double, _ to: UnsafeMutablePointer<UInt8>) -> Int {
    var target = unsafe ASCIITarget(to: to)
    value.write(to: &target)
    return target.count
  }

  /// Takes `Double.write(to:)`'s text. The library hands ASCII to `_writeASCII`, so no string is made; if it ceased to,
  /// `write` would do the same with one.
  @safe
  private struct ASCIITarget: TextOutputStream {
    private let to: UnsafeMutablePointer<UInt8>
    private(set) var count = 0

    init(to: UnsafeMutablePointer<UInt8>) { unsafe self.to = to }

    mutating func write(_ string: String) {
      for byte in string.utf8 {
        precondition(count < room)
        unsafe to[count] = byte
        count &+= 1
      }
    }

    mutating func _writeASCII(_ buffer: UnsafeBufferPointer<UInt8>) {
      precondition(count &+ buffer.count <= room)
      if let from = buffer.baseAddress {
        unsafe UnsafeMutableRawPointer(to + count).copyMemory(from: from, byteCount: buffer.count)
      }
      count &+= buffer.count
    }
  }
}
