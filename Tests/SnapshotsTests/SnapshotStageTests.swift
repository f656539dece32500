import Market
import Rings
import Snapshots
import TestSupport
import Testing

@Suite("The snapshot stage", .tags(.unit))
struct SnapshotStageTests {
  @Test("a snapshot comes out whole, in order and with its flags; updates come out alone")
  func whole() {
    var bench = Bench()
    let given = bench.take(flags: [0, 4, 0, 10, 0]).map(\.rows)
    #expect(given == [[row(0, 0)], [row(4, 1), row(0, 2), row(10, 3)], [row(0, 4)]])
    let counts = bench.stage.counts
    #expect(counts.taken == 5 && counts.committed == 5 && counts.void == 0 && counts.held == 0 && counts.snapshots == 1)
  }

  private func row(_ flags: UInt8, _ index: Int64) -> Row { Row(flags: flags, index: index) }

  @Test("long snapshots of two-record events come back from many blocks, and the memory serves again")
  func blocks() {
    var bench = Bench()
    for round in 0..<3 {
      var given: [Given] = []
      for i in 0..<1001 {
        given += bench.take(row(i == 0 ? 4 : i == 1000 ? 8 : 0, Int64(round * 10_000 + i)))
        if i == 999 {
          let bytes = bench.stage.heldBytes
          #expect(bytes == (1000 * 2 + 63) / 64 * 64 * 128)
        }
      }
      #expect(given.count == 1 && given[0].isSnapshot)
      #expect(given[0].rows.map(\.index) == (0..<1001).map { Int64(round * 10_000 + $0) })
      let bytes = bench.stage.heldBytes
      #expect(bytes == 0)
    }
  }

  @Test("symbols, types and sources wait apart; types without an index are not taken")
  func keys() {
    var bench = Bench()
    var sale = TimeAndSale()
    sale.head.symbol = TextID(rawValue: 1)
    sale.head.eventFlags = .snapshotBegin
    #expect(bench.take(sale).given.isEmpty)
    #expect(bench.take(Row(symbol: 1, flags: 0)).count == 1, "a candle of the same symbol")
    var order = Order()
    order.head.symbol = TextID(rawValue: 1)
    for source in ["ntv", "NTV"] {
      var text = source
      order.source = text.withUTF8 { unsafe Text(inline: UnsafeRawBufferPointer($0)) }
      order.head.eventFlags = source == "ntv" ? .txPending : []
      #expect(bench.take(order).given.count == (source == "ntv" ? 0 : 1))
    }
    let quote = bench.take(Quote())
    #expect(!quote.isIndexed && quote.given.isEmpty)
    let counts = bench.stage.counts
    #expect(counts.taken == 4 && counts.held == 2)
    var seen: [TopicKey] = []
    bench.stage.forEach { key, _ in seen.append(key) }
    #expect(seen.map(\.type) == [.timeAndSale, .candle, .order, .order])
  }

  @Test("a snapshot that is longer than the limit is void, is counted, and the next one is taken")
  func tooLong() {
    var limits = SnapshotLimits()
    limits.maximumEventsPerKey = 3
    var bench = Bench(limits: limits)
    #expect(bench.take(flags: [4, 0, 0, 0, 0, 10]).isEmpty)
    var counts = bench.stage.counts
    #expect(counts.void == 6 && counts.held == 0 && counts.refused == 1)
    let state = bench.stage.state(of: Bench.key(1))
    #expect(state == .tooLong)
    #expect(bench.take(flags: [4, 0, 10]).count == 1)
    counts = bench.stage.counts
    #expect(counts.taken == 9 && counts.committed == 3)
  }

  @Test("all keys share the limit of bytes, and keys beyond theirs are void")
  func memory() {
    var limits = SnapshotLimits()
    limits.maximumBytes = 2 * 64 * 128
    limits.maximumKeys = 3
    var bench = Bench(limits: limits)
    #expect(bench.take(Row(symbol: 1, flags: 4)).isEmpty && bench.take(Row(symbol: 2, flags: 4)).isEmpty)
    #expect(bench.take(Row(symbol: 3, flags: 4)).isEmpty)
    let states = (1...3).map { bench.stage.heldCount(of: Bench.key(UInt32($0))) }
    #expect(states == [1, 1, 0])
    #expect(bench.take(Row(symbol: 2, flags: 8)).count == 1)
    #expect(bench.take(Row(symbol: 4, flags: 0)).isEmpty)
    let counts = bench.stage.counts
    #expect(counts.void == 2 && counts.held == 1 && counts.committed == 2)
  }
}

/// The algorithm of the reference, written down plainly.
private struct Model {
  var buffer: [Row] = []
  var isInSnapshot = false
  var isFull = false

  mutating func take(_ row: Row) -> Given? {
    if row.flags & 4 != 0 {
      isInSnapshot = true
      isFull = false
      buffer = []
    }
    if isInSnapshot && row.flags & (8 | 16) != 0 { isFull = true }
    buffer.append(row)
    if row.flags & 1 != 0 || (isInSnapshot && !isFull) { return nil }
    let given = Given(isSnapshot: isInSnapshot, rows: buffer)
    buffer = []
    isInSnapshot = false
    isFull = false
    return given
  }

  mutating func interrupt() { self = Model() }
}

@Suite("The snapshot stage against the reference's algorithm", .tags(.property))
struct SnapshotModelTests {
  @Test("random flags of many symbols, with interruptions, give the same commits", arguments: 1...8)
  func model(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var models = [Model](repeating: Model(), count: 6)
    var bench = Bench()
    let likely: [UInt8] = [0, 0, 0, 0, 0, 1, 1, 2, 4, 5, 8, 9, 10, 12, 14, 16, 17, 18]
    var (committed, taken) = (0, 0)
    for i in 0..<30_000 {
      if Int.random(in: 0..<500, using: &random) == 0 {
        bench.stage.interrupt()
        for m in models.indices { models[m].interrupt() }
      }
      let symbol = Int.random(in: 0..<models.count, using: &random)
      let flags = Bool.random(using: &random) ? likely.randomElement(using: &random) ?? 0 : UInt8(random.next() & 0x7F)
      let row = Row(symbol: UInt32(symbol + 1), flags: flags, index: Int64(i))
      let expected = models[symbol].take(row)
      let given = bench.take(row)
      taken += 1
      committed += expected?.rows.count ?? 0
      #expect(given == (expected.map { [$0] } ?? []), "seed \(seed), row \(i): \(row)")
      if given != (expected.map { [$0] } ?? []) { return }
    }
    let counts = bench.stage.counts
    #expect(counts.taken == taken && counts.committed == committed)
    #expect(counts.held == models.reduce(0) { $0 + $1.buffer.count })
    #expect(counts.taken == counts.committed + counts.void + counts.held)
    #expect(committed > 5_000 && counts.void > 100 && counts.snapshots > 100)
  }
}
