/// Turns pictures into what a terminal has to be sent: only the lines that changed, as one text.
///
/// Each frame is wrapped as a synchronized update (`CSI ? 2026 h` … `l`), which terminals without it ignore; every
/// changed line is addressed, written, and erased behind its end.
package struct ScreenPainter: Sendable {
  private let hasColours: Bool
  private var shown: [ScreenLine] = []
  private var rows = 0
  private var columns = 0

  package init(hasColours: Bool) { self.hasColours = hasColours }

  /// The bytes that make the screen show these lines; nil where it does already.
  package mutating func paint(_ lines: [ScreenLine], rows: Int, columns: Int) -> String? {
    var body = ""
    if rows != self.rows || columns != self.columns {
      body += "\u{1B}[0m\u{1B}[2J"
      shown = []
      self.rows = rows
      self.columns = columns
    }
    let lines = lines.prefix(rows).map { $0.cut(to: columns) }
    for row in 0..<max(lines.count, shown.count) {
      let new = row < lines.count ? lines[row] : ScreenLine()
      let old = row < shown.count ? shown[row] : ScreenLine()
      if new == old { continue }
      body += "\u{1B}[\(row + 1);1H" + text(new)
      // Behind a full line the cursor still stands on its last column: erasing would take that.
      if new.width < columns { body += "\u{1B}[K" }
    }
    shown = lines
    return body.isEmpty ? nil : "\u{1B}[?2026h" + body + "\u{1B}[?2026l"
  }

  private func text(_ line: ScreenLine) -> String {
    line.parts.reduce(into: "") { text, part in
      let codes = part.style.codes(hasColours: hasColours)
      text += codes.isEmpty ? part.text : "\u{1B}[\(codes)m\(part.text)\u{1B}[0m"
    }
  }
}
