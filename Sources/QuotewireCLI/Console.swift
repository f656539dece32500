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

  /// What a server sent may hold control characters: none reaches the terminal.
  private static func oneLine(_ text: String) -> String {
    func isControl(_ scalar: Unicode.Scalar) -> Bool { scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) }
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var clean = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { clean.append(isControl(scalar) ? "?" : scalar) }
    return String(clean)
  }
}
