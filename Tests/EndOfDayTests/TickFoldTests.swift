import TestSupport
import Testing

@testable import EndOfDay

/// The same by other means: a trade at a time, in dictionaries, with no sorting of ticks.
private struct Model {
  struct Identity: Hashable {
    var timeNanos: Int64
    var key: Int64
    var price: UInt64
    var size: UInt64

    init(_ tick: Tick) {
      timeNanos = tick.timeNanos
      key = tick.key
      price = tick.price.bitPattern
      size = tick.size.bitPattern
    }
  }

  /// The bars of a period, by symbol and begin.
  static func bars(_ ticks: [Tick], _ period: BarPeriod) -> [Bar] {
    let marked = ticks.contains { $0.flags.contains(.valid) }
    var bars: [Bar] = []
    for symbol in Set(ticks.map(\.symbol)).sorted() {
      var trades: [(tick: Tick, place: Int)] = []
      let own = ticks.enumerated().filter { $0.element.symbol == symbol }
      let hasSales = own.contains { $0.element.flags.contains(.sale) }
      var byIndex: [Int64: (tick: Tick, place: Int)?] = [:]
      var seen: Set<Identity> = []
      for (place, tick) in own where tick.flags.contains(.sale) == hasSales {
        if hasSales && tick.key != 0 {
          byIndex[tick.key] = .some(tick.flags.contains(.removed) ? nil : (tick, place))
        } else if !tick.flags.contains(.removed), seen.insert(Identity(tick)).inserted {
          trades.append((tick, place))
        }
      }
      trades += byIndex.values.compactMap { $0 }
      trades.removeAll { trade in
        let tick = trade.tick
        return tick.timeNanos <= 0 || !tick.price.isFinite
          || (marked && tick.flags.contains(.sale) && !tick.flags.contains(.valid))
      }
      var starts: [Int64: [(tick: Tick, place: Int)]] = [:]
      for trade in trades { starts[trade.tick.timeNanos / period.nanos, default: []].append(trade) }
      for (start, inside) in starts.sorted(by: { $0.key < $1.key }) {
        let order = inside.sorted {
          ($0.tick.timeNanos, $0.tick.key, $0.place) < ($1.tick.timeNanos, $1.tick.key, $1.place)
        }.map(\.tick)
        let sizes = order.map { $0.size.isFinite && $0.size > 0 ? $0.size : 0 }
        bars.append(
          Bar(
            symbol: symbol, startMillis: start * (period.nanos / 1_000_000), count: Int64(order.count),
            open: order[0].price, high: order.map(\.price).max() ?? .nan, low: order.map(\.price).min() ?? .nan,
            close: order[order.count - 1].price, volume: sizes.reduce(0, +),
            turnover: zip(order, sizes).reduce(0) { $0 + $1.0.price * $1.1 }))
      }
    }
    return bars
  }
}

@Suite("Ticks into bars", .tags(.unit))
struct TickFoldTests {
  private static let day: Int64 = 1_772_409_600_000_000_000  // 2026-03-02T00:00Z
  private static let second: Int64 = 1_000_000_000

  private static func sale(
    _ index: Int64, at seconds: Double, _ price: Double, _ size: Double, _ flags: Tick.Flags = .valid,
    symbol: UInt32 = 1
  ) -> Tick {
    Tick(
      symbol: symbol, flags: flags.union(.sale), key: index, timeNanos: day + Int64(seconds * 1e9), price: price,
      size: size)
  }

  private static func trade(at seconds: Double, _ price: Double, _ size: Double, sequence: Int64 = 0) -> Tick {
    Tick(
      symbol: 1, flags: [], key: sequence, timeNanos: day + Int64(seconds * 1e9), price: price, size: size)
  }

  private static func fold(_ ticks: [Tick]) -> TickFold {
    var fold = TickFold(salesAreMarked: ticks.contains { $0.flags.contains(.valid) })
    fold.fold(ticks)
    return fold
  }

  @Test("open and close follow the time of the trade, whatever the order of arrival; VWAP weighs by size")
  func order() {
    let fold = Self.fold([
      Self.trade(at: 30, 12, 100), Self.trade(at: 10, 10, 300), Self.trade(at: 59.9, 11, 100),
      Self.trade(at: 60, 20, 50), Self.trade(at: 20, 9, 500),
    ])
    let first = Bar(
      symbol: 1, startMillis: Self.day / 1_000_000, count: 4, open: 10, high: 12, low: 9, close: 11, volume: 1000,
      turnover: 9800)
    #expect(fold.minutes.count == 2 && fold.minutes[0] == first && fold.minutes[0].vwap == 9.8)
    #expect(fold.minutes[1].startMillis == first.startMillis + 60_000 && fold.minutes[1].open == 20)
    #expect(fold.days.map(\.count) == [5] && fold.days[0].close == 20 && fold.days[0].low == 9)
    #expect(fold.counts.used == 5 && fold.counts.isBalanced)
  }

  @Test("a size that is NaN, zero, negative or infinite adds to the count and prices only; VWAP of no volume is NaN")
  func sizes() {
    let odd = [Double.nan, 0, -5, .infinity].enumerated().map { Self.trade(at: Double($0), Double($0 + 1), $1) }
    let fold = Self.fold(odd)
    #expect(fold.minutes.count == 1 && fold.minutes[0].count == 4 && fold.minutes[0].volume == 0)
    #expect(fold.minutes[0].vwap.isNaN && fold.minutes[0].high == 4 && fold.minutes[0].low == 1)
  }

  @Test("a correction stands in the place of the sale, a cancel takes it away, also long after and at another time")
  func corrections() {
    let fold = Self.fold([
      Self.sale(1, at: 1, 100, 10), Self.sale(2, at: 2, 500, 10), Self.sale(3, at: 3, 101, 10),
      Self.sale(2, at: 62, 102, 20, [.valid, .correction]), Self.sale(3, at: 3, 101, 10, [.valid, .removed]),
      Self.sale(1, at: 1, 100, 10),
    ])
    #expect(fold.minutes.map(\.count) == [1, 1])
    #expect(fold.minutes[0].high == 100 && fold.minutes[1].open == 102 && fold.minutes[1].volume == 20)
    #expect(fold.counts.replaced == 3 && fold.counts.cancelled == 1 && fold.counts.used == 2)
    #expect(fold.counts.isBalanced)
  }

  @Test("sales set Trades of their symbol aside; what is no valid tick is left out where any sale is one")
  func sources() {
    let ticks = [Self.trade(at: 1, 1, 1), Self.sale(1, at: 2, 2, 2, []), Self.sale(2, at: 3, 3, 3)]
    let fold = Self.fold(ticks)
    #expect(fold.minutes.map(\.open) == [3] && fold.counts.setAside == 1 && fold.counts.notValid == 1)
    let unmarked = Self.fold([Self.sale(1, at: 2, 2, 2, []), Self.sale(2, at: 3, 3, 3, [])])
    #expect(unmarked.minutes.map(\.count) == [2] && unmarked.counts.notValid == 0)
  }

  @Test("the same Trade again counts once, a trade of the same time that differs counts")
  func repeats() {
    let again = Self.trade(at: 1, 10, 5, sequence: 7)
    let fold = Self.fold([again, Self.trade(at: 1, 10, 6, sequence: 7), again, Self.trade(at: 1, 10, 5, sequence: 8)])
    #expect(fold.minutes.map(\.count) == [3] && fold.counts.repeated == 1 && fold.minutes[0].volume == 16)
  }

  @Test("what has no time or no finite price is counted and left out")
  func missing() {
    var timeless = Self.trade(at: 1, 1, 1)
    timeless.timeNanos = 0
    let fold = Self.fold([timeless, Self.trade(at: 1, .nan, 1), Self.trade(at: 1, .infinity, 1)])
    #expect(fold.minutes.isEmpty && fold.days.isEmpty)
    #expect(fold.counts.withoutTime == 1 && fold.counts.withoutPrice == 2 && fold.counts.isBalanced)
  }

  @Test("random ticks give the bars of a model that never sorts them", .tags(.property), arguments: UInt64(1)...40)
  func model(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let count = Int.random(in: 1...600, using: &random)
    let spread = [100, 10_000, 200_000][Int(seed % 3)]
    let ticks = (0..<count).map { _ -> Tick in
      let isSale = Int.random(in: 0...3, using: &random) > 0
      var flags: Tick.Flags = isSale ? .sale : []
      if isSale && Int.random(in: 0...3, using: &random) > 0 { flags.insert(.valid) }
      if isSale && Int.random(in: 0...9, using: &random) == 0 { flags.insert(.removed) }
      let sizes = [Double.nan, 0, -1, 1, 7, 100]
      let prices = [Double.nan, .infinity, -3, 0, 1.5, 2.25, 99]
      let seconds = Int.random(in: 0...spread, using: &random)
      return Tick(
        symbol: UInt32.random(in: 1...4, using: &random), flags: flags, key: Int64.random(in: 0...60, using: &random),
        timeNanos: Int.random(in: 0...30, using: &random) == 0 ? 0 : Self.day + Int64(seconds) * Self.second,
        price: prices.randomElement(using: &random) ?? 1, size: sizes.randomElement(using: &random) ?? 1)
    }
    let fold = Self.fold(ticks)
    #expect(fold.minutes == Model.bars(ticks, .minute), "seed \(seed)")
    #expect(fold.days == Model.bars(ticks, .day), "seed \(seed)")
    #expect(fold.counts.isBalanced && fold.counts.seen == count)
    #expect(fold.minutes.reduce(0) { $0 + Int($1.count) } == fold.counts.used)
  }
}
