/// Man pages in roff, made from the command table: for `man -l`, groff and mandoc.
enum ManPage {
  /// The day of the last change to what the pages say.
  static let date = "2026-11-26"

  /// quotewire(1).
  static func overview(_ commands: [Command]) -> String {
    var page = head("QUOTEWIRE", 1)
    page += ".SH NAME\nquotewire \\- ingest, record, replay and serve dxLink market data feeds\n"
    page += ".SH SYNOPSIS\n.B quotewire\n.I COMMAND\n.RI [ OPTIONS ]\n.RI [ OPERANDS ]\n"
    page += ".SH COMMANDS\n"
    for command in commands { page += ".TP\n.BR quotewire\\-\(roff(command.name)) (1)\n\(text(command.summary))\n" }
    for topic in HelpTopic.all {
      page += ".SH \(roff(topic.name.uppercased()))\n" + block(topic.text)
    }
    page += ".SH SEE ALSO\n.BR quotewire.conf (5)\n"
    return page
  }

  /// quotewire-COMMAND(1).
  static func of(_ command: Command) -> String {
    var page = head("QUOTEWIRE-" + command.name.uppercased(), 1)
    page += ".SH NAME\n" + text("quotewire-\(command.name) - \(command.summary)") + "\n"
    page += ".SH SYNOPSIS\n.B quotewire \(roff(command.name))\n"
    if !command.options.isEmpty { page += ".RI [ OPTIONS ]\n" }
    if !command.operands.isEmpty { page += ".I \(roff(command.operands))\n" }
    if !command.options.isEmpty { page += ".SH OPTIONS\n" }
    for option in command.options {
      page += ".TP\n"
      if let value = option.value {
        page += ".BI \\-\\-\(roff(option.name)) \" \(roff(value))\"\n"
      } else {
        page += ".B \\-\\-\(roff(option.name))\n"
      }
      page += text(option.help.split(separator: "\n").joined(separator: " ")) + "\n"
    }
    if !command.notes.isEmpty { page += ".SH NOTES\n" + block(command.notes) }
    page += ".SH SEE ALSO\n.BR quotewire (1),\n.BR quotewire.conf (5)\n"
    return page
  }

  static func head(_ title: String, _ section: Int) -> String {
    ".TH \(roff(title)) \(section) \(date) \"quotewire \(Version.text)\" \"quotewire manual\"\n"
  }

  /// A paragraph in lines of at most 80 bytes.
  static func text(_ text: String) -> String {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      let word = roff(String(word))
      if let last = lines.last, last.utf8.count + word.utf8.count < 78 {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(word)
      }
    }
    return lines.map(line).joined(separator: "\n")
  }

  /// A line that begins with a dot is no request.
  private static func line(_ safe: String) -> String { (safe.hasPrefix(".") ? "\\&" : "") + safe }

  /// Lines as they are, without filling; an empty one parts paragraphs.
  static func block(_ text: String) -> String {
    var out = ".nf\n"
    var wasEmpty = true
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.isEmpty {
        if !wasEmpty { out += ".sp\n" }
      } else {
        out += self.line(roff(String(line))) + "\n"
      }
      wasEmpty = line.isEmpty
    }
    if wasEmpty, out.hasSuffix(".sp\n") { out.removeLast(4) }
    return out + ".fi\n"
  }

  /// Text in which nothing means something to roff.
  static func roff(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": out += "\\e"
      case "-": out += "\\-"
      case "'": out += "\\(aq"
      case "`": out += "\\(ga"
      case "^": out += "\\(ha"
      case "~": out += "\\(ti"
      case "\"": out += "\\(dq"
      case "…": out += "..."
      default:
        let isPlain = scalar.isASCII
        let code = String(scalar.value, radix: 16, uppercase: true)
        out += isPlain ? String(scalar) : "\\[u" + String(repeating: "0", count: max(0, 4 - code.count)) + code + "]"
      }
    }
    return out
  }
}
