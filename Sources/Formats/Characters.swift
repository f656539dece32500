/// A UTF-16 code unit that is no surrogate, as one to three bytes of UTF-8.
struct UTF8Unit {
  /// First byte lowest.
  private let word: UInt32
  private let count: Int

  init(_ unit: UInt16) {
    let u = UInt32(unit)
    if u < 0x80 {
      (word, count) = (u, 1)
    } else if u < 0x800 {
      (word, count) = (0xC0 | u >> 6 | (0x80 | u & 0x3F) << 8, 2)
    } else {
      (word, count) = (0xE0 | u >> 12 | (0x80 | u >> 6 & 0x3F) << 8 | (0x80 | u & 0x3F) << 16, 3)
    }
  }

  func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
    unsafe withUnsafeBytes(of: word.littleEndian) { b in unsafe body(UnsafeRawBufferPointer(rebasing: b[..<count])) }
  }

  /// The code unit that these bytes of valid UTF-8 are; nil when they are none or more than one.
  static func unit(of bytes: UnsafeRawBufferPointer) -> UInt16? {
    switch bytes.count {
    case 1: return unsafe UInt16(bytes[0])
    case 2:
      let (a, b) = unsafe (UInt16(bytes[0]), UInt16(bytes[1]))
      return a >= 0xC0 ? (a & 0x1F) << 6 | b & 0x3F : nil
    case 3:
      let (a, b, c) = unsafe (UInt16(bytes[0]), UInt16(bytes[1]), UInt16(bytes[2]))
      return a >= 0xE0 ? (a & 0x0F) << 12 | (b & 0x3F) << 6 | c & 0x3F : nil
    default: return nil
    }
  }
}

/// Code units as `\uD800`, the form that JSON knows.
enum Hexadecimal {
  /// Six bytes.
  static func writeEscape(_ unit: UInt16, _ to: UnsafeMutablePointer<UInt8>) -> Int {
    unsafe to[0] = 0x5C
    unsafe to[1] = 0x75
    unsafe to[2] = digit(unit >> 12)
    unsafe to[3] = digit(unit >> 8 & 0xF)
    unsafe to[4] = digit(unit >> 4 & 0xF)
    unsafe to[5] = digit(unit & 0xF)
    return 6
  }

  private static func digit(_ value: UInt16) -> UInt8 {
    UInt8(truncatingIfNeeded: value < 10 ? 0x30 &+ value : 0x37 &+ value)
  }

  /// The code unit of exactly `\u` and four digits; nil for anything else.
  static func unit(ofEscape bytes: UnsafeRawBufferPointer) -> UInt16? {
    guard unsafe bytes.count == 6 && bytes[0] == 0x5C && bytes[1] == 0x75 else { return nil }
    var unit: UInt16 = 0
    for i in 2..<6 {
      let byte = unsafe bytes[i]
      switch byte {
      case 0x30...0x39: unit = unit << 4 | UInt16(byte - 0x30)
      case 0x41...0x46: unit = unit << 4 | UInt16(byte - 0x37)
      case 0x61...0x66: unit = unit << 4 | UInt16(byte - 0x57)
      default: return nil
      }
    }
    return unit
  }
}
