import DXLink
package import IO

/// The symbols of a collection, each once, in the order in which they are answered with.
package struct Universe: Sendable, Equatable {
  /// As the caller named it.
  package let name: String
  package let symbols: [String]

  /// Symbols of one collection.
  package static let maximumSymbols = 100_000
  /// Bytes of a file of symbols.
  package static let maximumFileBytes = 64 << 20

  /// A built-in list, a pattern (`SymbolPattern`) or a file with a symbol a line; looked for in this order, so that
  /// `./sp500` is a file.
  package init(parsing name: String) throws(CollectError) {
    if let list = SymbolList.all.first(where: { $0.name == name }) {
      try self.init(name: name, list.symbols)
    } else if SymbolPattern.isPattern(name) {
      try self.init(name: "the pattern '\(name)'", SymbolPattern(name, limit: Self.maximumSymbols).symbols)
    } else if File.exists(name), !Directory.isDirectory(name) {
      let symbols: [String]
      do throws(IOError) { symbols = try SymbolsFile.read(name, limitBytes: Self.maximumFileBytes) } catch {
        throw .io(error)
      }
      try self.init(name: name, symbols)
    } else {
      throw .unknownUniverse(name: name)
    }
  }

  package init(name: String, _ all: [String]) throws(CollectError) {
    var seen = Set<String>(minimumCapacity: all.count)
    var symbols: [String] = []
    symbols.reserveCapacity(all.count)
    for symbol in all where seen.insert(symbol).inserted {
      if symbol == Subscription.wildcard {
        throw .badSymbol(symbol, reason: "a collection ends when every symbol has answered; name the symbols")
      }
      if symbol.utf8.count > SubscriptionBook.textLimit {
        throw .badSymbol(symbol, reason: "it is longer than \(SubscriptionBook.textLimit) bytes")
      }
      symbols.append(symbol)
    }
    if symbols.isEmpty { throw .empty(universe: name) }
    if symbols.count > Self.maximumSymbols { throw .tooManySymbols(universe: name, limit: Self.maximumSymbols) }
    self.name = name
    self.symbols = symbols
  }
}

/// A text file with a symbol a line. Blanks around it do not count, nor do empty lines and those that begin with #.
package enum SymbolsFile {
  package static func read(_ path: String, limitBytes: Int) throws(IOError) -> [String] {
    let bytes = try File.contents(of: path, limitBytes: limitBytes)
    var symbols: [String] = []
    for line in bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
      let blanks: Set<UInt8> = [0x20, 0x09]
      let start = line.firstIndex { !blanks.contains($0) }
      guard let start, line[start] != UInt8(ascii: "#"), let end = line.lastIndex(where: { !blanks.contains($0) })
      else { continue }
      symbols.append(String(decoding: line[start...end], as: UTF8.self))
    }
    return symbols
  }
}
