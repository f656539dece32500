/// A table that takes the columns that fit: those with the lowest `rank` first, shown in their order.
struct ScreenTable {
  struct Column {
    var title: String
    var isLeft = false
    /// Narrowest, so that the table does not jump when a number grows.
    var minimum = 0
    /// Widest; longer texts are cut with a mark.
    var maximum = 40
    /// Which columns go first when there is no room: the highest.
    var rank = 0
  }

  struct Cell {
    var text: String
    var style = ScreenStyle.plain
    init(_ text: String, _ style: ScreenStyle = .plain) {
      self.text = text
      self.style = style
    }
  }

  private static let gap = 2
  let columns: [Column]
  let rows: [[Cell]]

  /// The title line and one line a row.
  func lines(columns width: Int) -> [ScreenLine] {
    let widths = columns.indices.map { i in
      let longest = rows.reduce(columns[i].title.count) { max($0, $1[i].text.unicodeScalars.count) }
      return min(max(longest, columns[i].minimum), columns[i].maximum)
    }
    var chosen: Set<Int> = []
    var used = 0
    for i in columns.indices.sorted(by: { (columns[$0].rank, $0) < (columns[$1].rank, $1) }) {
      let needed = widths[i] + (chosen.isEmpty ? 0 : Self.gap)
      // A later column never stands where a more important one found no room.
      if used + needed > width && !chosen.isEmpty { break }
      chosen.insert(i)
      used += needed
    }
    let shown = columns.indices.filter { chosen.contains($0) }
    let title = line(shown, widths) { Cell(columns[$0].title, .faint) }
    return ([title] + rows.map { row in line(shown, widths) { row[$0] } }).map { $0.cut(to: width) }
  }

  private func line(_ shown: [Int], _ widths: [Int], _ cell: (Int) -> Cell) -> ScreenLine {
    var line = ScreenLine()
    var end = 0
    for i in shown {
      if end > 0 { end += Self.gap }
      let it = cell(i)
      let text = Self.cut(it.text, widths[i])
      if !columns[i].isLeft { line.pad(to: end + widths[i] - text.unicodeScalars.count) }
      line.pad(to: end)
      line.append(text, it.style)
      end += widths[i]
    }
    return line
  }

  private static func cut(_ text: String, _ width: Int) -> String {
    let scalars = text.unicodeScalars
    if scalars.count <= width { return text }
    return String(String.UnicodeScalarView(scalars.prefix(max(0, width - 1)))) + "…"
  }
}
