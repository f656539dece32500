package import Rings

/// A hash over all decoded events without their receive times.
///
/// Each symbol has a chain in which every event changes the value by its type, flags and fields, texts by content; the
/// digest is the sum over the symbols' chains. So it depends on the order of the events of each symbol, which the feed
/// defines, and not on how symbols interleave or on how many lanes carried them.
///
/// This is the plain form, event by event; a pipeline's are added up by `EventTally`.
package struct Digest {
  /// Chain by text id.
  private var chains: [UInt64] = []
  package private(set) var eventCount = 0
  /// In here rather than global, where each event would pay for a look whether it is made yet.
  private let textWords = TextWords()

  package init() {}

  /// What a tally has added up, by text id.
  init(chains: [UInt64], eventCount: Int) {
    self.chains = chains
    self.eventCount = eventCount
  }

  package mutating func update(_ event: EventRef, _ texts: TextStore) {
    guard let type = event.type else { return }
    let words = textWords[type]
    unsafe link(event.base, words == 0 ? Self.hash(event, type) : Self.textHash(event, type, texts, words))
  }

  /// Adds an event with this hash to its symbol's chain.
  @inline(__always)
  private mutating func link(_ event: UnsafeRawPointer, _ hash: UInt64) {
    let symbol = unsafe Int(event.load(as: UInt32.self))
    if symbol >= chains.count { grow(toHold: symbol) }
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

  /// The key of the word at a byte offset. Words are taken in pairs, each with its key, and a pair is one product: none
  /// waits for another (the construction of NH in UMAC, RFC 4418, with the halves of the product folded).
  @inline(__always)
  private static func key(_ at: Int) -> UInt64 {
    0xE703_7ED1_A0B4_28DB &+ UInt64(truncatingIfNeeded: at) &* 0x9E37_79B9_7F4A_7C15
  }

  @inline(__always)
  private static func pair(_ first: UInt64, _ second: UInt64, _ at: Int) -> UInt64 {
    Mix.fold(first ^ key(at), second ^ key(at &+ 8))
  }

  /// Bytes 4 to 7: type, flags and two small fields. Bytes 8 to 15, the receive time, are left out.
  @inline(__always)
  private static func hashOfHead(_ base: UnsafeRawPointer) -> UInt64 {
    pair(unsafe UInt64(base.load(fromByteOffset: EventHead.typeOffset, as: UInt32.self)), 0, 0)
  }

  /// Of the 16 bytes at an offset.
  @inline(__always)
  private static func hashOfPair(_ base: UnsafeRawPointer, _ at: Int) -> UInt64 {
    unsafe pair(
      base.load(fromByteOffset: at, as: UInt64.self), base.load(fromByteOffset: at &+ 8, as: UInt64.self), at)
  }

  private static func hash(_ event: EventRef, _ type: EventType) -> UInt64 {
    var h = unsafe hashOfHead(event.base)
    var at = 16
    while at < type.recordCount &* EventRecord.byteCount {
      h &+= unsafe hashOfPair(event.base, at)
      at &+= 16
    }
    return h
  }

  /// The same with the ids of long texts, which depend on the table, replaced by the hashes of the texts.
  @inline(never)
  static func textHash(_ event: EventRef, _ type: EventType, _ texts: TextStore, _ words: UInt32) -> UInt64 {
    var h = unsafe hashOfHead(event.base)
    var at = 16
    while at < type.recordCount &* EventRecord.byteCount {
      h &+= pair(word(event, at, texts, words), word(event, at &+ 8, texts, words), at)
      at &+= 16
    }
    return h
  }

  @inline(__always)
  private static func word(_ event: EventRef, _ at: Int, _ texts: TextStore, _ words: UInt32) -> UInt64 {
    let word = unsafe event.base.load(fromByteOffset: at, as: UInt64.self)
    guard words &>> UInt32(at / 8) & 1 == 1, let id = Text(word: word).id else { return word }
    return texts.hash(id.rawValue)
  }
}

/// Where the texts of each type stand: one bit for each word of 8 bytes.
struct TextWords {
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
