/// One option of a command, as help, parser, completions, man pages and the configuration file see it.
package struct OptionSpec: Sendable {
  /// Without the two dashes.
  package let name: String
  /// What the value is called in help; nil for a switch.
  package let value: String?
  package let isRepeatable: Bool
  package let help: String
  /// What the value can be.
  package let values: OptionValues

  /// A switch.
  package init(_ name: String, _ help: String) {
    self.name = name
    value = nil
    isRepeatable = false
    self.help = help
    values = .anything
  }

  /// An option with a value. What the value can be follows from its name where `values` does not say it.
  package init(_ name: String, _ value: String, repeats: Bool = false, values: OptionValues? = nil, _ help: String) {
    self.name = name
    self.value = value
    isRepeatable = repeats
    self.help = help
    self.values = values ?? .named(value)
  }

  /// Whether its one value is a list with commas.
  package var isList: Bool {
    if case .listOf = values { return true }
    return value == "SYMBOLS" || value == "UNIVERSE"
  }

  /// What `(default: …)` or `… (default)` of the help says; nil where it says nothing.
  package var defaultText: String? {
    let line = help.split(separator: "\n").joined(separator: " ")
    if let start = line.firstRange(of: "(default: ")?.upperBound {
      return line[start...].firstIndex(of: ")").map { String(line[start..<$0]) }
    }
    guard let end = line.firstRange(of: " (default)")?.lowerBound else { return nil }
    return line[..<end].split(separator: " ").last.map(String.init)
  }

  /// The first words of the help, for one line.
  package var brief: String {
    let line = help.split(separator: "\n").joined(separator: " ")
    let ends = ["; ", " (", ": ", ". ", ", as in"]
    let end = ends.compactMap { line.firstRange(of: $0)?.lowerBound }.min() ?? line.endIndex
    return String(line[..<end])
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
  /// What the operands can be.
  package let operandValues: OptionValues
  package let options: [OptionSpec]
  /// Further help: examples and explanations.
  package let notes: String
  /// Whether all its words are operands: another command's, which is to be looked at.
  package let isVerbatim: Bool
  /// Whether it takes settings from the environment and the configuration file.
  package let takesSettings: Bool
  package let run: @Sendable (Arguments) throws(CommandFailure) -> ExitCode

  package init(
    name: String, summary: String, operands: String, operandCount: ClosedRange<Int>,
    operandValues: OptionValues = .file, options: [OptionSpec], notes: String, isVerbatim: Bool = false,
    takesSettings: Bool = true,
    run: @escaping @Sendable (Arguments) throws(CommandFailure) -> ExitCode
  ) {
    self.name = name
    self.summary = summary
    self.operands = operands
    self.operandCount = operandCount
    self.operandValues = operandValues
    self.options = options + (takesSettings ? [Self.config] : [])
    self.notes = notes
    self.isVerbatim = isVerbatim
    self.takesSettings = takesSettings
    self.run = run
  }

  /// The option of every command that takes settings.
  package static let config = OptionSpec(
    "config", "FILE",
    "take settings from this file; 'none' for no file\n(default: $XDG_CONFIG_HOME/quotewire/quotewire.toml, else\n"
      + "/etc/quotewire/quotewire.toml, where there is one)")

  package func option(_ name: String) -> OptionSpec? { options.first { $0.name == name } }
}
