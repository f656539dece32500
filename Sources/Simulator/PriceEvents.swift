import Market

/// Events that follow from a symbol's quotes and trades.
extension Generator {
  mutating func makeQuote(_ i: Int, _ batch: inout EventBatch) {
    moveQuote(i)
    let it = universe.instruments[i]
    let bidLots = random.within(1...40)
    let askLots = random.within(1...40)
    let lot = it.kind == .stock ? 100 : 1
    let seconds = millis / 1000 * 1000
    let bidExchange = random.exchange()
    let askExchange = random.exchange()
    add(Quote.self, it.symbol, &batch) { q in
      q.bidPrice = it.price(it.bid)
      q.askPrice = it.price(it.ask)
      q.bidSize = Double(bidLots * lot) / it.partsPerSize
      q.askSize = Double(askLots * lot) / it.partsPerSize
      q.bidTime = seconds
      q.askTime = seconds
      q.bidExchangeCode = bidExchange
      q.askExchangeCode = askExchange
    }
  }

  /// One step of the walk: mostly sizes change, now and then the price by a tick or two. Bid stays below ask and above
  /// 0.
  mutating func moveQuote(_ i: Int) {
    let step = random.oneIn(3) ? random.within(-2...2) : 0
    let spread = 1 + (random.oneIn(4) ? random.below(3) : 0)
    let bid = max(1, universe.instruments[i].bid + step)
    universe.instruments[i].bid = bid
    universe.instruments[i].ask = bid + spread
  }

  /// A trade at or inside the quote: moves the day's figures.
  private mutating func print(_ i: Int) -> (size: Int, direction: UInt8) {
    if random.oneIn(4) { moveQuote(i) }
    let size = random.oneIn(20) ? random.within(1_000...90_000) : random.within(1...400)
    let it = universe.instruments[i]
    let price = random.oneIn(2) ? it.bid : it.ask
    let direction: UInt8 =
      price > it.last ? 5 : price < it.last ? 1 : it.lastDirection >= 3 ? (it.lastDirection == 3 ? 3 : 4) : 2
    universe.instruments[i].last = price
    universe.instruments[i].lastDirection = direction
    universe.instruments[i].high = max(it.high, price)
    universe.instruments[i].low = min(it.low, price)
    universe.instruments[i].volume += size
    universe.instruments[i].turnover += size * price
    universe.instruments[i].tradeId += 1
    return (size, direction)
  }

  mutating func makeTrade(_ i: Int, _ batch: inout EventBatch) {
    let (size, direction) = self.print(i)
    let it = universe.instruments[i]
    let exchange = random.exchange()
    let (millis, nanoPart) = (self.millis, self.nanoPart)
    add(Trade.self, it.symbol, &batch) { t in
      t.time = millis
      t.timeNanoPart = nanoPart
      t.tradeId = Int64(it.tradeId)
      t.exchangeCode = exchange
      t.price = it.price(it.last)
      t.change = it.price(it.last - it.previousClose)
      t.size = Double(size) / it.partsPerSize
      t.dayId = Self.startDay
      t.dayVolume = Double(it.volume) / it.partsPerSize
      t.dayTurnover = Double(it.turnover) / (it.partsPerSize * it.ticksPerUnit)
      t.tickDirection = TickDirection(rawValue: direction)
    }
  }

  mutating func makeTradeETH(_ i: Int, _ batch: inout EventBatch) {
    let (size, direction) = self.print(i)
    let it = universe.instruments[i]
    let exchange = random.exchange()
    let (millis, nanoPart) = (self.millis, self.nanoPart)
    add(TradeETH.self, it.symbol, &batch) { t in
      t.time = millis
      t.timeNanoPart = nanoPart
      t.sequence = Int32(it.tradeId & 0x3F_FFFF)
      t.tradeId = Int64(it.tradeId)
      t.exchangeCode = exchange
      t.price = it.price(it.last)
      t.change = it.price(it.last - it.open)
      t.size = Double(size) / it.partsPerSize
      t.dayId = Self.startDay
      t.dayVolume = Double(it.volume / 7) / it.partsPerSize
      t.dayTurnover = Double(it.turnover / 7) / (it.partsPerSize * it.ticksPerUnit)
      t.tickDirection = TickDirection(rawValue: direction)
      t.extendedTradingHours = true
    }
  }

  mutating func makeTimeAndSale(_ i: Int, _ batch: inout EventBatch) {
    let isNew = universe.instruments[i].saleClock.millis == 0 || !random.oneIn(300)
    let (size, direction) = self.print(i)
    let now = millis
    if isNew { universe.instruments[i].saleClock.advance(to: now) }
    let it = universe.instruments[i]
    let exchange = random.exchange()
    let conditions = random.pick(pool.conditions)
    let buyer = random.oneIn(50) ? random.pick(pool.firms) : .null
    let seller = random.oneIn(50) ? random.pick(pool.firms) : .null
    let exempt = random.oneIn(9)
    let spreadLeg = random.oneIn(80)
    let isValid = !random.oneIn(30)
    let type: UInt8 = isNew ? 0 : random.oneIn(2) ? 1 : 2
    let nanoPart = self.nanoPart
    add(TimeAndSale.self, it.symbol, &batch) { t in
      t.index = it.saleClock.index
      t.time = it.saleClock.millis
      t.sequence = it.saleClock.sequence
      t.timeNanoPart = nanoPart
      t.tradeId = Int64(it.tradeId)
      t.exchangeCode = exchange
      t.price = it.price(it.last)
      t.size = Double(size) / it.partsPerSize
      t.bidPrice = it.price(it.bid)
      t.askPrice = it.price(it.ask)
      t.exchangeSaleConditions = conditions
      t.tradeThroughExempt = CharCode(rawValue: exempt ? 0x58 : 0x20)
      t.aggressorSide = Side(rawValue: direction == 5 ? 1 : direction == 1 ? 2 : 0)
      t.spreadLeg = spreadLeg
      t.validTick = isValid
      t.type = SaleType(rawValue: type)
      t.buyer = buyer
      t.seller = seller
    }
  }

  mutating func makeSummary(_ i: Int, _ batch: inout EventBatch) {
    let it = universe.instruments[i]
    let interest = it.kind == .stock ? 0 : random.below(2_000_000)
    let previousVolume = random.within(1_000...90_000_000)
    add(Summary.self, it.symbol, &batch) { s in
      s.dayId = Self.startDay
      s.dayOpenPrice = it.price(it.open)
      s.dayHighPrice = it.price(it.high)
      s.dayLowPrice = it.price(it.low)
      s.prevDayId = Self.startDay - 3
      s.prevDayClosePrice = it.price(it.previousClose)
      s.prevDayClosePriceType = PriceType(rawValue: it.kind == .stock ? 3 : 0)
      s.prevDayVolume = Double(previousVolume) / it.partsPerSize
      s.openInterest = Int64(interest)
    }
  }

  mutating func makeProfile(_ i: Int, _ batch: inout EventBatch) {
    let it = universe.instruments[i]
    let description = random.pick(pool.descriptions)
    let reason = random.pick(pool.reasons)
    let isHalted = random.oneIn(12)
    let isShort = random.oneIn(15)
    let beta = random.unit() * 2
    let shares = random.within(1_000_000...9_000_000_000)
    let start = isHalted ? millis / 60_000 * 60_000 : 0
    add(Profile.self, it.symbol, &batch) { p in
      p.description = description
      p.statusReason = reason
      p.tradingStatus = TradingStatus(rawValue: isHalted ? 1 : 2)
      p.shortSaleRestriction = ShortSaleRestriction(rawValue: isShort ? 1 : 2)
      p.haltStartTime = start
      p.haltEndTime = isHalted ? start + 300_000 : 0
      p.highLimitPrice = it.price(it.last + it.last / 20)
      p.lowLimitPrice = it.price(it.last - it.last / 20)
      p.high52WeekPrice = it.price(it.high * 2)
      p.low52WeekPrice = it.price(it.low / 2)
      p.beta = beta
      p.earningsPerShare = beta * 3 - 1
      p.dividendFrequency = 4
      p.exDividendAmount = Double(it.tradeId % 200) / 100
      p.exDividendDayId = Self.startDay - 40
      p.shares = Double(shares)
      p.freeFloat = Double(shares / 4 * 3)
    }
  }

  mutating func makeConfiguration(_ i: Int, _ batch: inout EventBatch) {
    let symbol = universe.instruments[i].symbol
    let attachment = random.pick(pool.attachments)
    let version = Int32(random.below(1_000))
    add(Configuration.self, symbol, &batch) { c in
      c.version = version
      c.attachment = attachment
    }
  }

  mutating func makeMessage(_ i: Int, _ batch: inout EventBatch) {
    let symbol = universe.instruments[i].symbol
    let attachment = random.pick(pool.attachments)
    add(Message.self, symbol, &batch) { $0.attachment = attachment }
  }
}

extension Instrument {
  /// Ticks as a price: one exact division, so the shortest text has no more digits than the tick.
  func price(_ ticks: Int) -> Double { Double(ticks) / ticksPerUnit }
}
