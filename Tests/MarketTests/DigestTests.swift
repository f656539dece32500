import Market
import TestSupport
import Testing

@Suite("Digest")
struct DigestTests {
  /// The digest of samples in this order; `earlier` are texts that the table has already seen.
  private static func digest(_ samples: [Sample], after earlier: [String] = []) -> UInt64 {
    var table = TextTable()
    for text in earlier { _ = table.intern(text) }
    let digest = partial(samples, &table)
    return Digest.total([(digest, table.store)])
  }

  private static func partial(_ samples: [Sample], _ table: inout TextTable) -> Digest {
    var digest = Digest()
    for sample in samples {
      let event = sample.encoded(&table)
      unsafe event.withUnsafeBytes { b in
        guard let base = b.baseAddress else { return }
        unsafe digest.update(EventRef(base), table.store)
      }
    }
    return digest
  }

  private static let symbols = ["AAPL", "IBM", "MSFT{=5m}", ".SPY261218C500", "EUR/USD"]

  private static func samples(_ seed: UInt64, _ count: Int = 400) -> [Sample] {
    var random = SeededRandom(seed: seed)
    return (0..<count).map { _ in
      let type = EventType(index: Int(random.next() % 18)) ?? .quote
      return Sample(type, symbols[Int(random.next() % 5)], &random)
    }
  }

  @Test("order between symbols does not matter, order within one does", arguments: 1...10 as ClosedRange<UInt64>)
  func order(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let samples = Self.samples(seed)
    let before = Self.digest(samples)
    #expect(Self.digest(samples) == before)
    // Shuffle which symbol comes next, keep each symbol's own order.
    var queues = Dictionary(grouping: samples, by: \.symbol)
    var mixed: [Sample] = []
    for symbol in samples.map(\.symbol).shuffled(using: &random) {
      if let next = queues[symbol]?.removeFirst() { mixed.append(next) }
    }
    #expect(mixed.count == samples.count && mixed != samples)
    #expect(Self.digest(mixed) == before, "seed \(seed)")

    var swapped = samples
    let first = try #require(samples.indices.first)
    let second = try #require(samples.indices.dropFirst().first { samples[$0].symbol == samples[first].symbol })
    swapped.swapAt(first, second)
    #expect(Self.digest(swapped) != before, "seed \(seed)")
  }

  @Test("every single field counts, the receive time does not", arguments: EventType.allCases)
  func everyField(type: EventType) {
    var random = SeededRandom(seed: UInt64(type.rawValue))
    let sample = Sample(type, "AAPL", &random)
    let before = Self.digest([sample])
    for (name, value) in sample.bits {
      var other = sample
      other.bits[name] = value ^ 1
      #expect(Self.digest([other]) != before, "\(name)")
    }
    for field in Schema.of(type).fields where field.kind == .text || field.kind == .json {
      var digests: Set<UInt64> = []
      for text in [nil, "", "short", "shorT", "a much longer text", "a much longer texT"] {
        var other = sample
        other.texts[field.name] = text
        digests.insert(Self.digest([other]))
      }
      #expect(digests.count == 6, "\(field.name)")
    }
    var later = sample
    later.receivedNanos += 1
    #expect(Self.digest([later]) == before)
  }

  @Test("symbol, type, and the number of events count")
  func whatCounts() {
    var random = SeededRandom(seed: 8)
    let trade = Sample(.trade, "AAPL", &random)
    var session = Sample(.tradeETH, "AAPL", &random)
    session.bits = trade.bits
    var elsewhere = Sample(.trade, "AAPM", &random)
    elsewhere.bits = trade.bits
    let digests = [[], [trade], [trade, trade], [session], [elsewhere]].map { Self.digest($0) }
    #expect(Set(digests).count == 5)
    #expect(digests[0] == 0)
  }

  @Test("the ids that texts happen to have do not matter", arguments: 1...5 as ClosedRange<UInt64>)
  func otherIds(seed: UInt64) {
    let samples = Self.samples(seed)
    let known = samples.flatMap(\.texts.values).sorted().reversed() + ["x", "y", "EUR/USD"]
    #expect(Self.digest(samples, after: Array(known)) == Self.digest(samples), "seed \(seed)")
  }

  @Test("symbols split over lanes give the digest of one lane", arguments: 1...5 as ClosedRange<UInt64>)
  func lanes(seed: UInt64) {
    let samples = Self.samples(seed)
    var firstTable = TextTable()
    var secondTable = TextTable()
    let first = Self.partial(samples.filter { $0.symbol < "F" }, &firstTable)
    let second = Self.partial(samples.filter { $0.symbol >= "F" }, &secondTable)
    #expect(first.eventCount > 0 && second.eventCount > 0)
    #expect(first.eventCount + second.eventCount == samples.count)
    let total = Digest.total([(first, firstTable.store), (second, secondTable.store)])
    #expect(total == Self.digest(samples), "seed \(seed)")
  }

  @Test("a tally gives what its events give one by one", arguments: 1...10 as ClosedRange<UInt64>)
  func batches(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    // Runs of one type, as frames have them, in between all others.
    let types = (0..<120).flatMap { _ in
      let type = EventType(index: Int(random.next() % 18)) ?? .quote
      return Array(repeating: type, count: 1 + Int(random.next() % 7))
    }
    let samples = types.map { Sample($0, Self.symbols[Int(random.next() % 5)], &random) }
    var table = TextTable()
    var batch = EventBatch(capacity: 2 * samples.count)
    for sample in samples {
      let event = sample.encoded(&table)
      let to = unsafe try #require(batch.append(sample.type))
      unsafe event.withUnsafeBytes { b in
        if let from = b.baseAddress { unsafe to.copyMemory(from: from, byteCount: b.count) }
      }
    }
    let tally = EventTally(wantsDigest: true)
    tally.watchesSymbols = true
    tally.add(batch, table.store)
    let digest = try #require(tally.digest)
    #expect(digest.eventCount == samples.count && tally.events == samples.count)
    #expect(Digest.total([(digest, table.store)]) == Self.digest(samples), "seed \(seed)")

    let plain = EventTally(wantsDigest: false)
    plain.add(batch, table.store)
    let watching = EventTally(wantsDigest: false)
    watching.watchesSymbols = true
    watching.add(batch, table.store)
    #expect(plain.digest == nil && plain.events == samples.count && plain.seenTypes.isEmpty)
    var seen: [String: UInt32] = [:]
    for sample in samples { seen[sample.symbol, default: 0] |= 1 << UInt32(sample.type.index) }
    for symbol in Self.symbols {
      let interned = table.intern(symbol)
      let id = try #require(interned)
      let types = seen[symbol, default: 0]
      #expect(tally.seenTypes[Int(id.rawValue)] == types, "\(symbol), seed \(seed)")
      #expect(watching.seenTypes[Int(id.rawValue)] == types, "\(symbol), seed \(seed)")
    }
    for type in EventType.allCases {
      let count = samples.count { $0.type == type }
      #expect([tally, plain, watching].allSatisfy { $0.count(of: type) == count })
    }
  }

  @Test("a tally grows with its symbols, and forgets what it saw when it is told to")
  func growth() throws {
    var table = TextTable()
    var batch = EventBatch(capacity: 8)
    let tally = EventTally(wantsDigest: true)
    let watching = EventTally(wantsDigest: false)
    watching.watchesSymbols = true
    var single = Digest()
    for number in 1...9000 where number % 3 == 0 {
      var quote = Quote()
      for i in number - 2...number {
        let interned = table.intern("S\(i)")
        quote.head.symbol = try #require(interned)
      }
      quote.bidPrice = Double(number)
      let isIn = batch.append(quote)
      #expect(isIn)
      batch.forEach { single.update($0, table.store) }
      tally.add(batch, table.store)
      watching.add(batch, table.store)
      batch.removeAll()
    }
    let digest = try #require(tally.digest)
    #expect(Digest.total([(digest, table.store)]) == Digest.total([(single, table.store)]))
    #expect(watching.seenTypes.count { $0 == 1 } == 3000 && watching.seenTypes[9000] == 1)
    watching.watchesSymbols = false
    watching.watchesSymbols = true
    #expect(watching.seenTypes.allSatisfy { $0 == 0 } && watching.events == 3000)
  }

  @Test("gap marks do not count")
  func gaps() {
    var digest = Digest()
    let table = TextTable()
    unsafe Gap(reason: .silence, lane: 1, fromNanos: 1, toNanos: 2).withRecord { b in
      guard let base = b.baseAddress else { return }
      unsafe digest.update(EventRef(base), table.store)
    }
    #expect(digest.eventCount == 0)
    #expect(Digest.total([(digest, table.store)]) == 0)
  }

  @Test(
    "a digest is written as sixteen digits",
    arguments: [(UInt64(0), "0000000000000000"), (0xAB, "00000000000000ab"), (.max, "ffffffffffffffff")])
  func text(value: UInt64, text: String) {
    #expect(Digest.text(value) == text)
  }
}
