import IO
import Synchronization

/// Words for people on standard error, with one live line that is redrawn in place on a terminal.
package final class Console: Sendable {
  private let line = Mutex<String>("")
  private let isTerminal: Bool

  package init() { isTerminal = StandardStream.error.isTerminal }

  /// Whether a live line makes sense.
  package var isLive: Bool { isTerminal }

  /// A sentence on a line of its own.
  package func say(_ sentence: String) {
    line.withLock { live in
      let clear = live.isEmpty ? "" : "\r\u{1B}[K"
      _ = try? StandardStream.error.write("\(clear)quotewire: \(Self.oneLine(sentence))\n\(live)")
    }
  }

  /// Text as it is.
  package func write(_ text: String) {
    line.withLock { live in
      let clear = live.isEmpty ? "" : "\r\u{1B}[K"
      live = ""
      _ = try? StandardStream.error.write(clear + text)
    }
  }

  /// Redraws the live line, cut to the terminal's width.
  package func show(_ text: String) {
    let columns = StandardStream.error.terminalColumns ?? 80
    line.withLock { live in
      live = String(text.prefix(max(10, columns - 1)))
      _ = try? StandardStream.error.write("\r\u{1B}[K" + live)
    }
  }

  /// Takes the live line away.
  package func clear() {
    line.withLock { live in
      if !live.isEmpty { _ = try? StandardStream.error.write("\r\u{1B}[K") }
      live = ""
    }
  }

  /// Longest sentence, in characters: what a server sent may be a megabyte.
  static let maximumSentence = 1000

  /// What a server sent may hold control characters, or marks that turn the direction of what follows: none reaches
  /// the terminal.
  static func oneLine(_ text: String) -> String {
    func steers(_ scalar: Unicode.Scalar) -> Bool {
      if scalar.value < 0x7F { return scalar.value < 0x20 }
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: return true
      default: return false
      }
    }
    let scalars = text.unicodeScalars
    let isLong = scalars.dropFirst(maximumSentence).first != nil
    guard isLong || scalars.contains(where: steers) else { return text }
    var clean = String.UnicodeScalarView()
    for scalar in scalars.prefix(maximumSentence) { clean.append(steers(scalar) ? "?" : scalar) }
    return String(clean) + (isLong ? " …" : "")
  }
}
