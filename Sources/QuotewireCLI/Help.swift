/// Help texts, made from the command table.
enum Help {
  static func overview(_ commands: [Command]) -> String {
    var text = """
      quotewire \(Version.text): ingest, record, replay and serve dxLink market data feeds

      usage: quotewire COMMAND [OPTIONS] [OPERANDS]


      """
    for command in commands { text += "  " + pad(command.name, 10) + command.summary + "\n" }
    text += """

      'quotewire COMMAND --help' (or 'quotewire help COMMAND') tells a command's options.
      Exit codes: 0 done, 1 failed, 2 usage, 3 the feed refused us, 4 data was lost or malformed under --strict,
      130 interrupted after a clean drain.

      """
    return text
  }

  static func of(_ command: Command) -> String {
    var text = "usage: quotewire \(command.name)"
    if !command.options.isEmpty { text += " [OPTIONS]" }
    if !command.operands.isEmpty { text += " \(command.operands)" }
    text += "\n\n\(command.summary)\n"
    if !command.options.isEmpty { text += "\n" }
    for option in command.options {
      let head = "  --" + option.name + (option.value.map { " " + $0 } ?? "")
      let lines = option.help.split(separator: "\n", omittingEmptySubsequences: false)
      text += head.count < 26 ? pad(head, 26) : head + "\n" + pad("", 26)
      text += lines.joined(separator: "\n" + pad("", 26)) + "\n"
    }
    if !command.notes.isEmpty { text += "\n" + command.notes + "\n" }
    return text
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}

/// The program's version.
package enum Version {
  package static let text = "0.1.0"
}
