import Bytes
import Glibc

/// Escapes of JSON strings, RFC 8259 section 7: `\" \\ \/ \b \f \n \r \t` and `\u` with four hexadecimal digits.
enum Escapes {
  enum Finding {
    case none
    case wellFormed
    case malformed(at: Int)
  }

  /// What a string holds, given the bytes between its quotes.
  static func check(_ raw: UnsafeRawBufferPointer) -> Finding {
    var at = unsafe nextBackslash(raw, from: 0)
    if at == raw.count { return .none }
    while at < raw.count {
      guard at + 1 < raw.count else { return .malformed(at: at) }
      if unsafe raw[at + 1] == 0x75 {
        guard unsafe codeUnit(raw, at: at) != nil else { return .malformed(at: at) }
        at += 6
      } else {
        guard unsafe simple(raw[at + 1]) != nil else { return .malformed(at: at) }
        at += 2
      }
      at = unsafe nextBackslash(raw, from: at)
    }
    return .wellFormed
  }

  /// Appends the content of a string whose escapes are well-formed.
  static func decode(_ raw: UnsafeRawBufferPointer, into writer: inout ByteWriter) {
    var at = 0
    while at < raw.count {
      let stop = unsafe nextBackslash(raw, from: at)
      unsafe writer.append(contentsOf: UnsafeRawBufferPointer(rebasing: raw[at..<stop]))
      at = stop
      guard at + 1 < raw.count else { break }
      if let byte = unsafe simple(raw[at + 1]) {
        writer.append(byte)
        at += 2
      } else {
        at = unsafe decodeUnicode(raw, at: at, into: &writer)
      }
    }
  }

  /// Decodes the `\u` escape at `at`, with its other half if it is a surrogate; returns the offset behind.
  private static func decodeUnicode(
    _ raw: UnsafeRawBufferPointer, at: Int, into writer: inout ByteWriter
  ) -> Int {
    let high = unsafe UInt32(codeUnit(raw, at: at) ?? 0xFFFD)
    var value = high
    var next = at + 6
    if high >= 0xD800, high < 0xDC00, let low = unsafe codeUnit(raw, at: next), low >= 0xDC00, low < 0xE000 {
      value = 0x10000 + (high - 0xD800) << 10 + (UInt32(low) - 0xDC00)
      next += 6
    }
    let scalar = Unicode.Scalar(value) ?? "\u{FFFD}"
    for byte in UTF8.encode(scalar)! { writer.append(byte) }
    return next
  }

  private static func nextBackslash(_ raw: UnsafeRawBufferPointer, from: Int) -> Int {
    guard from < raw.count, let base = raw.baseAddress else { return raw.count }
    guard let found = unsafe memchr(base + from, 0x5C, raw.count - from) else { return raw.count }
    return unsafe UnsafeRawPointer(found) - base
  }

  /// The UTF-16 code unit of the `\u` escape at `at`; nil where there is none.
  private static func codeUnit(_ raw: UnsafeRawBufferPointer, at: Int) -> UInt16? {
    guard at + 6 <= raw.count, unsafe raw[at] == 0x5C, unsafe raw[at + 1] == 0x75 else { return nil }
    var unit: UInt16 = 0
    for k in 2..<6 {
      let byte = unsafe raw[at + k]
      let digit: UInt8
      switch byte {
      case 0x30...0x39: digit = byte - 0x30
      case 0x41...0x46: digit = byte - 0x41 + 10
      case 0x61...0x66: digit = byte - 0x61 + 10
      default: return nil
      }
      unit = unit << 4 | UInt16(digit)
    }
    return unit
  }

  /// What a two-byte escape stands for.
  private static func simple(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x22, 0x5C, 0x2F: byte
    case 0x62: 0x08
    case 0x66: 0x0C
    case 0x6E: 0x0A
    case 0x72: 0x0D
    case 0x74: 0x09
    default: nil
    }
  }
}
