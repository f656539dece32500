import DXLink
import Market
import Rings

// What the live feed needs beside the sequence of events.

extension Generator {
  func symbolID(_ i: Int) -> TextID { universe.instruments[i].symbol }

  /// A live feed makes snapshots when somebody asks for them.
  mutating func dropStartingSnapshots() {
    runs.removeAll()
    for i in candles.indices { candles[i].isBusy = false }
    for (i, symbol) in candleSymbols.enumerated() { candlePlaces[symbol] = i }
  }

  /// A first value of a type for a symbol that had none yet. False where the type does not go with the symbol.
  mutating func makeInitial(_ type: EventType, _ i: Int, into batch: inout EventBatch) -> Bool {
    let isOption = universe.instruments[i].kind == .option
    switch type {
    case .quote: makeQuote(i, &batch)
    case .trade: makeTrade(i, &batch)
    case .tradeETH: makeTradeETH(i, &batch)
    case .summary: makeSummary(i, &batch)
    case .profile: makeProfile(i, &batch)
    case .greeks where isOption: makeGreeks(i, &batch)
    case .theoPrice where isOption: makeTheoPrice(i, &batch)
    case .underlying where !isOption: makeUnderlying(i, &batch)
    case .configuration: makeConfiguration(i, &batch)
    default: return false
    }
    return true
  }

  /// Lets the books of a symbol, of one source or of all, begin a snapshot again, and its series at its next event.
  mutating func restartSnapshots(_ type: EventType, _ i: Int, source wanted: String?) {
    if type == .series && !universe.instruments[i].isSeriesBusy { universe.instruments[i].hasSeries = false }
    guard type.hasSource, spec.mix.contains(where: { $0.type == type }), !isOption(i) else { return }
    for source in bookSources(type) where wanted == nil || "\(Book.sources[source].name)" == wanted {
      let key = BookKey(type: type, instrument: i, source: source)
      if books[key]?.isBusy == true {
        books[key]?.wantsRestart = true
      } else {
        beginBook(key)
      }
    }
  }

  /// A whole snapshot of a candle symbol, from the bar under way back to `fromTime` (milliseconds) or `limit` rows;
  /// SNIP says that the limit cut it. Nothing for a period that we do not make.
  mutating func makeCandleSnapshot(
    _ symbol: String, on instrument: Int, fromTime: Int64?, limit: Int, into batch: inout EventBatch
  ) {
    guard let i = candleIndex(symbol, instrument), !candles[i].isBusy else { return }
    let period = candles[i].periodSeconds * 1000
    let start = candles[i].start * 1000
    let wanted = fromTime.map { $0 > start ? 0 : (start - max($0, 0)) / period + 1 } ?? Int64(limit) + 1
    let isCut = wanted > limit
    let rows = Int(min(wanted, Int64(limit)))
    var run = Run(key: .candle(i), rows: rows, ending: isCut ? .snip : .marker)
    while run.position < run.total && batch.recordCount + EventRecord.maximumPerEvent <= batch.capacity {
      addCandleRow(i, run, &batch)
      run.position += 1
    }
    candles[i].isBusy = false
  }

  /// The candle market of a symbol, perhaps a new one.
  private mutating func candleIndex(_ symbol: String, _ instrument: Int) -> Int? {
    if let i = candlePlaces[symbol] { return i }
    guard candles.count < Self.maximumCandleMarkets,
      let period = CandleMarket.periodSeconds(CandleSymbol(symbol)?.period ?? ""),
      let id = texts.intern(symbol)
    else { return nil }
    let last = universe.instruments[instrument].last
    candlePlaces[symbol] = candles.count
    candles.append(
      CandleMarket(symbol: id, instrument: instrument, period: period, last: last, now / 1_000_000_000))
    return candles.count - 1
  }

  /// Candle symbols that clients may bring to life.
  static var maximumCandleMarkets: Int { 20_000 }
}

extension CandleMarket {
  /// Seconds of a canonical period such as `5m`; nil for ticks, months and the like.
  static func periodSeconds(_ period: String) -> Int64? {
    let digits = period.prefix { $0.isASCII && $0.isNumber }
    guard let count = digits.isEmpty ? 1 : Int64(digits), count > 0, count <= 1000 else { return nil }
    switch period.dropFirst(digits.count) {
    case "s": return count
    case "m": return count * 60
    case "h": return count * 3600
    case "d": return count * 86_400
    case "w": return count * 604_800
    default: return nil
    }
  }
}
