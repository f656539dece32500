/// The completions of bash, made from the command table. The script starts no program.
enum BashCompletions {
  static func script(_ commands: [Command]) -> String {
    var text = functions + """


      _quotewire() {
        local cur=${COMP_WORDS[COMP_CWORD]} option="" command="" i
        COMPREPLY=()
        for ((i = 1; i < COMP_CWORD; i++)); do
          [[ ${COMP_WORDS[i]} == -* ]] || { command=${COMP_WORDS[i]}; break; }
        done
        if [[ -z $command ]]; then
          _quotewire_words "\(commands.map(\.name).joined(separator: " ")) --help --version"
          return
        fi
        # bash cuts words at = and :, which stand in --name=value and in sinks.
        local before=${COMP_WORDS[COMP_CWORD - 1]}
        case $cur in
          =) option=$before cur="" ;;
          :) _quotewire_after_colon ""; return ;;
        esac
        if [[ $before == ":" ]]; then _quotewire_after_colon "$cur"; return; fi
        if [[ $before == "=" ]]; then option=${COMP_WORDS[COMP_CWORD - 2]}
        elif [[ -z $option && $before == --* ]]; then option=$before; fi
        case "$command $option" in

      """
    for command in commands {
      for option in command.options where option.value != nil {
        text += "    \"\(command.name) --\(option.name)\") \(values(option.values)); return ;;\n"
      }
    }
    text += """
        esac
        if [[ $cur == -* ]]; then
          case $command in

      """
    for command in commands {
      let names = (command.options.map { "--" + $0.name } + ["--help"]).joined(separator: " ")
      text += "      \(command.name)) _quotewire_words \"\(names)\" ;;\n"
    }
    text += """
          esac
          return
        fi
        case $command in

      """
    for command in commands where command.operandCount.upperBound > 0 {
      text += "    \(command.name)) \(operands(command.operandValues)) ;;\n"
    }
    return text + """
        esac
      }

      complete -F _quotewire quotewire

      """
  }

  private static let functions = """
    # bash completion for quotewire, made by 'quotewire completions bash'

    # Candidates in $1 that begin with the current word.
    _quotewire_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }

    # The same for the last part of a list with commas, which stays open.
    _quotewire_list() {
      local head=""
      [[ $cur == *,* ]] && head=${cur%,*},
      mapfile -t COMPREPLY < <(compgen -P "$head" -W "$1" -- "${cur##*,}")
      compopt -o nospace 2>/dev/null
    }

    _quotewire_files() {
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    }

    _quotewire_folders() {
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -d -- "$cur")
    }

    # A sink: a file or a folder follows the colon.
    _quotewire_after_colon() {
      cur=$1
      _quotewire_files
    }
    """

  private static func values(_ values: OptionValues) -> String {
    switch values {
    case .oneOf(let words): "_quotewire_words \"\(words.joined(separator: " "))\""
    case .commands, .topics: "_quotewire_words \"\(values.words.joined(separator: " "))\""
    case .wordOr(let words):
      words.contains { $0.hasSuffix(":") }
        ? "_quotewire_words \"\(words.joined(separator: " "))\"; compopt -o nospace 2>/dev/null"
        : "_quotewire_words \"\(words.joined(separator: " "))\""
    case .listOf(let words): "_quotewire_list \"\(words.joined(separator: " "))\""
    case .file: "_quotewire_files"
    case .directory: "_quotewire_folders"
    case .anything, .number, .seconds, .time: "COMPREPLY=()"
    }
  }

  private static func operands(_ values: OptionValues) -> String {
    guard case .wordOr(let words) = values else { return self.values(values) }
    return "_quotewire_files; mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < "
      + "<(compgen -W \"\(words.joined(separator: " "))\" -- \"$cur\")"
  }
}
