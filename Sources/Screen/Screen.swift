// Screen: the picture of a running feed as lines of text, and what a terminal has to be told to show it.
//
// Invariant: the same state and size always give the same lines; no line is wider than the screen, there are never more
// lines than rows, and no text of the feed brings a control character into them.
//
// Out of scope: the terminal itself and its keys (IO), where the figures come from (Watch).

/// How a part of a line looks. Colours say nothing that the words do not say as well.
package enum ScreenStyle: Sendable, Equatable {
  case plain, strong, faint, title, good, warning, bad

  /// Parameters of SGR; empty for plain.
  func codes(hasColours: Bool) -> String {
    switch self {
    case .plain: ""
    case .strong: "1"
    case .faint: "2"
    case .title: "7"
    case .good: hasColours ? "32" : ""
    case .warning: hasColours ? "33" : "1"
    case .bad: hasColours ? "1;31" : "1"
    }
  }
}

/// One line of the screen, in parts of one look each.
package struct ScreenLine: Sendable, Equatable {
  package struct Part: Sendable, Equatable {
    package var text: String
    package var style: ScreenStyle
  }

  package private(set) var parts: [Part] = []
  /// Columns that the line takes.
  package private(set) var width = 0

  package init() {}

  package init(_ text: String, _ style: ScreenStyle = .plain) { append(text, style) }

  /// Adds a text. Whatever is no plain letter, digit, mark or one of our own symbols becomes `?`, so that a column is
  /// a character.
  package mutating func append(_ text: String, _ style: ScreenStyle = .plain) {
    let clean = Self.clean(text)
    if clean.isEmpty { return }
    width += clean.unicodeScalars.count
    if let last = parts.last, last.style == style {
      parts[parts.count - 1].text += clean
    } else {
      parts.append(Part(text: clean, style: style))
    }
  }

  /// Fills up with blanks.
  package mutating func pad(to columns: Int) {
    if width < columns { append(String(repeating: " ", count: columns - width)) }
  }

  /// The first `columns` columns.
  package func cut(to columns: Int) -> ScreenLine {
    if width <= columns { return self }
    var line = ScreenLine()
    for part in parts {
      let room = columns - line.width
      if room <= 0 { break }
      line.append(String(String.UnicodeScalarView(part.text.unicodeScalars.prefix(room))), part.style)
    }
    return line
  }

  /// Without looks and without blanks at the end.
  package var plainText: String {
    var text = Substring(parts.map(\.text).joined())
    while text.last == " " { text.removeLast() }
    return String(text)
  }

  /// Symbols of our own that every terminal shows one column wide.
  private static let symbols = Set("▁▂▃▄▅▆▇█─│·…µ–×→↑↓".unicodeScalars)

  private static func clean(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      let isPlain = scalar.value >= 0x20 && scalar.value < 0x7F
      out.append(isPlain || symbols.contains(scalar) ? scalar : "?")
    }
    return String(out)
  }
}
