// Configuration: the text of a configuration file as tables, keys and values with their places; no files, no options.
//
// A documented subset of TOML 1.0 (toml.io): comments, [tables] one deep, bare keys, basic and literal strings on one
// line, whole numbers, decimal numbers, true and false, arrays of them over several lines. In basic strings ${NAME}
// stands for an environment variable. What is TOML but not taken (dates, inline and nested tables, dotted and quoted
// keys, strings of several lines, other bases) is refused by name.
//
//     # shared by all commands
//     url = "wss://feed.example/dxlink"
//     [ingest]
//     symbols = ["AAPL", "SPY"]
//     lanes = 2
//
// Invariant: every byte may be hostile; a text is read in one pass, without recursion, within the limits below, and a
// document that is written is read again as the same.
// Out of scope: which keys there are and what they mean; QuotewireCLI knows that by its command table.

/// What a configuration may hold.
package enum ConfigurationLimit {
  package static let bytes = 1 << 20
  package static let entries = 1_000
  package static let arrayValues = 100_000
}

/// Where something stands. Lines and columns count from 1, columns in characters (Unicode scalars).
package struct ConfigurationPlace: Sendable, Equatable {
  package let line: Int
  package let column: Int
  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }
}

/// Why a text is no configuration.
package enum ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Something else was expected here.
  case expected(String, ConfigurationPlace)
  /// TOML that this subset leaves out, with what to write instead.
  case notTaken(String, ConfigurationPlace)
  /// A table or key that stands on an earlier line already.
  case twice(String, ConfigurationPlace, firstLine: Int)
  /// An environment variable that is not set.
  case noVariable(String, ConfigurationPlace)
  case invalidUTF8(ConfigurationPlace)
  case tooMuch(String, maximum: Int, ConfigurationPlace)

  package var place: ConfigurationPlace {
    switch self {
    case .expected(_, let place), .notTaken(_, let place), .twice(_, let place, _), .noVariable(_, let place),
      .invalidUTF8(let place), .tooMuch(_, _, let place):
      place
    }
  }

  /// What is wrong, without the place.
  package var description: String {
    switch self {
    case .expected(let what, _): "expected \(what)"
    case .notTaken(let what, _): what
    case .twice(let what, _, let line): "\(what) stands on line \(line) already; give it once"
    case .noVariable(let name, _):
      "the environment has no variable \(name); set it, or write the value in '…' if no variable is meant"
    case .invalidUTF8: "this byte is no UTF-8; the file has to be UTF-8 text"
    case .tooMuch(let what, let maximum, _): "more than \(maximum) \(what)"
    }
  }
}
