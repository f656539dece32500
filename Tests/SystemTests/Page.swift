import TestSupport
import Testing

/// A Markdown page of the project, taken apart into what a reader copies: blocks of code, inline code, and the HTML
/// comments that say how a test runs them.
struct Page: CustomTestStringConvertible {
  /// A fenced block with the marks that stand before it.
  struct Block {
    /// What follows the opening fence, such as `sh`.
    let kind: String
    /// Of the opening fence, from 1.
    let line: Int
    let lines: [String]
    var marks: [Mark] = []

    var notRun: String? { marks.compactMap { if case .notRun(let reason) = $0 { reason } else { nil } }.first }
    var file: String? { marks.compactMap { if case .file(let name) = $0 { name } else { nil } }.first }
    var exitCode: Int? { marks.compactMap { if case .exitCode(let code) = $0 { code } else { nil } }.first }
    var staysRunning: Bool { marks.contains { if case .background = $0 { true } else { false } } }
  }

  /// An HTML comment that a run obeys.
  enum Mark {
    /// `<!-- not run: REASON -->`: the block is only read.
    case notRun(String)
    /// `<!-- file: NAME -->`: the block is written to this file of the page's folder.
    case file(String)
    /// `<!-- exit code: N -->`: the block's last command ends so.
    case exitCode(Int)
    /// `<!-- in the background -->`: the block's commands go on until the page's end.
    case background
  }

  /// In the order of the page.
  enum Part {
    case block(Block)
    /// Commands of `<!-- before: ... -->`, which make what a page supposes to be there; with the first one's line.
    case before(line: Int, lines: [String])
    /// A code span within prose.
    case span(line: Int, text: String)
  }

  let path: String
  private(set) var parts: [Part] = []

  var testDescription: String { path }
  var blocks: [Block] { parts.compactMap { if case .block(let block) = $0 { block } else { nil } } }

  init(_ path: String) throws {
    guard let bytes = Places.read(Places.packageRoot + "/" + path) else { throw Trouble("cannot read \(path)") }
    self.init(path, String(decoding: bytes, as: UTF8.self))
  }

  init(_ path: String, _ text: String) {
    self.path = path
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
    var marks: [Mark] = []
    var i = 0
    while i < lines.count {
      let start = i
      let line = lines[i].trimmed
      if line.hasPrefix("```") {
        let kind = String(line.drop { $0 == "`" }).trimmed
        i += 1
        var inside: [String] = []
        while i < lines.count, !lines[i].trimmed.hasPrefix("```") {
          inside.append(lines[i])
          i += 1
        }
        parts.append(.block(Block(kind: kind, line: start + 1, lines: inside, marks: marks)))
        marks = []
      } else if line.hasPrefix("<!--") {
        var comment: [String] = []
        while i < lines.count {
          comment.append(lines[i])
          if lines[i].contains("-->") { break }
          i += 1
        }
        take(comment, line: start + 1, &marks)
      } else {
        for text in Self.spans(lines[i]) { parts.append(.span(line: i + 1, text: text)) }
      }
      i += 1
    }
  }

  private mutating func take(_ comment: [String], line: Int, _ marks: inout [Mark]) {
    var inside = comment
    inside[0] = String(inside[0].trimmed.dropFirst(4))
    if let last = inside.last, let end = last.firstRange(of: "-->") {
      inside[inside.count - 1] = String(last[..<end.lowerBound])
    }
    let text = inside.joined(separator: " ").trimmed
    func rest(_ head: String) -> String? {
      text.hasPrefix(head) ? String(text.dropFirst(head.count)).trimmed : nil
    }
    if let reason = rest("not run:") { marks.append(.notRun(reason)) }
    if let name = rest("file:") { marks.append(.file(name)) }
    if let code = rest("exit code:").flatMap({ Int($0) }) { marks.append(.exitCode(code)) }
    if text == "in the background" { marks.append(.background) }
    if text.hasPrefix("before:") {
      inside[0] = String(inside[0].trimmed.dropFirst("before:".count))
      parts.append(.before(line: line, lines: inside))
    }
  }

  /// What stands between single backticks.
  private static func spans(_ line: String) -> [String] {
    let pieces = line.split(separator: "`", omittingEmptySubsequences: false)
    return pieces.indices.filter { $0 % 2 == 1 && $0 + 1 < pieces.count }.map { String(pieces[$0]) }
  }

  /// Every page that goes with the project.
  static let all: [Page] = {
    var paths: [String] = []
    var pending = ["", "docs", "recordings", "Benchmarks", "Examples"]
    while let folder = pending.popLast() {
      for name in Places.names(in: Places.packageRoot + "/" + folder) {
        let path = folder.isEmpty ? name : folder + "/" + name
        if name.hasSuffix(".md") { paths.append(path) }
        if !folder.isEmpty && !name.contains(".") { pending.append(path) }
      }
    }
    return paths.sorted().compactMap { try? Page($0) }
  }()
}

extension StringProtocol {
  /// Without blanks at both ends.
  var trimmed: String {
    var s = Substring(self)
    while let c = s.first, c.isWhitespace { s.removeFirst() }
    while let c = s.last, c.isWhitespace { s.removeLast() }
    return String(s)
  }
}
