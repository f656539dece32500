import Market
import Rings

/// One candle symbol: its bar under way, and where its snapshot stands.
struct CandleMarket {
  let symbol: TextID
  let instrument: Int
  let periodSeconds: Int64
  var start: Int64
  var open: Int
  var high: Int
  var low: Int
  var close: Int
  var volume = 0
  var trades = 0
  var turnover = 0
  var isBusy = false
  /// Close of the row before, while a snapshot walks back in time.
  var walk: Int

  /// Canonical attributes and the length of the bar.
  static let periods: [(text: String, seconds: Int64)] = [
    ("{=m}", 60), ("{=5m}", 300), ("{=h}", 3600), ("{=d}", 86_400), ("{=5m,tho=true}", 300), ("{=s}", 1),
    ("{=30m,a=s}", 1800), ("{=h,price=mark}", 3600),
  ]

  /// The i-th candle symbol: the most popular bases first, each with every period once all had one.
  init(
    _ i: Int, _ universe: Universe, _ seconds: Int64, _ texts: inout TextTable
  ) throws(SimulatorError) {
    let bases = universe.bases.count
    let instrument = universe.bases[i % bases]
    let period = Self.periods[(i % bases + i / bases) % Self.periods.count]
    // Beyond all periods of all bases the bars get odd lengths, so that symbols stay different.
    let round = i / bases / Self.periods.count
    let attributes = round == 0 ? period.text : "{=\(60 + i)m}"
    let it = universe.instruments[instrument]
    let base = unsafe texts.store.withText(it.symbol.rawValue) { unsafe String(decoding: $0, as: UTF8.self) }
    guard let id = texts.intern(base + attributes) else { throw .system("the table of symbols is full") }
    let length = round == 0 ? period.seconds : Int64(60 + i) * 60
    self.init(symbol: id, instrument: instrument, period: length, last: it.last, seconds)
  }

  init(symbol: TextID, instrument: Int, period: Int64, last: Int, _ seconds: Int64) {
    self.symbol = symbol
    self.instrument = instrument
    periodSeconds = period
    start = seconds / period * period
    (open, high, low, close, walk) = (last, last, last, last, last)
  }
}

extension Generator {
  /// A trade inside the bar under way, or the first of a new bar.
  mutating func makeCandle(_ i: Int, _ batch: inout EventBatch) {
    if candles[i].isBusy { return advanceRun(into: &batch) }
    moveQuote(candles[i].instrument)
    let price = universe.instruments[candles[i].instrument].bid
    let size = random.within(1...2_000)
    var bar = candles[i]
    let start = millis / 1000 / bar.periodSeconds * bar.periodSeconds
    if start > bar.start {
      bar.start = start
      (bar.open, bar.high, bar.low) = (price, price, price)
      (bar.volume, bar.trades, bar.turnover) = (0, 0, 0)
    }
    bar.high = max(bar.high, price)
    bar.low = min(bar.low, price)
    bar.close = price
    bar.volume += size
    bar.trades += 1
    bar.turnover += size * price
    candles[i] = bar
    let it = universe.instruments[bar.instrument]
    let share = random.unit()
    add(Candle.self, bar.symbol, &batch) { c in
      c.index = SeriesClock.index(millis: bar.start * 1000, sequence: 0)
      c.time = bar.start * 1000
      c.count = Int64(bar.trades)
      c.open = it.price(bar.open)
      c.high = it.price(bar.high)
      c.low = it.price(bar.low)
      c.close = it.price(bar.close)
      c.volume = Double(bar.volume)
      c.vwap = Double(bar.turnover) / (Double(bar.volume) * it.ticksPerUnit)
      c.bidVolume = (Double(bar.volume) * share).rounded(.down)
      c.askVolume = Double(bar.volume) - c.bidVolume
    }
  }

  /// One row of a snapshot, from the bar under way back in time.
  mutating func addCandleRow(_ i: Int, _ run: Run, _ batch: inout EventBatch) {
    candles[i].isBusy = true
    let bar = candles[i]
    if run.position == 0 { candles[i].walk = bar.close }
    // Behind an END that was pending the newest bar comes again and ends the transaction.
    let isTail = run.ending == .endPending && run.position == run.rows
    let back = isTail ? 0 : run.position
    let time = (bar.start - Int64(back) * bar.periodSeconds) * 1000
    let it = universe.instruments[bar.instrument]
    let close = candles[i].walk
    let open = max(1, close + random.within(-30...30))
    let high = max(open, close) + random.below(20)
    let low = max(1, min(open, close) - random.below(20))
    let volume = random.within(1_000...60_000_000)
    let count = random.within(10...90_000)
    let vwap = random.unit()
    let implied = random.unit()
    candles[i].walk = open
    add(Candle.self, bar.symbol, &batch) { c in
      c.head.eventFlags = run.flags
      c.index = SeriesClock.index(millis: time, sequence: 0)
      c.time = time
      if run.flags.contains(.removeEvent) { return }
      c.count = Int64(count)
      c.open = it.price(open)
      c.high = it.price(high)
      c.low = it.price(low)
      c.close = it.price(close)
      c.volume = Double(volume)
      c.vwap = it.price(low) + vwap * (it.price(high) - it.price(low))
      c.bidVolume = Double(volume / 2)
      c.askVolume = Double(volume - volume / 2)
      c.impVolatility = implied
    }
  }
}
