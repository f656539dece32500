/// Pieces of JSON text (RFC 8259): appended to a writer, or as strings for reports and logs.
package enum JSONText {
  /// A quoted string, escaped like those of `append`.
  package static func quoted(_ text: String) -> String {
    var out = ByteWriter(capacity: text.utf8.count + 2)
    append(text, to: &out)
    return unsafe out.withBytes { unsafe String(decoding: $0, as: UTF8.self) }
  }

  /// A number with at most six digits behind the point; 0 where it is not finite.
  package static func rounded(_ value: Double) -> String {
    guard value.isFinite else { return "0" }
    let scaled = (value * 1e6).rounded()
    return abs(scaled) < 1e15 ? "\(scaled / 1e6)" : "\(value)"
  }

  /// A quoted string. Escaped are the quote, the backslash and control characters; all else stays UTF-8.
  package static func append(_ text: String, to out: inout ByteWriter) {
    var copy = text
    copy.withUTF8 { b in unsafe append(string: UnsafeRawBufferPointer(b), to: &out) }
  }

  /// A quoted string from bytes that are valid UTF-8.
  package static func append(string bytes: UnsafeRawBufferPointer, to out: inout ByteWriter) {
    out.append(0x22)
    var plain = 0
    for i in 0..<bytes.count {
      let byte = unsafe bytes[i]
      if byte >= 0x20 && byte != 0x22 && byte != 0x5C { continue }
      unsafe out.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[plain..<i]))
      appendEscape(byte, to: &out)
      plain = i + 1
    }
    unsafe out.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[plain...]))
    out.append(0x22)
  }

  private static func appendEscape(_ byte: UInt8, to out: inout ByteWriter) {
    out.append(0x5C)
    switch byte {
    case 0x22, 0x5C: out.append(byte)
    case 0x08: out.append(UInt8(ascii: "b"))
    case 0x09: out.append(UInt8(ascii: "t"))
    case 0x0A: out.append(UInt8(ascii: "n"))
    case 0x0C: out.append(UInt8(ascii: "f"))
    case 0x0D: out.append(UInt8(ascii: "r"))
    default:
      out.append("u00")
      out.append(hex(byte >> 4))
      out.append(hex(byte & 15))
    }
  }

  private static func hex(_ digit: UInt8) -> UInt8 { digit < 10 ? 0x30 + digit : 0x61 + digit - 10 }

  /// Seconds or another rare number: shortest form, whole numbers without a point; NaN and infinities as strings.
  package static func append(rare value: Double, to out: inout ByteWriter) {
    if value.isNaN {
      out.append("\"NaN\"")
    } else if value.isInfinite {
      out.append(value < 0 ? "\"-Infinity\"" : "\"Infinity\"")
    } else if value == value.rounded(), abs(value) < 1e15 {
      out.append(decimal: Int64(value))
    } else {
      out.append(shortest: value)
    }
  }
}
