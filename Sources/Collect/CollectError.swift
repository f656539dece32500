package import IO

/// Why a collection cannot begin, or has no result.
package enum CollectError: Error, CustomStringConvertible {
  /// No built-in list, no pattern and no file. `suggestion` is a list whose name is close.
  case unknownUniverse(name: String)
  /// A pattern that is not understood; `position` is the character at which it stops, counted from 1.
  case badPattern(pattern: String, position: Int, reason: String)
  /// A universe that is too large.
  case tooManySymbols(universe: String, limit: Int)
  /// A universe without a symbol.
  case empty(universe: String)
  /// A symbol that no feed takes.
  case badSymbol(String, reason: String)
  /// A file of the cache that is not what it has to be.
  case damagedEntry(path: String, reason: String)
  /// `--offline`, and the cache has no answer.
  case notCached(String)
  case io(IOError)
  /// The system refused a thread.
  case noThread(String)
  /// A sink could not be opened or written.
  case sink(String)
  /// The feed refused us, or was lost.
  case feed(String, refused: Bool)

  package var description: String {
    switch self {
    case .unknownUniverse(let name):
      "there is no universe '\(name)': it is no built-in list (\(SymbolList.all.map(\.name).joined(separator: ", "))), "
        + "no pattern such as '.AAPL260116{C,P}{150..250:5}', and no such file"
    case .badPattern(let pattern, let position, let reason):
      "the pattern '\(pattern)' is not understood at character \(position): \(reason)"
    case .tooManySymbols(let universe, let limit): "\(universe) has more than \(limit) symbols; collect it in parts"
    case .empty(let universe): "\(universe) holds no symbol"
    case .badSymbol(let symbol, let reason): "'\(symbol)' cannot be collected: \(reason)"
    case .damagedEntry(let path, let reason): "the cache's file \(path) is damaged (\(reason))"
    case .notCached(let reason): "\(reason); without --offline it is collected from the feed"
    case .io(let error): error.description
    case .noThread(let why), .sink(let why): why
    case .feed(let why, _): why
    }
  }
}
