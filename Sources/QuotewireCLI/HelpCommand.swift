enum HelpCommand {
  static let command = Command(
    name: "help", summary: "tell about a command or a topic", operands: "[COMMAND|TOPIC]", operandCount: 0...1,
    operandValues: .topics, options: [], notes: notes, takesSettings: false, run: run)

  private static var notes: String {
    var text = "Topics:\n"
    for topic in HelpTopic.all { text += ServeCommand.line(topic.name, topic.summary) }
    return text + "Man pages have the same texts: 'quotewire man'."
  }

  @Sendable static func run(_ arguments: Arguments) throws(CommandFailure) -> ExitCode {
    guard let name = arguments.operands.first else { return try CommandTable.say(Help.overview(CommandTable.all)) }
    if let command = CommandTable.all.first(where: { $0.name == name }) {
      return try CommandTable.say(Help.of(command))
    }
    if let topic = HelpTopic.all.first(where: { $0.name == name }) {
      return try CommandTable.say(Help.of(topic))
    }
    let hint = Suggestion.hint(name, OptionValues.topics.words)
    throw .usage("there is no command or topic '\(name)';\(hint) 'quotewire --help' lists them all")
  }
}
