/// Aligned columns for a terminal and for Markdown.
package struct Table: Sendable {
  package enum Side: Sendable { case left, right }
  private let sides: [Side]
  package private(set) var rows: [[String]]

  package init(_ columns: [(title: String, side: Side)]) {
    sides = columns.map(\.side)
    rows = [columns.map(\.title)]
  }

  package mutating func append(_ cells: [String]) {
    precondition(cells.count == sides.count)
    rows.append(cells)
  }

  private var widths: [Int] { sides.indices.map { i in rows.map { $0[i].count }.max() ?? 0 } }

  private func line(_ row: [String], _ widths: [Int], separator: String) -> String {
    let cells = row.indices.map { i in
      let blanks = String(repeating: " ", count: max(0, widths[i] - row[i].count))
      return sides[i] == .left ? row[i] + blanks : blanks + row[i]
    }
    return cells.joined(separator: separator)
  }

  /// For a terminal; no blanks at the ends of lines.
  package var text: String {
    let widths = widths
    return rows.map { row in
      var line = line(row, widths, separator: "  ")
      while line.last == " " { line.removeLast() }
      return line + "\n"
    }.joined()
  }

  /// For Markdown.
  package var markdown: String {
    let widths = widths.map { max($0, 3) }
    var out = "| " + line(rows[0], widths, separator: " | ") + " |\n"
    let rules = sides.indices.map { i in
      sides[i] == .left ? String(repeating: "-", count: widths[i]) : String(repeating: "-", count: widths[i] - 1) + ":"
    }
    out += "| " + rules.joined(separator: " | ") + " |\n"
    for row in rows.dropFirst() { out += "| " + line(row, widths, separator: " | ") + " |\n" }
    return out
  }
}

/// Numbers for people: three or four figures and a unit.
package enum Show {
  package static func nanos(_ nanos: Double) -> String {
    if nanos < 1e3 { return figures(nanos) + " ns" }
    if nanos < 1e6 { return figures(nanos / 1e3) + " µs" }
    if nanos < 1e9 { return figures(nanos / 1e6) + " ms" }
    return figures(nanos / 1e9) + " s"
  }

  package static func count(_ value: Double?) -> String {
    guard let value else { return "" }
    if value < 1e4 { return figures(value) }
    if value < 1e6 { return figures(value / 1e3) + " k" }
    if value < 1e9 { return figures(value / 1e6) + " M" }
    return figures(value / 1e9) + " G"
  }

  package static func bytes(_ value: Int) -> String {
    value < 1 << 20 ? figures(Double(value) / 1024) + " KiB" : figures(Double(value) / 1_048_576) + " MiB"
  }

  /// A ratio as a change, `+3.1 %`.
  package static func change(_ ratio: Double) -> String {
    let percent = (ratio - 1) * 100
    return (percent < 0 ? "-" : "+") + fixed(abs(percent), 1) + " %"
  }

  package static func fixed(_ value: Double, _ places: Int) -> String {
    guard value.isFinite else { return "\(value)" }
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    let scaled = (abs(value) * scale).rounded()
    guard scaled < 1e15 else { return "\(value)" }
    let whole = Int(scaled)
    let sign = value < 0 && whole > 0 ? "-" : ""
    if places == 0 { return sign + "\(whole)" }
    let digits = String(whole % Int(scale))
    return sign + "\(whole / Int(scale))." + String(repeating: "0", count: places - digits.count) + digits
  }

  private static func figures(_ value: Double) -> String {
    fixed(value, value < 10 ? 2 : value < 100 ? 1 : 0)
  }
}
