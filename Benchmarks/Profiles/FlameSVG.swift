import BenchmarkKit

/// A flame graph as one SVG file: it needs nothing else, works from the disk, and without its script too.
///
///     header: title, note, search, what lies under the pointer        foreignObject
///     legend: modules by their own samples                            foreignObject
///     boxes:  <g class="f" data-x="FIRST" data-w="SAMPLES" data-d="DEPTH"><title/><rect/><text/></g>
///
/// Positions are shares of the width, so that the picture follows the window. The roots are at the top.
enum FlameSVG {
  static let width = 1200
  static let rowHeight = 19
  static let headerHeight = 138
  /// Width of a character of the boxes' font.
  static let characterWidth = 6.7
  /// Narrowest box that carries text, in pixels.
  static let leastTextWidth = 22.0

  /// XML 1.0 has no way to write most control characters at all.
  static func escaped(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "'": out += "&#39;"
      case "\t", "\n", "\r": out += " "
      default:
        let isRefused = scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF
        out.unicodeScalars.append(isRefused ? "\u{FFFD}" : scalar)
      }
    }
    return out
  }

  static func text(_ layout: FlameLayout, title: String, note: String, unit: String) -> String {
    let parts = layout.boxes.map { FrameName.parts($0.frame) }
    let shown = Set(parts.map(\.module)).union(layout.modules.map(\.name))
    let styles = FlameColours.styles(Array(shown))
    let height = headerHeight + (layout.depth + 1) * rowHeight + 10
    var out = """
      <?xml version="1.0" encoding="UTF-8"?>
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" data-total="\(layout.total)" \
      data-unit="\(escaped(unit))" data-row="\(rowHeight)">
      <title>\(escaped(title))</title>
      <style>\(FlameScript.style)\(styles.light)
      @media (prefers-color-scheme: dark){\(FlameScript.darkStyle)\(styles.dark)}</style>
      <rect class="page" width="100%" height="100%"/>

      """
    out += header(title: title, note: note, layout: layout, unit: unit)
    out += legend(layout, styles.classes)
    out += "<svg id=\"boxes\" y=\"\(headerHeight)\" width=\"100%\" height=\"\(height - headerHeight)\">\n"
    for (box, part) in zip(layout.boxes, parts) {
      out += self.box(box, part, styles.classes[part.module] ?? "", layout.total, unit)
    }
    return out + "</svg>\n<script><![CDATA[\n\(FlameScript.script)\n]]></script>\n</svg>\n"
  }

  private static func header(title: String, note: String, layout: FlameLayout, unit: String) -> String {
    """
    <foreignObject x="0" y="0" width="100%" height="\(headerHeight)">
    <div xmlns="http://www.w3.org/1999/xhtml" class="head">
    <div class="line"><h1>\(escaped(title))</h1><span class="tools"><input id="search" type="search" \
    placeholder="search  ( / )" aria-label="search functions" spellcheck="false"/><button id="reset" type="button" \
    title="show everything (Esc)">reset</button></span></div>
    <div class="line"><p>\(escaped(note))</p><p id="found" role="status"></p></div>
    <p id="detail">\(grouped(layout.total)) \(escaped(unit)). Click a box to zoom, / to search, Esc to go back.</p>

    """
  }

  private static func legend(_ layout: FlameLayout, _ classes: [String: String]) -> String {
    var out = "<p class=\"legend\" title=\"share of the samples whose innermost function is the module's\">"
    for module in layout.modules.prefix(16) where module.count > 0 {
      let share = 100 * Double(module.count) / Double(max(1, layout.total))
      if share < 0.05 { continue }
      let name = module.name.isEmpty ? "other" : module.name
      out += "<button type=\"button\" class=\"key\" data-m=\"\(classes[module.name] ?? "")\" "
      out += "title=\"\(escaped(FlameColours.colour(module.name).meaning)): click to mark\">"
      out += "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"11\" height=\"11\"><rect width=\"11\" height=\"11\" "
      out += "rx=\"2\" class=\"\(classes[module.name] ?? "")\"/></svg>"
      out += "\(escaped(name)) <b>\(Show.fixed(share, 1)) %</b></button> "
    }
    return out + "</p></div></foreignObject>\n"
  }

  private static func box(
    _ box: FlameLayout.Box, _ part: (module: String, name: String), _ style: String, _ total: Int, _ unit: String
  ) -> String {
    let scale = 100 / Double(max(1, total))
    let share = Double(box.count) * scale
    let name = box.merged > 0 ? "\(box.merged) smaller functions" : part.name
    var tip = box.merged > 0 ? name : (part.module.isEmpty ? "" : part.module + " ") + name
    tip += "\n\(grouped(box.count)) \(unit), \(Show.fixed(share, 2)) %"
    if box.own > 0, box.merged == 0 { tip += "; itself \(Show.fixed(Double(box.own) * scale, 2)) %" }
    let pixels = Double(width) * share / 100
    let y = box.depth * rowHeight
    let x = Show.fixed(Double(box.start) * scale, 4)
    let lines = tip.split(separator: "\n").map { escaped(String($0)) }.joined(separator: "\n")
    return "<g class=\"f\" data-x=\"\(box.start)\" data-w=\"\(box.count)\" data-d=\"\(box.depth)\" "
      + "data-s=\"\(box.own)\" data-n=\"\(escaped(name))\""
      + "\(box.merged > 0 ? " data-more=\"1\"" : "")><title>\(lines)</title>"
      + "<rect class=\"\(box.merged > 0 ? "more" : style)\" x=\"\(x)%\" y=\"\(y)\" width=\"\(Show.fixed(share, 4))%\" "
      + "height=\"\(rowHeight - 1)\"/>"
      + "<text x=\"\(x)%\" dx=\"4\" y=\"\(y + rowHeight - 6)\">\(escaped(cut(name, pixels)))</text></g>\n"
  }

  /// As much of a name as fits.
  static func cut(_ name: String, _ pixels: Double) -> String {
    guard pixels >= leastTextWidth else { return "" }
    let room = Int((pixels - 7) / characterWidth)
    if name.count <= room { return name }
    return room < 3 ? "" : String(name.prefix(room - 1)) + "…"
  }

  /// With a narrow blank between groups of three digits.
  static func grouped(_ value: Int) -> String {
    var digits = String(value)[...]
    var groups: [Substring] = []
    while digits.count > 3 {
      groups.insert(digits.suffix(3), at: 0)
      digits = digits.dropLast(3)
    }
    return ([digits] + groups).joined(separator: "\u{202F}")
  }
}
