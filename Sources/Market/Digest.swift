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
  /// Type bytes of events of one record without texts, one bit each.
  private let simple: UInt64

  package init() {
    var simple: UInt64 = 0
    for type in EventType.allCases where type.recordCount == 1 && textWords[type] == 0 { simple |= 1 << type.rawValue }
    self.simple = simple
  }

  package mutating func update(_ event: EventRef, _ texts: TextStore) {
    guard let type = event.type else { return }
    let words = textWords[type]
    unsafe link(event.base, words == 0 ? Self.hash(event, type) : Self.textHash(event, type, texts, words))
  }

  /// All events of a batch. The hashes of four events at a time are taken side by side, where none of them is long or
  /// has a text: each is a chain of products, and a CPU makes four such chains in hardly more time than one.
  package mutating func update(_ batch: borrowing EventBatch, _ texts: TextStore) {
    unsafe batch.withRecords { records in
      guard let base = records.baseAddress else { return }
      // Whole events, by the batch's invariant.
      var at = 0
      while at < records.count {
        let first = unsafe base + at
        if at &+ Four.byteCount <= records.count, unsafe areSimple(first) {
          unsafe updateFour(first)
          at &+= Four.byteCount
        } else {
          let event = unsafe EventRef(first)
          update(event, texts)
          at &+= event.recordCount &* EventRecord.byteCount
        }
      }
    }
  }

  private enum Four {
    static var byteCount: Int { 4 &* EventRecord.byteCount }
  }

  /// Whether four records are events of one record each, without texts.
  @inline(__always)
  private func areSimple(_ base: UnsafeRawPointer) -> Bool {
    var are = true
    for i in 0..<4 {
      let type = unsafe base.load(fromByteOffset: i &* EventRecord.byteCount &+ EventHead.typeOffset, as: UInt8.self)
      are = are && type <= 63 && simple &>> UInt64(type) & 1 == 1
    }
    return are
  }

  private mutating func updateFour(_ base: UnsafeRawPointer) {
    let stride = EventRecord.byteCount
    let (a, b, c, d) = unsafe (base, base + stride, base + 2 &* stride, base + 3 &* stride)
    var (h, i, j, k) = unsafe (
      Self.hashOfHead(a), Self.hashOfHead(b), Self.hashOfHead(c), Self.hashOfHead(d))
    var at = 16
    var key = Self.firstKey
    while at < stride {
      h = unsafe Mix.fold(h ^ a.load(fromByteOffset: at, as: UInt64.self), key)
      i = unsafe Mix.fold(i ^ b.load(fromByteOffset: at, as: UInt64.self), key)
      j = unsafe Mix.fold(j ^ c.load(fromByteOffset: at, as: UInt64.self), key)
      k = unsafe Mix.fold(k ^ d.load(fromByteOffset: at, as: UInt64.self), key)
      at &+= 8
      key &+= 1
    }
    // In their order: they may be of one symbol.
    unsafe link(a, h)
    unsafe link(b, i)
    unsafe link(c, j)
    unsafe link(d, k)
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

  /// What the word at byte 16 is multiplied by; each that follows has one more.
  private static var firstKey: UInt64 { 0xE703_7ED1_A0B4_28DB &+ 2 }

  /// Bytes 4 and 5, type and flags, then bytes 6 and 7, which hold two small fields. Bytes 8 to 15, the receive time,
  /// are left out.
  @inline(__always)
  private static func hashOfHead(_ base: UnsafeRawPointer) -> UInt64 {
    let type = unsafe base.load(fromByteOffset: EventHead.typeOffset, as: UInt8.self)
    let flags = unsafe base.load(fromByteOffset: EventHead.flagsOffset, as: UInt8.self)
    let fields = unsafe base.load(fromByteOffset: 6, as: UInt16.self)
    return Mix.fold(UInt64(type) << 8 | UInt64(flags), UInt64(fields) ^ 0xA076_1D64_78BD_642F)
  }

  private static func hash(_ event: EventRef, _ type: EventType) -> UInt64 {
    var h = unsafe hashOfHead(event.base)
    var key = firstKey
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
    var h = unsafe hashOfHead(event.base)
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
