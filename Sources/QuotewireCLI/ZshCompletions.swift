/// The completions of zsh, made from the command table.
enum ZshCompletions {
  static func script(_ commands: [Command]) -> String {
    var text = """
      #compdef quotewire
      # zsh completion for quotewire, made by 'quotewire completions zsh'

      _quotewire() {
        local context state state_descr line
        typeset -A opt_args
        _arguments -C '(- *)--help[tell how to use it]' '(- *)--version[print the version]' \\
          '1:command:_quotewire_commands' '*::argument:->rest'
        [[ $state == rest ]] || return
        curcontext="${curcontext%:*}-$words[1]:"
        case $words[1] in

      """
    for command in commands {
      text += "    \(command.name))\n      _arguments '(- *)--help[tell how to use it]'"
      for option in command.options { text += " \\\n        " + quoted(spec(option)) }
      if command.operandCount.upperBound > 0 {
        text += " \\\n        " + quoted("*:\(escaped(command.operands)):\(action(command.operandValues))")
      }
      text += "\n      ;;\n"
    }
    text += "  esac\n}\n\n_quotewire_commands() {\n  local -a commands=(\n"
    for command in commands { text += "    " + quoted("\(command.name):\(escaped(command.summary))") + "\n" }
    return text + """
        )
        _describe command commands
      }

      # Called as a function of the completion system, or read by 'source'.
      if [[ $funcstack[1] == _quotewire ]]; then
        _quotewire "$@"
      else
        compdef _quotewire quotewire
      fi

      """
  }

  private static func spec(_ option: OptionSpec) -> String {
    let star = option.isRepeatable ? "*" : ""
    guard let value = option.value else { return "--\(option.name)[\(escaped(option.brief))]" }
    return "\(star)--\(option.name)=[\(escaped(option.brief))]:\(escaped(value)):\(action(option.values))"
  }

  private static func action(_ values: OptionValues) -> String {
    switch values {
    case .oneOf(let words): "(\(words.joined(separator: " ")))"
    case .commands, .topics: "(\(values.words.joined(separator: " ")))"
    case .wordOr(let words):
      words.contains { $0.hasSuffix(":") }
        ? "{compadd -S '' -- \(words.joined(separator: " "))}"
        : "{compadd -- \(words.joined(separator: " ")); _files}"
    case .listOf(let words): "{_values -s , value \(words.joined(separator: " "))}"
    case .file: "_files"
    case .directory: "_files -/"
    case .anything, .number, .seconds, .time: ""
    }
  }

  /// Colons and brackets mean something in a spec.
  private static func escaped(_ text: String) -> String {
    var out = ""
    for c in text {
      if c == ":" || c == "[" || c == "]" || c == "\\" { out += "\\" }
      out.append(c)
    }
    return out
  }

  private static func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
