/// One option of a command, as help, parser and completions see it.
package struct OptionSpec: Sendable {
  /// Without the two dashes.
  package let name: String
  /// What the value is called in help; nil for a switch.
  package let value: String?
  package let isRepeatable: Bool
  package let help: String

  /// A switch.
  package init(_ name: String, _ help: String) {
    self.name = name
    value = nil
    isRepeatable = false
    self.help = help
  }

  /// An option with a value.
  package init(_ name: String, _ value: String, repeats: Bool = false, _ help: String) {
    self.name = name
    self.value = value
    isRepeatable = repeats
    self.help = help
  }
}

/// One subcommand: its options, operands and action.
package struct Command: Sendable {
  package let name: String
  /// One line for the list of commands.
  package let summary: String
  /// Operands as usage shows them, such as `FILE.qwr...`.
  package let operands: String
  /// How many operands it takes.
  package let operandCount: ClosedRange<Int>
  package let options: [OptionSpec]
  /// Further help: examples and explanations.
  package let notes: String
  package let run: @Sendable (Arguments) throws(CommandFailure) -> ExitCode

  package func option(_ name: String) -> OptionSpec? { options.first { $0.name == name } }
}
