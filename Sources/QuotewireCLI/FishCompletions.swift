/// The completions of fish, made from the command table.
enum FishCompletions {
  static func script(_ commands: [Command]) -> String {
    var text = """
      # fish completion for quotewire, made by 'quotewire completions fish'

      # Candidates for the last part of a list with commas.
      function __quotewire_list
          set -l token (commandline -ct | string replace -r '^--[a-z-]+=' '')
          set -l head (string match -r '^.*,' -- $token)
          for word in $argv
              echo "$head$word"
          end
      end

      complete -c quotewire -f
      complete -c quotewire -n __fish_use_subcommand -l help -d 'tell how to use it'
      complete -c quotewire -n __fish_use_subcommand -l version -d 'print the version'

      """
    for command in commands {
      text += "complete -c quotewire -n __fish_use_subcommand -a \(command.name) -d \(quoted(command.summary))\n"
    }
    for command in commands {
      let line = "complete -c quotewire -n '__fish_seen_subcommand_from \(command.name)'"
      text += "\n\(line) -l help -d 'tell how to use it'\n"
      for option in command.options {
        text += "\(line) -l \(option.name)"
        if option.value != nil { text += action(option.values) }
        text += " -d \(quoted(option.brief))\n"
      }
      if command.operandCount.upperBound > 0 { text += "\(line)\(operands(command.operandValues))\n" }
    }
    return text
  }

  private static func action(_ values: OptionValues) -> String {
    switch values {
    case .listOf(let words): " -x -a '(__quotewire_list \(words.joined(separator: " ")))'"
    case .file: " -r -F"
    case .directory: " -x -a '(__fish_complete_directories)'"
    case .anything, .number, .seconds, .time: " -x"
    default: " -x -a \(quoted(values.words.joined(separator: " ")))"
    }
  }

  private static func operands(_ values: OptionValues) -> String {
    switch values {
    case .oneOf, .commands, .topics: " -a \(quoted(values.words.joined(separator: " ")))"
    case .wordOr(let words): " -F -a \(quoted(words.joined(separator: " ")))"
    default: " -F"
    }
  }

  private static func quoted(_ text: String) -> String {
    var out = "'"
    for c in text {
      if c == "'" || c == "\\" { out += "\\" }
      out.append(c)
    }
    return out + "'"
  }
}
