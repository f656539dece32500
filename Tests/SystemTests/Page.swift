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

    var runner: Runner { marks.compactMap { if case .runBy(let who) = $0 { who } else { nil } }.first ?? .page }
    var feed: String? { marks.compactMap { if case .feed(let words) = $0 { words } else { nil } }.first }
    var interruptAfter: Int? { marks.compactMap { if case .interrupt(let s) = $0 { s } else { nil } }.first }
    var file: String? { marks.compactMap { if case .file(let name) = $0 { name } else { nil } }.first }
    var exitCode: Int? { marks.compactMap { if case .exitCode(let code) = $0 { code } else { nil } }.first }
    var staysRunning: Bool { marks.contains { if case .background = $0 { true } else { false } } }
  }

  /// Who runs a block.
  enum Runner: String, CaseIterable {
    case page
    /// Continuous integration; its script has the very commands.
    case integration = ".ci/run"
    /// `tools/documents`, on request, because it takes minutes; its table has the very commands.
    case slow = "tools/documents"
  }

  /// An HTML comment that a run obeys.
  enum Mark {
    /// `<!-- run by PROGRAM -->`: not with its page.
    case runBy(Runner)
    /// `<!-- feed: WORDS -->`: `quotewire serve WORDS` stands for the public feed from here on.
    case feed(String)
    /// `<!-- Ctrl-C after: SECONDS -->`: each command of the block that still runs then is interrupted.
    case interrupt(Int)
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
    /// Commands of `<!-- before: ... -->`, which make what a page supposes to be there, or of `<!-- after: ... -->`,
    /// which look at what came of it; with the first one's line.
    case hidden(line: Int, lines: [String])
    /// A code span within prose.
    case span(line: Int, text: String)
  }

  let path: String
  /// Comments that look like marks and are none, with their lines.
  private(set) var unknown: [(line: Int, text: String)] = []
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
    if let name = rest("run by ") {
      if let runner = Runner(rawValue: name) { marks.append(.runBy(runner)) } else { unknown.append((line, text)) }
    }
    if let words = rest("feed:") { marks.append(.feed(words)) }
    if let seconds = rest("Ctrl-C after:").flatMap({ Int($0) }) { marks.append(.interrupt(seconds)) }
    if let name = rest("file:") { marks.append(.file(name)) }
    if let code = rest("exit code:").flatMap({ Int($0) }) { marks.append(.exitCode(code)) }
    if text == "in the background" { marks.append(.background) }
    let heads = ["feed:", "Ctrl-C after:", "run by ", "file:", "exit code:", "in the background", "before:", "after:"]
    if !heads.contains(where: { text.hasPrefix($0) }) { unknown.append((line, text)) }
    for head in ["before:", "after:"] where text.hasPrefix(head) {
      inside[0] = String(inside[0].trimmed.dropFirst(head.count))
      parts.append(.hidden(line: line, lines: inside))
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
