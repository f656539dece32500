/// Words that both formats know. Each function stores eight bytes or more and returns how many count.
enum BoolText {
  @inline(__always)
  static func write(_ value: Bool, _ to: UnsafeMutablePointer<UInt8>) -> Int {
    // "true", "false"
    let word: UInt64 = value ? 0x6575_7274 : 0x65_736C_6166
    unsafe UnsafeMutableRawPointer(to).storeBytes(of: word.littleEndian, as: UInt64.self)
    return value ? 4 : 5
  }
}

enum InfinityText {
  /// `Infinity` or `-Infinity`.
  @inline(never)
  static func write(_ value: Double, _ to: UnsafeMutablePointer<UInt8>) -> Int {
    let sign = value < 0 ? 1 : 0
    unsafe to[0] = 0x2D
    let word: UInt64 = 0x7974_696E_6966_6E49
    unsafe UnsafeMutableRawPointer(to + sign).storeBytes(of: word.littleEndian, as: UInt64.self)
    return sign &+ 8
  }
}
