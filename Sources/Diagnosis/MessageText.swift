package import Bytes

/// Messages as lines for people: what would steer a terminal, and bytes that are no UTF-8, are shown as escapes.
///
///     2026-03-02T14:30:00.125000Z <  {"type":"SETUP","channel":0,…}
///
/// `>` went out, `<` came in, `-` is no message.
package enum MessageText {
  package enum Direction: String, Sendable {
    case sent = ">"
    case received = "<"
    case note = "-"
  }

  /// Levels of nesting that are laid out; what is deeper stays in a line.
  private static let maximumDepth = 32

  /// A line, or several with `pretty`, with its end.
  package static func line(
    _ direction: Direction, _ message: [UInt8], at wall: WallNanos, lane: Int = 0, pretty: Bool = false
  ) -> String {
    let place = lane == 0 ? "" : "[\(lane)] "
    let body = pretty && direction != .note ? laidOut(message) : safe(message)
    return "\(time(wall)) \(direction.rawValue) \(place)\(body)\n"
  }

  /// Microseconds, in UTC.
  package static func time(_ wall: WallNanos) -> String {
    var out = ByteWriter(capacity: 40)
    out.append(isoNanos: wall.rawValue)
    let text = unsafe out.withBytes { unsafe String(decoding: $0, as: UTF8.self) }
    return text.dropLast(4) + "Z"
  }

  /// The text with escapes for what must not reach a terminal: `\u001B`, and `\xFF` for a byte that is no UTF-8.
  package static func safe(_ message: some Sequence<UInt8>) -> String {
    var out = String.UnicodeScalarView()
    var decoder = UTF8()
    var bytes = Array(message)[...].makeIterator()
    var seen = 0
    let all = Array(message)
    while true {
      switch decoder.decode(&bytes) {
      case .emptyInput: return String(out)
      case .scalarValue(let scalar):
        seen += UTF8.width(scalar)
        if steers(scalar) { out.append(contentsOf: escape(scalar).unicodeScalars) } else { out.append(scalar) }
      case .error:
        // The decoder may have taken more than one byte of a sequence that is cut off: begin again behind the first.
        out.append(contentsOf: "\\x\(hex(UInt32(all[seen]), 2))".unicodeScalars)
        seen += 1
        decoder = UTF8()
        bytes = all[seen...].makeIterator()
      }
    }
  }

  private static func steers(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value < 0x7F { return scalar.value < 0x20 }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse: return true
    default: return false
    }
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\n": "\\n"
    case "\r": "\\r"
    case "\t": "\\t"
    default: scalar.value > 0xFFFF ? "\\u{\(hex(scalar.value, 5))}" : "\\u\(hex(scalar.value, 4))"
    }
  }

  private static func hex(_ value: UInt32, _ digits: Int) -> String {
    let text = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
  }

  /// JSON over several lines. A list without objects or lists in it stays in one, as do rows of data.
  static func laidOut(_ message: [UInt8]) -> String {
    var out = ""
    var depth = 0
    var i = 0
    func newLine() { out += "\n" + String(repeating: "  ", count: min(depth, maximumDepth) + 1) }
    while i < message.count {
      switch message[i] {
      case UInt8(ascii: "\""):
        let end = MessageMask.stringEnd(message, i)
        out += safe(message[i..<end])
        i = end
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        if let end = flatEnd(message, i) {
          out += safe(message[i..<end])
          i = end
          continue
        }
        out += message[i] == UInt8(ascii: "{") ? "{" : "["
        depth += 1
        newLine()
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth = max(0, depth - 1)
        newLine()
        out += message[i] == UInt8(ascii: "}") ? "}" : "]"
      case UInt8(ascii: ","):
        out += ","
        newLine()
      case UInt8(ascii: ":"): out += ": "
      case 0x20, 0x09, 0x0A, 0x0D: break
      default:
        let end = message[i...].firstIndex { ",:{}[]\" \t\r\n".utf8.contains($0) } ?? message.endIndex
        out += safe(message[i..<end])
        i = end
        continue
      }
      i += 1
    }
    return out
  }

  /// Behind a list or object with nothing nested in it, an object only where it is empty.
  private static func flatEnd(_ message: [UInt8], _ start: Int) -> Int? {
    var i = start + 1
    while i < message.count {
      switch message[i] {
      case UInt8(ascii: "\""):
        i = MessageMask.stringEnd(message, i)
        if message[start] == UInt8(ascii: "{") { return nil }
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["): return nil
      case UInt8(ascii: "}"), UInt8(ascii: "]"): return i + 1
      default: i += 1
      }
    }
    return nil
  }
}
