import Market
import Rings
import TestSupport
import Testing

@Suite("Text table")
struct TextTableTests {
  private static func intern(_ table: inout TextTable, _ text: [UInt8]) -> UInt32? {
    unsafe text.withUnsafeBytes { b in unsafe table.intern(b) }?.rawValue
  }

  private static func hash(_ text: [UInt8]) -> UInt64 { unsafe text.withUnsafeBytes { b in unsafe TextTable.hash(b) } }

  /// Texts like those of a feed: symbols, options, candle symbols, odd bytes, and many near neighbours.
  private static func texts(_ random: inout SeededRandom, _ count: Int) -> [[UInt8]] {
    (0..<count).map { i in
      switch random.next() % 5 {
      case 0: Array("SYM\(i)".utf8)
      case 1: Array(".AAPL2\(random.next() % 100_000)C\(random.next() % 500)".utf8)
      case 2: Array("AAPL\(i % 3000){=5m}".utf8)
      case 3: random.bytes(Int(random.next() % 40))
      default: [UInt8](repeating: 0, count: i % 30)
      }
    }
  }

  @Test("behaves like a dictionary for 50,000 texts, through all growth", arguments: [1, 2] as [UInt64])
  func model(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var table = TextTable()
    var known: [[UInt8]: UInt32] = [:]
    let texts = Self.texts(&random, 50_000)
    var wrong = 0
    for text in texts + texts.shuffled(using: &random) {
      let expected = known[text] ?? UInt32(known.count + 1)
      known[text] = expected
      if Self.intern(&table, text) != expected { wrong += 1 }
    }
    check(table.count == known.count && table.refused == 0, "seed \(seed)")
    for (text, id) in known {
      let isThere = unsafe table.store.withText(id) { b in unsafe b.elementsEqual(text) }
      if !isThere || table.store.hash(id) != Self.hash(text) { wrong += 1 }
    }
    #expect(wrong == 0, "seed \(seed)")
  }

  @Test("at a limit new texts are refused and counted, known ones are still found")
  func limits() {
    var table = TextTable(limits: TextStore.Limits(maximumTexts: 3, maximumBytes: 1000))
    for i in 1...3 { #expect(table.intern("text \(i)")?.rawValue == UInt32(i)) }
    #expect(table.intern("text 4") == nil)
    #expect(table.intern("text 5") == nil)
    #expect(table.intern("text 2")?.rawValue == 2)
    check(table.refused == 2 && table.count == 3)

    var small = TextTable(limits: TextStore.Limits(maximumBytes: 10))
    #expect(small.intern("123456789")?.rawValue == 1)
    #expect(small.intern("12") == nil)
    #expect(small.intern("1")?.rawValue == 2)
    check(small.refused == 1)
  }

  @Test("texts chosen to share one hash are refused after a while, others still go in")
  func hostileTexts() {
    // The first word cancels the seed, so that a product with zero is the hash of all of these.
    let first = Self.collision(1)
    #expect(Self.slotHash(first) == Self.slotHash(Self.collision(2)) && first != Self.collision(2))
    var table = TextTable()
    for i in 0..<UInt64(TextTable.maximumProbes + 500) { _ = Self.intern(&table, Self.collision(i)) }
    check(table.count <= TextTable.maximumProbes && table.refused >= 500)
    #expect(Self.intern(&table, first) != nil)
    #expect(table.intern("AAPL") != nil)
  }

  private static func slotHash(_ text: [UInt8]) -> UInt64 {
    unsafe text.withUnsafeBytes { b in unsafe TextKey(b).hash }
  }

  /// 16 bytes whose hash does not depend on `i`.
  private static func collision(_ i: UInt64) -> [UInt8] {
    [0xA076_1D64_78BD_642F, i + 1 << 56].flatMap { word in
      (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
    }
  }

  @Test("look-ups by words find what was added, but what JSON has to escape", arguments: [3, 4] as [UInt64])
  func words(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var table = TextTable()
    var missed = 0
    for count in 1...31 {
      for round in 0..<40 {
        // Bytes behind the text must not matter. Every other text has nothing to escape.
        let memory = random.bytes(64).map { round % 2 == 0 ? $0 | 0x80 : $0 }
        let text = Array(memory[..<count])
        let isPlain = text.allSatisfy { $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C }
        let isNew = unsafe memory.withUnsafeBytes { b in unsafe Self.find(b.baseAddress!, count, table.slots) } == 0
        let before = table.count
        let id = Self.intern(&table, text)
        if isPlain ? isNew != (table.count > before) : !isNew { missed += 1 }
        let found = unsafe memory.withUnsafeBytes { b in unsafe Self.find(b.baseAddress!, count, table.slots) }
        if isPlain ? found != id : found != 0 { missed += 1 }
      }
    }
    #expect(missed == 0, "seed \(seed)")
  }

  private static func find(_ text: UnsafeRawPointer, _ count: Int, _ slots: TextSlots) -> UInt32 {
    unsafe slots.find(text.assumingMemoryBound(to: UInt8.self), count)
  }

  @Test("500,000 symbols cost at most 64 bytes each beside their own text")
  func memory() {
    var table = TextTable()
    var bytes = 0
    for i in 0..<500_000 {
      let text = "SYM\(i)"
      bytes += text.utf8.count
      _ = table.intern(text)
    }
    #expect(table.count == 500_000)
    let beside = table.reservedBytes - bytes
    #expect(beside <= 64 * 500_000, "\(beside / 500_000) bytes each")
    #expect(table.reservedBytes > bytes)
  }

  @Test("nearly every text is in the first two slots that are looked at", arguments: [300, 4_000, 30_000])
  func firstPair(count: Int) {
    var random = SeededRandom(seed: 5)
    var table = TextTable()
    // Texts of zeros share one hash.
    let texts = Set(Self.texts(&random, count).filter { !$0.isEmpty && !$0.contains(0) && $0.count <= 16 })
    for text in texts { _ = Self.intern(&table, text) }
    #expect(table.count == texts.count && table.slots.mask >= 4 * texts.count - 1)
    let slots = table.slots
    let inFirst = texts.count { text in
      let key = unsafe text.withUnsafeBytes { b in unsafe TextKey(b) }
      let pair = unsafe slots.base + (Int(truncatingIfNeeded: key.hash) & slots.mask & ~1)
      return (0..<2).contains { unsafe TextSlots.holds(pair[$0], key) }
    }
    #expect(inFirst * 100 >= 95 * texts.count, "\(inFirst) of \(texts.count)")
  }

  @Test("a table with room for its texts does not grow, one without does", arguments: [100, 10_000, 60_000])
  func reserve(count: Int) {
    var table = TextTable()
    _ = table.intern("before")
    table.reserve(count + 1)
    let before = table.slots.count
    for i in 0..<count { #expect(table.intern("SYM\(i)")?.rawValue == UInt32(i + 2)) }
    #expect(table.slots.count == before)
    #expect(table.intern("before")?.rawValue == 1 && table.intern("SYM\(count - 1)")?.rawValue == UInt32(count + 1))
    for i in count..<6 * count + 4_096 { _ = table.intern("SYM\(i)") }
    #expect(table.slots.count > before)
  }

  @Test("hashes of near neighbours spread over slots and tags")
  func spread() {
    let texts = (0..<65_536).map { Array("SYM\($0)".utf8) }
    let hashes = texts.map { Self.hash($0) }
    #expect(Set(hashes).count == texts.count)
    // 65,536 balls in 4096 boxes: 16 each; far from it would mean that a part of the hash does not move.
    for shift in [0, 20, 32, 52] as [UInt64] {
      var boxes = [Int](repeating: 0, count: 4096)
      for hash in hashes { boxes[Int(hash >> shift & 4095)] += 1 }
      #expect(boxes.max() ?? 0 < 48, "bits from \(shift)")
      #expect(boxes.min() ?? 0 > 0, "bits from \(shift)")
    }
  }

  @Test("a hash is the same in every run and on every machine (values from another implementation)")
  func stable() {
    #expect(Self.hash(Array("AAPL".utf8)) == 0x34E5_6FDB_4CB8_11DB)
    #expect(Self.hash(Array("a text of more than eight bytes".utf8)) == 0x1888_AE0D_335A_AEF5)
    // Length matters, zeros at the end do too.
    #expect(Self.hash([]) != Self.hash([0]))
    #expect(Self.hash([0]) != Self.hash([0, 0]))
    #expect(Self.hash([UInt8](repeating: 0, count: 8)) != Self.hash([UInt8](repeating: 0, count: 9)))
  }
}
