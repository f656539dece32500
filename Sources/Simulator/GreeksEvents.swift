import Market

/// Events of options and of the stocks under them. The numbers are plausible and have all their digits; no model of
/// prices stands behind them.
extension Generator {
  private struct Sensitivity {
    var volatility: Double
    var delta: Double
    var gamma: Double
    var theta: Double
    var vega: Double
    var rho: Double
  }

  private mutating func sensitivity(_ i: Int) -> Sensitivity {
    let it = universe.instruments[i]
    let spot = Double(universe.instruments[it.underlying].last)
    let years = Double(it.days) / 365
    let volatility = 0.15 + random.unit() * 0.4
    let moneyness = FixedMath.ln(spot / Double(it.strikeTicks)) / (volatility * years.squareRoot())
    let callDelta = FixedMath.logistic(moneyness * 1.7)
    let bell = callDelta * (1 - callDelta)
    return Sensitivity(
      volatility: volatility, delta: it.isCall ? callDelta : callDelta - 1,
      gamma: bell * 1.7 / (spot / 100 * volatility * years.squareRoot()),
      theta: -(bell * volatility * spot / 100) / (730 * years.squareRoot()),
      vega: bell * spot / 10_000 * years.squareRoot(), rho: (it.isCall ? 1 : -1) * bell * years * 1e-3 * random.unit())
  }

  mutating func makeGreeks(_ i: Int, _ batch: inout EventBatch) {
    moveQuote(i)
    let s = sensitivity(i)
    universe.instruments[i].greeksClock.advance(to: millis)
    let it = universe.instruments[i]
    // Far from the money everything is tiny: 4.8E-12 and the like.
    let isFar = random.oneIn(40)
    let price = it.price(it.bid) + random.unit() / 100
    add(Greeks.self, it.symbol, &batch) { g in
      g.index = it.greeksClock.index
      g.time = it.greeksClock.millis
      g.sequence = it.greeksClock.sequence
      g.price = price
      g.volatility = s.volatility
      g.delta = s.delta
      g.gamma = isFar ? s.gamma * 1e-10 : s.gamma
      g.theta = isFar ? s.theta * 1e-7 : s.theta
      g.rho = s.rho
      g.vega = s.vega
    }
  }

  mutating func makeTheoPrice(_ i: Int, _ batch: inout EventBatch) {
    let s = sensitivity(i)
    universe.instruments[i].greeksClock.advance(to: millis)
    let it = universe.instruments[i]
    let under = universe.instruments[it.underlying]
    let price = it.price(it.bid) + random.unit() / 100
    add(TheoPrice.self, it.symbol, &batch) { t in
      t.index = it.greeksClock.index
      t.time = it.greeksClock.millis
      t.sequence = it.greeksClock.sequence
      t.price = price
      t.underlyingPrice = under.price(under.last)
      t.delta = s.delta
      t.gamma = s.gamma
      t.dividend = 0.0125
      t.interest = 0.0425
    }
  }

  mutating func makeUnderlying(_ i: Int, _ batch: inout EventBatch) {
    universe.instruments[i].greeksClock.advance(to: millis)
    let it = universe.instruments[i]
    let volatility = 0.1 + random.unit() * 0.5
    let front = volatility * (0.9 + random.unit() / 5)
    let calls = random.within(100...3_000_000)
    let puts = random.within(100...3_000_000)
    add(Underlying.self, it.symbol, &batch) { u in
      u.index = it.greeksClock.index
      u.time = it.greeksClock.millis
      u.sequence = it.greeksClock.sequence
      u.volatility = volatility
      u.frontVolatility = front
      u.backVolatility = volatility * 2 - front
      u.callVolume = Double(calls)
      u.putVolume = Double(puts)
      u.putCallRatio = Double(puts) / Double(calls)
    }
  }

  mutating func makeOptionSale(_ i: Int, _ batch: inout EventBatch) {
    let s = sensitivity(i)
    let option = universe.instruments[i]
    let under = option.underlying
    universe.instruments[under].optionSaleClock.advance(to: millis)
    let it = universe.instruments[under]
    let exchange = random.exchange()
    let conditions = random.pick(pool.conditions)
    let size = random.within(1...60)
    let isBuy = random.oneIn(2)
    let nanoPart = self.nanoPart
    add(OptionSale.self, it.symbol, &batch) { o in
      o.index = it.optionSaleClock.index
      o.time = it.optionSaleClock.millis
      o.sequence = it.optionSaleClock.sequence
      o.timeNanoPart = nanoPart
      o.exchangeCode = exchange
      o.price = option.price(isBuy ? option.ask : option.bid)
      o.size = Double(size)
      o.bidPrice = option.price(option.bid)
      o.askPrice = option.price(option.ask)
      o.exchangeSaleConditions = conditions
      o.aggressorSide = Side(rawValue: isBuy ? 1 : 2)
      o.validTick = true
      o.underlyingPrice = it.price(it.last)
      o.volatility = s.volatility
      o.delta = s.delta
      o.optionSymbol = Text(id: option.symbol)
    }
  }

  // MARK: Series: a snapshot of all expirations first, then updates

  mutating func makeSeries(_ i: Int, _ batch: inout EventBatch) {
    let it = universe.instruments[i]
    if it.isSeriesBusy { return advanceRun(into: &batch) }
    if !it.hasSeries {
      universe.instruments[i].hasSeries = true
      universe.instruments[i].isSeriesBusy = true
      begin(.series(i), rows: Universe.expirations.count)
      return advanceRun(into: &batch, newest: true)
    }
    addSeries(i, random.below(Universe.expirations.count), EventFlags(rawValue: 0), &batch)
  }

  /// One expiration. `row` counts from the latest one.
  mutating func addSeries(_ i: Int, _ row: Int, _ flags: EventFlags, _ batch: inout EventBatch) {
    let it = universe.instruments[i]
    let count = Universe.expirations.count
    let days = row < count ? Universe.expirations[count - 1 - row].days : 0
    let expiration = Self.startDay + Int32(days)
    let volatility = 0.1 + random.unit() * 0.5
    let calls = random.within(0...900_000)
    let puts = random.within(1...900_000)
    let millis = self.millis
    add(Series.self, it.symbol, &batch) { s in
      s.head.eventFlags = flags
      s.index = Int64(expiration)
      if flags.contains(.removeEvent) { return }
      s.time = millis
      s.expiration = expiration
      s.volatility = volatility
      s.callVolume = Double(calls)
      s.putVolume = Double(puts)
      s.putCallRatio = calls == 0 ? .nan : Double(puts) / Double(calls)
      s.forwardPrice = it.price(it.last) * (1 + Double(days) * 1e-4)
      s.dividend = 0.0125
      s.interest = 0.0425
    }
  }
}
