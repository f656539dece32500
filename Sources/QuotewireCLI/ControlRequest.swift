package import Market

/// One line of the control socket, read.
package enum ControlRequest: Equatable, Sendable {
  /// Without types: those of the run.
  case add(symbols: [String], types: [EventType]?)
  /// Without types: all that the symbol has.
  case remove(symbols: [String], types: [EventType]?)
  /// Without types: all.
  case list(types: [EventType]?)
  case stats
  /// Without a name: every sink that has files.
  case rotate(sink: String?)
  case reload
  case stop
  case help

  /// Each command with what follows it, and what it does.
  package static let commands: [(name: String, operands: String, summary: String)] = [
    ("add", "SYMBOLS [TYPES]", "subscribe more symbols, of the run's types or of these"),
    ("remove", "SYMBOLS [TYPES]", "take symbols away, all types of them or these"),
    ("list", "[TYPES]", "the wanted symbols by type"),
    ("stats", "", "the figures so far, of lanes, sinks and the recording"),
    ("rotate", "[SINK]", "complete the files of the sinks, or of one, and go on in new ones"),
    ("reload", "", "read the configuration and symbols files again, as SIGHUP does"),
    ("stop", "", "end the run in good order, with exit code 0"),
    ("help", "", "these commands"),
  ]

  /// Longest symbol, in bytes, that a subscription takes.
  static let maximumSymbolBytes = 256

  /// The commands as they are written.
  package static let forms = commands.map { $0.operands.isEmpty ? $0.name : "\($0.name) \($0.operands)" }

  package var name: String {
    switch self {
    case .add: "add"
    case .remove: "remove"
    case .list: "list"
    case .stats: "stats"
    case .rotate: "rotate"
    case .reload: "reload"
    case .stop: "stop"
    case .help: "help"
    }
  }

  /// Reads words parted by blanks: a command, and what it takes. Symbols and types are parted by commas.
  /// - Throws: a sentence with the nearest right word.
  package init(parsing line: String) throws(CommandFailure) {
    let words = line.split { $0 == " " || $0 == "\t" }.map(String.init)
    let names = Self.commands.map(\.name)
    guard let first = words.first else {
      throw .usage("an empty line; the commands are \(names.joined(separator: ", "))")
    }
    let name = first.lowercased()
    guard let command = Self.commands.first(where: { $0.name == name }) else {
      let hint = Suggestion.hint(name, names)
      throw .usage(
        "there is no command '\(Console.oneLine(first))';\(hint) the commands are \(names.joined(separator: ", "))")
    }
    let operands = Array(words.dropFirst())
    let takes = command.operands.split(separator: " ")
    let needed = takes.count { !$0.hasPrefix("[") }
    guard (needed...max(needed, takes.count)).contains(operands.count) else {
      let form = takes.isEmpty ? "\(name) alone" : "\(name) \(command.operands)"
      throw .usage("\(name) with \(operands.count) words behind it; it is written: \(form)")
    }
    switch name {
    case "add": self = .add(symbols: try Self.symbols(operands[0]), types: try Self.types(operands.dropFirst().first))
    case "remove":
      self = .remove(symbols: try Self.symbols(operands[0]), types: try Self.types(operands.dropFirst().first))
    case "list": self = .list(types: try Self.types(operands.first))
    case "rotate": self = .rotate(sink: operands.first)
    case "stats": self = .stats
    case "reload": self = .reload
    case "stop": self = .stop
    default: self = .help
    }
  }

  private static func symbols(_ text: String) throws(CommandFailure) -> [String] {
    var seen = Set<String>()
    let symbols = IngestCommand.split(text).filter { seen.insert($0).inserted }
    if symbols.isEmpty {
      throw .usage("no symbol in '\(Console.oneLine(text))'; symbols are parted by commas: AAPL,SPY")
    }
    for symbol in symbols {
      if symbol.utf8.count > maximumSymbolBytes {
        throw .usage("a symbol of \(symbol.utf8.count) bytes is longer than \(maximumSymbolBytes)")
      }
      if symbol.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
        throw .usage("the symbol '\(Console.oneLine(symbol))' holds a control character")
      }
    }
    return symbols
  }

  private static func types(_ text: String?) throws(CommandFailure) -> [EventType]? {
    guard let text else { return nil }
    return try IngestCommand.types(text.split(separator: ",").map(String.init), "the types")
  }
}
