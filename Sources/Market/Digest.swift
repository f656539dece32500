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
  /// In here rather than global, where each event would pay for a look whether it is made yet.
  private let textWords = TextWords()

  package init() {}

  package mutating func update(_ event: EventRef, _ texts: TextStore) {
    guard let type = event.type else { return }
    let symbol = Int(event.symbol.rawValue)
    if symbol >= chains.count { grow(toHold: symbol) }
    let words = textWords[type]
    let hash = words == 0 ? Self.hash(event, type) : Self.textHash(event, type, texts, words)
    chains[symbol] = Mix.fold(chains[symbol] &+ 0x9E37_79B9_7F4A_7C15, hash)
    eventCount &+= 1
  }

  @inline(never)
  private mutating func grow(toHold symbol: Int) {
    chains.append(contentsOf: repeatElement(0, count: max(symbol + 1, chains.count * 2) - chains.count))
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

  /// Byte 4 and 5, then bytes 6 and 7, which hold two small fields. Bytes 8 to 15, the receive time, are left out.
  private static func hashOfHead(_ event: EventRef, _ type: EventType) -> UInt64 {
    let head = UInt64(type.rawValue) << 8 | UInt64(event.flags.rawValue)
    let fields = unsafe event.base.load(fromByteOffset: 6, as: UInt16.self)
    return Mix.fold(head, UInt64(fields) ^ 0xA076_1D64_78BD_642F)
  }

  private static func hash(_ event: EventRef, _ type: EventType) -> UInt64 {
    var h = hashOfHead(event, type)
    var key: UInt64 = 0xE703_7ED1_A0B4_28DB &+ 2
    var word = unsafe event.base + 16
    let end = unsafe event.base + type.recordCount &* EventRecord.byteCount
    // Two at a time: the words are an even number.
    while unsafe word < end {
      h = unsafe Mix.fold(h ^ word.load(as: UInt64.self), key)
      h = unsafe Mix.fold(h ^ word.load(fromByteOffset: 8, as: UInt64.self), key &+ 1)
      key &+= 2
      unsafe word += 16
    }
    return h
  }

  /// The same with the ids of long texts, which depend on the table, replaced by the hashes of the texts.
  @inline(never)
  private static func textHash(_ event: EventRef, _ type: EventType, _ texts: TextStore, _ words: UInt32) -> UInt64 {
    var h = hashOfHead(event, type)
    for i in 2..<(type.recordCount &* EventRecord.byteCount / 8) {
      var word = unsafe event.base.load(fromByteOffset: i &* 8, as: UInt64.self)
      if words &>> UInt32(i) & 1 == 1, let id = Text(word: word).id { word = texts.hash(id.rawValue) }
      h = Mix.fold(h ^ word, 0xE703_7ED1_A0B4_28DB &+ UInt64(i))
    }
    return h
  }
}

/// Where the texts of each type stand: one bit for each word of 8 bytes.
private struct TextWords {
  private var words = InlineArray<18, UInt32>(repeating: 0)

  init() {
    precondition(words.count == EventType.count)
    for schema in Schema.all {
      for field in schema.fields where field.kind == .text || field.kind == .json {
        words[schema.type.index] |= 1 << UInt32(field.offset / 8)
      }
    }
  }

  subscript(_ type: EventType) -> UInt32 { words[type.index] }
}
