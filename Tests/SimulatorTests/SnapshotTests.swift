import Market
import Rings
import TestSupport
import Testing

@testable import Simulator

/// Follows the rules of snapshots and transactions for one key, written from the protocol's description and not from
/// the generator.
struct SnapshotChecker {
  var isInSnapshot = false
  var isFull = false
  var isPending = false
  var lastIndex: Int64 = .max
  var snapshots = 0
  var restarts = 0
  var complaints: [String] = []
  var live: Set<Int64> = []

  mutating func take(_ flags: EventFlags, _ index: Int64, isTimeSeries: Bool) {
    if flags.contains(.snapshotBegin) {
      if isInSnapshot { restarts += 1 }
      isInSnapshot = true
      isFull = false
      lastIndex = .max
      live = []
    }
    let isEnd = flags.contains(.snapshotEnd) || flags.contains(.snapshotSnip)
    if isEnd && !isInSnapshot { complaints.append("END outside a snapshot") }
    if isInSnapshot && !isFull {
      if index >= lastIndex { complaints.append("index \(index) after \(lastIndex) within a snapshot") }
      lastIndex = index
    }
    if isEnd { isFull = true }
    isPending = flags.contains(.txPending)
    if flags.contains(.removeEvent) {
      if !isInSnapshot && live.remove(index) == nil { complaints.append("REMOVE of an index that is not there") }
    } else {
      live.insert(index)
    }
    if isInSnapshot && isFull && !isPending {
      isInSnapshot = false
      snapshots += 1
    }
  }
}

@Suite("Snapshots")
struct SnapshotTests {
  struct Key: Hashable {
    var type: UInt8
    var symbol: UInt32
    var source: UInt64
  }

  @Test("flags of candles, books and series always form whole snapshots and transactions", arguments: [1, 2, 3, 4, 5])
  func flags(_ seed: Int) throws {
    var checkers: [Key: SnapshotChecker] = [:]
    var sums: Set<UInt8> = []
    let mix = "Candle:5/Order:20/SpreadOrder:5/AnalyticOrder:5/OtcMarketsOrder:5/Series:5/Quote:5"
    try generate("seed=\(seed),symbols=30,rate=4000,duration=5s,candles=12x40,mix=\(mix)") { _, event, _ in
      let type = try #require(event.type)
      guard let index = Schema.of(type).field("index") else { return }
      var source: UInt64 = 0
      if let field = Schema.of(type).field("source") { source = event.load(field.offset, as: UInt64.self) }
      let key = Key(type: type.rawValue, symbol: event.symbol.rawValue, source: source)
      checkers[key, default: SnapshotChecker()]
        .take(event.flags, event.load(index.offset, as: Int64.self), isTimeSeries: type.isTimeSeries)
      sums.insert(event.flags.rawValue)
    }
    let complaints = checkers.values.flatMap(\.complaints)
    #expect(complaints.isEmpty, "seed \(seed): \(complaints.prefix(3))")
    #expect(checkers.values.allSatisfy { !$0.isInSnapshot && !$0.isPending }, "something was left open")
    #expect(checkers.values.reduce(0) { $0 + $1.snapshots } > 100)
    #expect(checkers.values.reduce(0) { $0 + $1.restarts } > 0)
    #expect(sums.isSuperset(of: [0, 1, 2, 3, 4, 5, 8, 9, 10, 14, 16]), "\(sums.sorted())")
  }

  @Test("candle snapshots run from new to old, interleave, and carry canonical symbols")
  func candles() throws {
    var order: [UInt32] = []
    try generate("seed=1,symbols=30,duration=1s,rate=10,candles=6x50,mix=Quote:1") { _, event, generator in
      guard let c = event.event(as: Candle.self) else { return }
      #expect(c.index == (c.time / 1000) << 32 | (c.time % 1000) << 22)
      order.append(event.symbol.rawValue)
      if event.flags.contains(.removeEvent) {
        #expect(c.open.isNaN)
      } else {
        #expect(c.low <= c.open && c.open <= c.high)
      }
    }
    #expect(order.count >= 300)
    let switches = zip(order, order.dropFirst()).count { $0 != $1 }
    #expect(switches > order.count / 2)
    let generator = try Generator(try GenerateSpec("candles=6x50"))
    #expect(generator.candleSymbols.allSatisfy { $0.contains("{=") && $0.hasSuffix("}") })
  }
}
