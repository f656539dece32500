package import Market
import Rings

/// Makes events from a seed: one at a time, each with its simulated arrival.
///
///     every step:  a snapshot or transaction under way goes on (2 µs a row), or
///                  the next arrival is due: type by the mix, symbol by popularity, market moves, event
///
/// Invariant: one step gives exactly one event, and times never fall. Rows of a snapshot come in the order that the
/// flags promise, nothing else happens to its symbol meanwhile, and everything begun is ended before the generator
/// ends.
package struct Generator: ~Copyable {
  package let spec: GenerateSpec
  /// Symbols and texts of all events.
  package internal(set) var texts: TextTable
  /// Simulated time of the last event, nanoseconds since 1970 UTC.
  package private(set) var now: Int64

  /// 2026-03-02 14:30 UTC, a Monday's opening in New York.
  package static let startSeconds: Int64 = 1_772_461_800
  package static let startDay: Int32 = 20_514
  static let nanosPerRow: Int64 = 2_000
  /// Without an end the pattern of bursts repeats after this time.
  static let endlessDayNanos: Int64 = 60_000_000_000

  var random: SimulatorRandom
  var universe: Universe
  var runs: [Run] = []
  var candles: [CandleMarket] = []
  /// Positions in `candles`; used by live feeds only.
  var candlePlaces: [String: Int] = [:]
  var books: [BookKey: Book] = [:]
  var pool: TextPool
  private let allZipf: Zipf
  private let baseZipf: Zipf
  private let optionZipf: Zipf
  private let mixTypes: [EventType]
  private let mixSums: [Int]
  private let doubleOffsets: [[Int]]
  private let startNanos: Int64
  private let endNanos: Int64
  private var nextArrival: Int64

  package init(_ spec: GenerateSpec) throws(SimulatorError) {
    var random = SimulatorRandom(seed: spec.seed)
    var texts = TextTable()
    let universe = try Universe(spec, &random, &texts)
    let pool = try TextPool(&texts)
    var candles: [CandleMarket] = []
    for i in 0..<spec.candleSymbols {
      candles.append(try CandleMarket(i, universe, Self.startSeconds, &texts))
    }
    self.spec = spec
    self.texts = texts
    self.random = random
    self.universe = universe
    self.pool = pool
    self.candles = candles
    allZipf = Zipf(count: universe.instruments.count, hundredths: spec.zipfHundredths)
    baseZipf = Zipf(count: universe.bases.count, hundredths: spec.zipfHundredths)
    optionZipf = Zipf(count: universe.options.count, hundredths: spec.zipfHundredths)
    mixTypes = spec.mix.map(\.type)
    var sum = 0
    mixSums = spec.mix.map { share in
      sum += share.weight
      return sum
    }
    doubleOffsets = Schema.all.map { $0.fields.filter { $0.kind == .double }.map(\.offset) }
    startNanos = Self.startSeconds * 1_000_000_000
    endNanos = spec.durationMillis.map { Self.startSeconds * 1_000_000_000 + Int64($0) * 1_000_000 } ?? .max
    now = startNanos
    nextArrival = startNanos
    if spec.candleRows > 0 {
      for i in candles.indices { begin(.candle(i), rows: spec.candleRows) }
    }
    nextArrival += gap()
  }

  /// Symbols by popularity, the most popular first.
  package var symbols: [String] { universe.instruments.map { text($0.symbol) } }
  package var candleSymbols: [String] { candles.map { text($0.symbol) } }

  private func text(_ id: TextID) -> String {
    unsafe texts.store.withText(id.rawValue) { unsafe String(decoding: $0, as: UTF8.self) }
  }

  /// Appends the next event and gives its simulated time in nanoseconds since 1970; nil at the end, or when the batch
  /// has no room for the longest event.
  package mutating func next(into batch: inout EventBatch) -> Int64? {
    guard batch.recordCount + EventRecord.maximumPerEvent <= batch.capacity else { return nil }
    let isDue = nextArrival < endNanos
    if !runs.isEmpty, !isDue || nextArrival > now + Self.nanosPerRow {
      now += Self.nanosPerRow
      advanceRun(into: &batch)
      return now
    }
    guard isDue else { return nil }
    now = max(now, nextArrival)
    nextArrival += gap()
    let at = random.below(mixSums[mixSums.count - 1])
    let type = mixTypes[mixSums.firstIndex { $0 > at } ?? 0]
    make(type, into: &batch)
    return now
  }

  /// Time to the next arrival: three in four come close together, so that events clump as they do in a real feed.
  private mutating func gap() -> Int64 {
    var mean = 1_000_000_000 / spec.rate
    if spec.burst > 1 {
      let day = spec.durationMillis.map { Int64($0) * 1_000_000 } ?? Self.endlessDayNanos
      let tenth = (nextArrival - startNanos) % max(day, 1) * 10 / max(day, 1)
      if tenth == 0 { mean = max(1, mean / spec.burst) }
      if tenth == 5 { mean *= 4 }
    }
    // 3/4 * 1/8 + 1/4 * 29/8 = 1: the mean stays.
    return Int64(random.oneIn(4) ? random.below(mean * 29 / 4 + 1) : random.below(mean / 4 + 1))
  }

  private mutating func make(_ type: EventType, into batch: inout EventBatch) {
    switch type {
    case .quote: makeQuote(anyInstrument(), &batch)
    case .trade: makeTrade(anyInstrument(), &batch)
    case .tradeETH: makeTradeETH(anyInstrument(), &batch)
    case .summary: makeSummary(anyInstrument(), &batch)
    case .profile: makeProfile(anyInstrument(), &batch)
    case .timeAndSale: makeTimeAndSale(anyInstrument(), &batch)
    case .greeks: makeGreeks(option(), &batch)
    case .theoPrice: makeTheoPrice(option(), &batch)
    case .optionSale: makeOptionSale(option(), &batch)
    case .underlying: makeUnderlying(base(), &batch)
    case .series: makeSeries(base(), &batch)
    case .candle: makeCandle(random.below(candles.count), &batch)
    case .configuration: makeConfiguration(base(), &batch)
    case .message: makeMessage(base(), &batch)
    case .order, .spreadOrder, .analyticOrder, .otcMarketsOrder: makeOrder(type, base(), &batch)
    }
  }

  private mutating func anyInstrument() -> Int { allZipf.draw(&random) }
  private mutating func base() -> Int { universe.bases[baseZipf.draw(&random)] }
  private mutating func option() -> Int { universe.options[optionZipf.draw(&random)] }

  // MARK: What every event gets

  var millis: Int64 { now / 1_000_000 }
  var nanoPart: Int32 { Int32(now % 1_000_000) }

  /// Claims an event, gives it symbol and arrival, has it filled, then makes some of its doubles unavailable.
  ///
  /// Fields are stored one by one into the template's bytes, so that padding stays zero and digests stay equal.
  mutating func add<Event: MarketEvent>(
    _ type: Event.Type, _ symbol: TextID, _ batch: inout EventBatch, _ fill: (inout Event) -> Void
  ) {
    guard let bytes = unsafe batch.append(Event.eventType) else { preconditionFailure("next() made sure of room") }
    let event = unsafe bytes.assumingMemoryBound(to: Event.self)
    unsafe event.pointee.head.symbol = symbol
    unsafe event.pointee.receivedNanos = now
    unsafe fill(&event.pointee)
    if spec.nanPerMillion > 0 { unsafe spoil(bytes, Event.eventType) }
  }

  private mutating func spoil(_ bytes: UnsafeMutableRawPointer, _ type: EventType) {
    for offset in doubleOffsets[type.index] where random.share(perMillion: spec.nanPerMillion) {
      let value = random.oneIn(100) ? (random.oneIn(2) ? Double.infinity : -Double.infinity) : Double.nan
      unsafe bytes.storeBytes(of: value, toByteOffset: offset, as: Double.self)
    }
  }
}
