/// A table whose rows become cards on a narrow screen.
struct HTMLTable {
  private let titles: [(text: String, isLeft: Bool, isWide: Bool)]
  private var rows = ""

  /// The first column and those that begin with `<` are left-aligned. One that begins with `+` takes the whole width of
  /// a card.
  init(_ titles: [String]) {
    self.titles = titles.enumerated().map { i, title in
      let isLeft = i == 0 || title.hasPrefix("<")
      let isWide = title.hasPrefix("+")
      return (i > 0 && (isLeft || isWide) ? String(title.dropFirst()) : title, isLeft, isWide)
    }
  }

  /// Cells are markup.
  mutating func append(_ cells: [String]) {
    precondition(cells.count == titles.count)
    rows += "<tr>"
    for (i, cell) in cells.enumerated() {
      let label = i == 0 ? "" : " data-l=\"\(Markup.escaped(titles[i].text))\""
      rows += "<td\(titles[i].isLeft ? " class=\"l\"" : titles[i].isWide ? " class=\"wide\"" : "")\(label)>\(cell)</td>"
    }
    rows += "</tr>\n"
  }

  var html: String {
    let head = titles.map { "<th scope=\"col\"\($0.isLeft ? " class=\"l\"" : "")>\(Markup.escaped($0.text))</th>" }
    return "<div class=\"scroll\"><table><thead><tr>\(head.joined())</tr></thead>\n"
      + "<tbody>\n\(rows)</tbody></table></div>\n"
  }
}
