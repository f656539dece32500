/// A frame's type: a nibble, so that values nobody defined yet survive being read and written (RFC 6455 section 5.2).
package struct Opcode: Equatable, Hashable, Sendable, BitwiseCopyable, CustomStringConvertible {
  let nibble: UInt8

  /// Keeps the low four bits.
  package init(_ nibble: UInt8) { self.nibble = nibble & 0x0F }

  package var rawValue: UInt8 { nibble }

  package static var continuation: Opcode { Opcode(0x0) }
  package static var text: Opcode { Opcode(0x1) }
  package static var binary: Opcode { Opcode(0x2) }
  package static var close: Opcode { Opcode(0x8) }
  package static var ping: Opcode { Opcode(0x9) }
  package static var pong: Opcode { Opcode(0xA) }

  /// Control frames may stand between the fragments of a message; reserved control codes count as control.
  package var isControl: Bool { nibble & 0x8 != 0 }
  /// False for the ten codes that RFC 6455 keeps for later.
  package var isDefined: Bool { nibble <= 0x2 || (nibble >= 0x8 && nibble <= 0xA) }

  package var description: String {
    switch self {
    case .continuation: "continuation"
    case .text: "text"
    case .binary: "binary"
    case .close: "close"
    case .ping: "ping"
    case .pong: "pong"
    default: "reserved opcode \(nibble)"
    }
  }
}
