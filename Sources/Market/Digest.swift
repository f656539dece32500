package import Rings

/// A hash over all decoded events without their receive times.
///
/// Each symbol has a chain in which every event changes the value by its type, flags and fields, texts by content; the
/// digest is the sum over the symbols' chains. So it depends on the order of the events of each symbol, which the feed
/// defines, and not on how symbols interleave or on how many lanes carried them.
package struct Digest {
  /// Chain by text id.
  private var chains: [UInt64] = []
  package private(set) var eventCount = 0

  package init() {}

  package mutating func update(_ event: EventRef, _ texts: TextStore) {
    guard let type = event.type else { return }
    let symbol = Int(event.symbol.rawValue)
    if symbol >= chains.count {
      chains.append(contentsOf: repeatElement(0, count: max(symbol + 1, chains.count * 2) - chains.count))
    }
    chains[symbol] = Mix.fold(chains[symbol] &+ 0x9E37_79B9_7F4A_7C15, Self.hash(event, type, texts))
    eventCount += 1
  }

  /// Adds what another lane decoded; the lanes must not share symbols.
  package static func total(_ lanes: [(digest: Digest, texts: TextStore)]) -> UInt64 {
    var sum: UInt64 = 0
    for lane in lanes {
      for (id, chain) in lane.digest.chains.enumerated() where chain != 0 {
        sum &+= Mix.fold(chain, lane.texts.hash(UInt32(id)) | 1)
      }
    }
    return sum
  }

  /// Sixteen lower-case hexadecimal digits.
  package static func text(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  private static func hash(_ event: EventRef, _ type: EventType, _ texts: TextStore) -> UInt64 {
    var h = UInt64(type.rawValue) << 8 | UInt64(event.flags.rawValue)
    // Bytes 6 and 7 hold two small fields; bytes 8 to 15 the receive time, which is left out.
    h = Mix.fold(h, UInt64(event.load(6, as: UInt16.self)) ^ 0xA076_1D64_78BD_642F)
    let words = type.recordCount * EventRecord.byteCount / 8
    var i = 2
    while i < words {
      h = Mix.fold(h ^ event.load(i &* 8, as: UInt64.self), 0xE703_7ED1_A0B4_28DB &+ UInt64(i))
      i &+= 1
    }
    return textHash(event, type, texts, h)
  }

  /// Replaces the ids of long texts, which depend on the table, by the hashes of the texts.
  private static func textHash(_ event: EventRef, _ type: EventType, _ texts: TextStore, _ plain: UInt64) -> UInt64 {
    let offsets = TextOffsets.of(type)
    if offsets.isEmpty { return plain }
    var h = UInt64(type.rawValue) << 8 | UInt64(event.flags.rawValue)
    h = Mix.fold(h, UInt64(event.load(6, as: UInt16.self)) ^ 0xA076_1D64_78BD_642F)
    let words = type.recordCount * EventRecord.byteCount / 8
    for i in 2..<words {
      var word = event.load(i &* 8, as: UInt64.self)
      if offsets.contains(i &* 8), let id = Text(word: word).id { word = texts.hash(id.rawValue) }
      h = Mix.fold(h ^ word, 0xE703_7ED1_A0B4_28DB &+ UInt64(i))
    }
    return h
  }
}

/// Where the texts of a type stand.
enum TextOffsets {
  static func of(_ type: EventType) -> [Int] { all[type.index] }

  private static let all: [[Int]] = Schema.all.map { schema in
    schema.fields.filter { $0.kind == .text || $0.kind == .json }.map(\.offset)
  }
}
