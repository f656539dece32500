import Bytes
package import DXLink
import Market

/// Hashes by which symbols find their shard and their lane: the same on every machine and in every version.
///
///     FNV-1a, 64 bit, over the symbol's UTF-8, exclusive or with the purpose's seed,
///     then the finalizer of SplitMix64 (Steele, Lea, Flood 2014):
///     z ^= z >> 30; z *= BF58476D1CE4E5B9; z ^= z >> 27; z *= 94D049BB133111EB; z ^= z >> 31
///
/// A shard is this modulo the number of shards, with seed 1; a lane the same with seed 2. The finalizer spreads one bit
/// of difference over all bits, so the two choices are independent. Candle symbols are hashed in canonical form.
package enum SymbolHash {
  package enum Purpose: UInt64, Sendable { case shard = 1, lane = 2, topic = 3 }

  package static func hash(_ symbol: String, for purpose: Purpose) -> UInt64 {
    mixed(FNV1a.hash(symbol) ^ purpose.rawValue)
  }

  static func mixed(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }

  /// Of the symbol of a subscription.
  static func hash(_ topic: Subscription, for purpose: Purpose) -> UInt64 {
    hash(topic.type == .candle ? CandleSymbol.canonical(topic.symbol) : topic.symbol, for: purpose)
  }
}

/// The share of a universe that one of several processes takes, so that together they take each symbol once.
package struct Shard: Sendable, Equatable, CustomStringConvertible {
  /// From 1 to `count`.
  package let number: Int
  package let count: Int

  package static let maximumCount = 4096

  package init?(_ number: Int, of count: Int) {
    guard (1...Self.maximumCount).contains(count), (1...count).contains(number) else { return nil }
    self.number = number
    self.count = count
  }

  /// Reads `K/N`.
  package init?(parsing text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let number = Int(parts[0]), let count = Int(parts[1]) else { return nil }
    self.init(number, of: count)
  }

  package var description: String { "\(number)/\(count)" }

  /// Whether the topic's symbol is of this shard.
  package func contains(_ topic: Subscription) -> Bool {
    SymbolHash.hash(topic, for: .shard) % UInt64(count) == UInt64(number - 1)
  }

  /// Whether the symbol is of this shard.
  package func contains(_ symbol: String) -> Bool {
    SymbolHash.hash(symbol, for: .shard) % UInt64(count) == UInt64(number - 1)
  }
}
