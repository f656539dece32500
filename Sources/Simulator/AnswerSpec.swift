import Bytes

/// A feed that answers every subscription with one event made from the symbol's name, read from text such as
/// `seed=1,silent=GONE+LOST`: any symbol exists, which is what collections of real symbols are tested with.
package struct AnswerSpec: Sendable, Equatable {
  package var seed: UInt64 = 1
  /// Symbols that never get an answer.
  package var silent: Set<String> = []

  package init() {}

  /// Each key, what it takes and what it means: for `--help`.
  package static let table: [(key: String, values: String, meaning: String)] = [
    ("seed", "0…2^64-1", "start of the prices (default: 1)"),
    ("silent", "SYMBOL+SYMBOL…", "symbols without an answer (default: none)"),
  ]

  package init(_ text: String) throws(SimulatorError) {
    let spec = try SpecText(text, name: "answers", known: Self.table.map(\.key))
    for (key, value) in spec.items {
      if key == "silent" {
        silent = Set(value.split(separator: "+").map(String.init))
        continue
      }
      guard let seed = UInt64(value) else { throw spec.error(key, value, "a whole number from 0 to \(UInt64.max)") }
      self.seed = seed
    }
  }

  /// The price of a symbol in every answer.
  package func price(_ symbol: String) -> Double { Double(hundredths(symbol)) / 100 }

  /// The price of a symbol in hundredths, 10.00 to 999.99: the same on every machine, so that a reader knows what is
  /// right.
  func hundredths(_ symbol: String) -> Int {
    // One step of the generator's random source spreads neighbouring names.
    var random = SimulatorRandom(seed: FNV1a.hash(symbol, seed: seed))
    return random.within(1_000...99_999)
  }
}
