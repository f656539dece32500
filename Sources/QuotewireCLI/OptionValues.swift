import Market

/// What the value of an option or an operand can be: for completions, and for refusals that name the nearest word.
package enum OptionValues: Sendable, Equatable {
  case anything
  /// One of these words, in any case; another is refused before the command runs.
  case oneOf([String])
  /// Some of these words, separated by commas. The command says what else may stand there.
  case listOf([String])
  /// These words, or something that is none of them, as in `forever` or a number.
  case wordOr([String])
  case file
  case directory
  /// A whole number.
  case number
  /// Seconds or a duration such as `90s`.
  case seconds
  /// A date, a time in UTC or milliseconds.
  case time
  /// Names of commands of this program.
  case commands
  /// Names of commands and of topics of `help`.
  case topics

  /// Names of event types, and `all`.
  package static let eventTypes = OptionValues.listOf(EventType.allCases.map(\.name) + ["all"])

  /// What the value is by the name that help gives it: `FILE`, `DIR`, `N`, `SECONDS`, `TIME`, `TYPES`, or the words
  /// themselves as in `N|forever` and `type|symbol|day`.
  static func named(_ name: String?) -> OptionValues {
    guard let name else { return .anything }
    let parts = name.split(separator: "|").map(String.init)
    if parts.count > 1 {
      let words = parts.filter { part in !part.contains { $0.isUppercase } }
      return words.count == parts.count ? .oneOf(words) : words.isEmpty ? .anything : .wordOr(words)
    }
    switch name {
    case "DIR": return .directory
    case "N", "P", "MILLIS", "EVENTS", "MICROS": return .number
    case "SECONDS": return .seconds
    case "TIME": return .time
    case "TYPES": return .eventTypes
    default: return name == "FILE" || name.hasPrefix("FILE.") ? .file : .anything
    }
  }

  /// The words that can stand there; of `commands` and `topics` those of the table.
  package var words: [String] {
    switch self {
    case .oneOf(let words), .listOf(let words), .wordOr(let words): words
    case .commands: CommandTable.all.map(\.name)
    case .topics: CommandTable.all.map(\.name) + HelpTopic.all.map(\.name)
    default: []
    }
  }
}
