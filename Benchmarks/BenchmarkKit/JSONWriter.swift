import Bytes

/// Writes JSON in the order of the calls, indented by lines where `line` is called: a file that diffs well.
package struct JSONWriter: ~Copyable {
  private var out = ByteWriter(capacity: 1 << 16)
  private var needsComma = false

  package init() {}

  package mutating func open(_ bracket: Bracket, _ key: String? = nil) {
    begin(key)
    out.append(bracket == .object ? "{" : "[")
    needsComma = false
  }

  package mutating func close(_ bracket: Bracket) {
    out.append(bracket == .object ? "}" : "]")
    needsComma = true
  }

  package enum Bracket: Sendable { case object, array }

  /// Goes to a new line, before the next member or a closing bracket.
  package mutating func line() {
    if needsComma { out.append(",") }
    needsComma = false
    out.append("\n")
  }

  /// Goes to a new line before a closing bracket.
  package mutating func lastLine() {
    needsComma = false
    out.append("\n")
  }

  package mutating func member(_ key: String? = nil, _ value: String) {
    begin(key)
    quote(value)
  }

  package mutating func member(_ key: String? = nil, _ value: Int) {
    begin(key)
    out.append("\(value)")
  }

  package mutating func member(_ key: String? = nil, _ value: Bool) {
    begin(key)
    if value { out.append("true") } else { out.append("false") }
  }

  /// JSON has no NaN and no infinity: these become null.
  package mutating func member(_ key: String? = nil, _ value: Double) {
    begin(key)
    if value.isFinite { out.append("\(value)") } else { out.append("null") }
  }

  private mutating func begin(_ key: String?) {
    if needsComma { out.append(",") }
    needsComma = true
    if let key {
      quote(key)
      out.append(":")
    }
  }

  private mutating func quote(_ text: String) {
    out.append("\"")
    for byte in text.utf8 {
      switch byte {
      case 0x22: out.append("\\\"")
      case 0x5C: out.append("\\\\")
      case 0x0A: out.append("\\n")
      case 0..<0x20:
        let digits = String(byte, radix: 16)
        out.append("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
      default: out.append(byte)
      }
    }
    out.append("\"")
  }

  /// What was written, with a line feed at its end.
  package consuming func finish() -> [UInt8] {
    out.append("\n")
    return out.array
  }
}
