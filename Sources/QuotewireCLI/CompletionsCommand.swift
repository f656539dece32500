enum CompletionsCommand {
  static let command = Command(
    name: "completions", summary: "print the completions of a shell", operands: "bash|zsh|fish", operandCount: 1...1,
    operandValues: .oneOf(["bash", "zsh", "fish"]), options: [],
    notes: """
      To have them in every new shell:
        quotewire completions bash > ~/.local/share/bash-completion/completions/quotewire
        quotewire completions zsh > FOLDER/_quotewire      where FOLDER is in $fpath
        quotewire completions fish > ~/.config/fish/completions/quotewire.fish
      """,
    takesSettings: false, run: run)

  @Sendable static func run(_ arguments: Arguments) throws(CommandFailure) -> ExitCode {
    switch arguments.operands[0] {
    case "bash": return try CommandTable.say(BashCompletions.script(CommandTable.all))
    case "zsh": return try CommandTable.say(ZshCompletions.script(CommandTable.all))
    case "fish": return try CommandTable.say(FishCompletions.script(CommandTable.all))
    case let other:
      throw .usage("completions takes bash, zsh or fish, not '\(other)'")
    }
  }
}
