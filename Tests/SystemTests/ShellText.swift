/// As much of the shell's grammar as commands of a page need: where a command ends, its words, its comments.
enum ShellText {
  struct Command {
    /// Of its first line, from 1.
    let line: Int
    let text: String
  }

  /// Takes lines apart into commands: one goes on over continued lines, open quotes, here-documents, operators at a
  /// line's end and compounds. Lines of comments alone are left out.
  static func commands(_ lines: [String], firstLine: Int) -> [Command] {
    var commands: [Command] = []
    var open: [String] = []
    for (i, line) in lines.enumerated() {
      if open.isEmpty && (line.trimmed.isEmpty || line.trimmed.hasPrefix("#")) { continue }
      open.append(line)
      let text = open.joined(separator: "\n")
      if isComplete(text) || i == lines.count - 1 {
        commands.append(Command(line: firstLine + i + 1 - open.count, text: text))
        open = []
      }
    }
    return commands
  }

  private static let opening: Set<String> = ["for", "while", "until", "if", "case", "{", "("]
  private static let closing: Set<String> = ["done", "fi", "esac", "}", ")"]

  static func isComplete(_ text: String) -> Bool {
    let scan = Scan(text)
    if scan.endsInside { return false }
    if ["|", "&&", "||"].contains(scan.tokens.last?.text ?? "") { return false }
    var depth = 0
    for token in scan.tokens where !token.isQuoted {
      if opening.contains(token.text) { depth += 1 }
      if closing.contains(token.text) { depth -= 1 }
    }
    return depth <= 0
  }

  /// Each simple command's words, without assignments before it and redirections.
  static func simpleCommands(_ text: String) -> [[String]] {
    var all: [[String]] = [[]]
    var isTarget = false
    for token in Scan(text).tokens {
      if token.isOperator {
        isTarget = token.text.hasPrefix(">") || token.text.hasPrefix("<")
        if !isTarget { all.append([]) }
      } else if isTarget {
        isTarget = false
      } else {
        let isAssignment = token.text.firstIndex(of: "=").map { end in
          token.text[..<end].allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" } && end > token.text.startIndex
        }
        if all[all.count - 1].isEmpty && isAssignment == true { continue }
        all[all.count - 1].append(token.text)
      }
    }
    return all.filter { !$0.isEmpty }
  }

  /// Without the comments at the ends of its lines.
  static func withoutComments(_ text: String) -> String { Scan(text).code }

  struct Token {
    var text: String
    var isQuoted = false
    var isOperator = false
  }

  /// One pass over a command.
  struct Scan {
    private(set) var tokens: [Token] = []
    /// Whether the end lies within quotes, a here-document or a continued line.
    private(set) var endsInside = false
    private(set) var code = ""
    private var word: Token?

    init(_ text: String) {
      let characters = Array(text)
      var i = 0
      var quote: Character?
      var isComment = false
      while i < characters.count {
        let c = characters[i]
        i += 1
        if isComment && c != "\n" { continue }
        isComment = false
        if c == "#" && quote == nil && word == nil {
          isComment = true
          continue
        }
        code.append(c)
        if let open = quote {
          if c == open { quote = nil } else { add(c, isQuoted: true) }
        } else if c == "'" || c == "\"" {
          quote = c
          if word == nil { word = Token(text: "", isQuoted: true) }
        } else if c == "\\" {
          if i == characters.count { endsInside = true } else {
            code.append(characters[i])
            if characters[i] != "\n" { add(characters[i], isQuoted: true) }
            if characters[i] == "\n" && i + 1 == characters.count { endsInside = true }
            i += 1
          }
        } else if c.isWhitespace || "|&;<>()".contains(c) {
          // The number of a descriptor belongs to its redirection.
          if "<>".contains(c), word?.text.allSatisfy(\.isNumber) == true { word = nil }
          finish()
          if c == "\n" { tokens.append(Token(text: "\n", isOperator: true)) }
          if c.isWhitespace { continue }
          var name = String(c)
          while i < characters.count, "|&<>".contains(characters[i]), "|&<>".contains(c) {
            name.append(characters[i])
            code.append(characters[i])
            i += 1
          }
          tokens.append(Token(text: name, isOperator: true))
          if name == "<<" { i = skipHereDocument(characters, from: i) }
        } else {
          add(c, isQuoted: false)
        }
      }
      finish()
      if quote != nil { endsInside = true }
    }

    private mutating func add(_ c: Character, isQuoted: Bool) {
      if word == nil { word = Token(text: "", isQuoted: isQuoted) }
      word?.text.append(c)
    }

    private mutating func finish() {
      if let word { tokens.append(word) }
      word = nil
    }

    /// Takes the delimiter, the rest of the line unread, and the document to its end.
    private mutating func skipHereDocument(_ characters: [Character], from start: Int) -> Int {
      let rest = String(characters[start...])
      var lines = rest.split(separator: "\n", omittingEmptySubsequences: false)
      let first = lines.removeFirst()
      let name = first.trimmed.prefix { !$0.isWhitespace }.filter { $0 != "'" && $0 != "\"" }
      guard let end = lines.firstIndex(where: { $0 == name }) else {
        endsInside = true
        code += rest
        return characters.count
      }
      let taken = ([first] + lines[...end]).joined(separator: "\n")
      code += taken
      return start + taken.count
    }
  }
}
