/// Base64 with the standard alphabet and padding (RFC 4648 section 4): for handshake keys.
package enum Base64 {
  private static var alphabet: [UInt8] {
    Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  }

  package static func encode(_ bytes: [UInt8]) -> String {
    let alphabet = alphabet
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let count = min(3, bytes.count - start)
      var group: UInt32 = 0
      for i in 0..<3 { group = group << 8 | (i < count ? UInt32(bytes[start + i]) : 0) }
      for i in 0..<4 {
        text.append(i <= count ? alphabet[Int(group >> UInt32(18 - 6 * i) & 63)] : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Nil for anything but one canonical encoding: no white space, whole groups, padding only at the end, unused bits 0.
  package static func decode(_ text: String) -> [UInt8]? {
    let symbols = Array(text.utf8)
    guard symbols.count % 4 == 0 else { return nil }
    var bytes: [UInt8] = []
    for start in stride(from: 0, to: symbols.count, by: 4) {
      let isLast = start + 4 == symbols.count
      var group: UInt32 = 0
      var padding = 0
      for symbol in symbols[start..<start + 4] {
        if symbol == UInt8(ascii: "=") {
          padding += 1
          group <<= 6
        } else {
          guard padding == 0, let value = value(of: symbol) else { return nil }
          group = group << 6 | value
        }
      }
      guard padding == 0 || (isLast && padding <= 2) else { return nil }
      let unused: UInt32 = padding == 0 ? 0 : padding == 1 ? 0xFF : 0xFFFF
      guard group & unused == 0 else { return nil }
      for i in 0..<3 - padding { bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(16 - 8 * i))) }
    }
    return bytes
  }

  private static func value(of symbol: UInt8) -> UInt32? {
    switch symbol {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(symbol - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(symbol - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(symbol - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
