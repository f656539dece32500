import Glibc

/// Standard input, for questions to a person and for a few lines from a pipe.
package enum StandardInput {
  /// Longest line, in bytes.
  package static let maximumLineBytes = 16 << 10

  package static var isTerminal: Bool { isatty(STDIN_FILENO) == 1 }

  /// How a line ended.
  package enum Line: Equatable, Sendable {
    case text(String)
    /// Nothing came before the end of the input.
    case endOfInput
    /// The person gave up: Ctrl-C or Ctrl-D.
    case cancelled
  }

  /// Reads a line without its end. Not a byte of the next one is taken.
  /// - Parameter isHidden: on a terminal, shows nothing of what is typed.
  package static func readLine(isHidden: Bool = false) throws(IOError) -> Line {
    guard isHidden && isTerminal else { return try line { $0.asLine } }
    var before = termios()
    guard unsafe tcgetattr(STDIN_FILENO, &before) == 0 else {
      throw .system(action: "ask the terminal about", subject: "its echo", errno: errno)
    }
    var hidden = before
    // Without ISIG no signal can end the program while the terminal shows nothing.
    hidden.c_lflag &= ~tcflag_t(ECHO | ISIG | ICANON)
    guard unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) == 0 else {
      throw .system(action: "switch off", subject: "the terminal's echo", errno: errno)
    }
    defer { unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &before) }
    return try line { $0.asKey }
  }

  fileprivate enum Meaning { case keep, end, cancel, erase, clear }

  private static func line(_ meaning: (UInt8) -> Meaning) throws(IOError) -> Line {
    var bytes: [UInt8] = []
    while true {
      guard let byte = try nextByte() else {
        return bytes.isEmpty ? .endOfInput : .text(String(decoding: bytes, as: UTF8.self))
      }
      switch meaning(byte) {
      case .end:
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        return .text(String(decoding: bytes, as: UTF8.self))
      case .cancel: return .cancelled
      case .erase: _ = bytes.popLast()
      case .clear: bytes = []
      case .keep:
        guard bytes.count < maximumLineBytes else {
          throw .limitExceeded(what: "a line of standard input", limit: maximumLineBytes)
        }
        bytes.append(byte)
      }
    }
  }

  private static func nextByte() throws(IOError) -> UInt8? {
    var byte: UInt8 = 0
    let got = unsafe withUnsafeMutableBytes(of: &byte) { unsafe SystemCall.read(STDIN_FILENO, $0) }
    guard got >= 0 else { throw .system(action: "read", subject: "standard input", errno: Int32(-got)) }
    return got == 0 ? nil : byte
  }
}

extension UInt8 {
  /// What a byte of a pipe, or of a terminal that edits lines by itself, does to the line.
  fileprivate var asLine: StandardInput.Meaning { self == 0x0A ? .end : .keep }

  /// What a key of a terminal that hands out each one does to the line.
  fileprivate var asKey: StandardInput.Meaning {
    switch self {
    case 0x0A, 0x0D: .end
    case 0x03, 0x04: .cancel
    case 0x08, 0x7F: .erase
    case 0x15: .clear
    default: .keep
    }
  }
}
