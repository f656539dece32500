import Market
import Rings

/// Which symbols of a lane are wanted, asked by text id. Used by the lane's thread alone.
final class SymbolFilter {
  private let names: Set<String>
  private let texts: TextStore
  /// By text id: 0 not looked at yet, 1 wanted, 2 not wanted.
  private var known: [UInt8] = []

  init(_ names: Set<String>, _ texts: TextStore) {
    self.names = names
    self.texts = texts
  }

  func takes(_ symbol: UInt32) -> Bool {
    let id = Int(symbol)
    if id < known.count, known[id] != 0 { return known[id] == 1 }
    let name = unsafe texts.withText(symbol) { unsafe String(decoding: $0, as: UTF8.self) }
    if id >= known.count { known.append(contentsOf: repeatElement(0, count: max(id + 1 - known.count, known.count))) }
    let isWanted = names.contains(name)
    known[id] = isWanted ? 1 : 2
    return isWanted
  }
}
