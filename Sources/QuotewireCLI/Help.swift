/// Help texts, made from the command table.
enum Help {
  static func overview(_ commands: [Command]) -> String {
    var text = """
      quotewire \(Version.text): ingest, record, replay and serve dxLink market data feeds

      usage: quotewire COMMAND [OPTIONS] [OPERANDS]


      """
    for command in commands { text += "  " + pad(command.name, 11) + "  " + command.summary + "\n" }
    text += """

      'quotewire COMMAND --help' (or 'quotewire help COMMAND') tells a command's options;
      'quotewire help TOPIC' tells about \(topics).
      Exit codes: 0 done, 1 failed, 2 usage, 3 the feed refused us, 4 data was lost or malformed
      under --strict, 130 interrupted after a clean drain.

      """
    return wrapped(text)
  }

  private static var topics: String {
    let names = HelpTopic.all.map(\.name)
    return names.dropLast().joined(separator: ", ") + " and " + (names.last ?? "")
  }

  static func of(_ topic: HelpTopic) -> String { wrapped("\(topic.name): \(topic.summary)\n\n\(topic.text)\n") }

  static func of(_ command: Command) -> String {
    var text = "usage: quotewire \(command.name)"
    if !command.options.isEmpty { text += " [OPTIONS]" }
    if !command.operands.isEmpty { text += " \(command.operands)" }
    text += "\n\n\(command.summary)\n"
    if !command.options.isEmpty { text += "\n" }
    for option in command.options {
      let head = "  --" + option.name + (option.value.map { " " + $0 } ?? "")
      let lines = option.help.split(separator: "\n", omittingEmptySubsequences: false)
      text += head.count < 25 ? pad(head, 26) : head + "\n" + pad("", 26)
      text += lines.joined(separator: "\n" + pad("", 26)) + "\n"
    }
    if !command.notes.isEmpty { text += "\n" + command.notes + "\n" }
    return wrapped(text)
  }

  /// The longest line, in columns.
  static let columns = 100

  /// Breaks lines that are too long at blanks. They go on below the text of their second column where there is one.
  private static func wrapped(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { wrapped(line: $0) }.joined(separator: "\n")
  }

  private static func wrapped(line: Substring) -> String {
    guard line.count > columns else { return String(line) }
    let start = line.prefix { $0 == " " }.count
    var indent = start
    let rest = Array(line.dropFirst(start))
    if let gap = rest.indices.dropLast().first(where: { rest[$0] == " " && rest[$0 + 1] == " " }) {
      indent = start + gap + rest[gap...].prefix { $0 == " " }.count
    }
    if indent > columns / 2 { indent = start }
    var out = String(line.prefix(indent))
    var width = indent
    var isFirst = true
    for word in line.dropFirst(indent).split(separator: " ") {
      if !isFirst && width + 1 + word.count > columns {
        out += "\n" + pad("", indent)
        width = indent
        isFirst = true
      }
      out += (isFirst ? "" : " ") + word
      width += word.count + (isFirst ? 0 : 1)
      isFirst = false
    }
    return out
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
