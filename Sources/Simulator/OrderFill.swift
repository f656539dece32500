import Market

/// The four order types, each filled from the same facts. The structs share no protocol for these fields, so the
/// assignments are spelled out.
extension Generator {
  mutating func addPlain(_ symbol: TextID, _ f: OrderFacts, _ batch: inout EventBatch) {
    let (millis, nanoPart) = (self.millis, self.nanoPart)
    add(Order.self, symbol, &batch) { o in
      o.head.eventFlags = f.flags
      o.action = OrderAction(rawValue: f.action)
      o.side = Side(rawValue: f.size.isNaN ? 0 : f.isBuy ? 1 : 2)
      o.index = f.index
      o.time = millis
      o.timeNanoPart = nanoPart
      o.sequence = Int32(f.id & 0x3F_FFFF)
      o.source = f.source
      o.actionTime = millis
      o.orderId = f.id
      o.count = f.count
      o.tradeId = f.tradeId
      o.price = f.price
      o.size = f.size
      o.executedSize = f.executed
      o.tradePrice = f.tradePrice
      o.tradeSize = f.tradeSize
      o.exchangeCode = f.exchange
      o.scope = OrderScope(rawValue: f.scope)
      o.auxOrderId = Int64(f.draw)
      o.marketMaker = f.firm
    }
  }

  mutating func addSpread(_ symbol: TextID, _ f: OrderFacts, _ batch: inout EventBatch) {
    let (millis, nanoPart) = (self.millis, self.nanoPart)
    add(SpreadOrder.self, symbol, &batch) { o in
      o.head.eventFlags = f.flags
      o.action = OrderAction(rawValue: f.action)
      o.side = Side(rawValue: f.size.isNaN ? 0 : f.isBuy ? 1 : 2)
      o.index = f.index
      o.time = millis
      o.timeNanoPart = nanoPart
      o.sequence = Int32(f.id & 0x3F_FFFF)
      o.source = f.source
      o.actionTime = millis
      o.orderId = f.id
      o.count = f.count
      o.tradeId = f.tradeId
      o.price = f.price
      o.size = f.size
      o.executedSize = f.executed
      o.tradePrice = f.tradePrice
      o.tradeSize = f.tradeSize
      o.exchangeCode = f.exchange
      o.scope = OrderScope(rawValue: f.scope)
      o.spreadSymbol = f.spread
    }
  }

  mutating func addAnalytic(_ symbol: TextID, _ f: OrderFacts, _ batch: inout EventBatch) {
    let (millis, nanoPart) = (self.millis, self.nanoPart)
    add(AnalyticOrder.self, symbol, &batch) { o in
      o.head.eventFlags = f.flags
      o.action = OrderAction(rawValue: f.action)
      o.side = Side(rawValue: f.size.isNaN ? 0 : f.isBuy ? 1 : 2)
      o.index = f.index
      o.time = millis
      o.timeNanoPart = nanoPart
      o.sequence = Int32(f.id & 0x3F_FFFF)
      o.source = f.source
      o.actionTime = millis
      o.orderId = f.id
      o.count = f.count
      o.tradeId = f.tradeId
      o.price = f.price
      o.size = f.size
      o.executedSize = f.executed
      o.tradePrice = f.tradePrice
      o.tradeSize = f.tradeSize
      o.exchangeCode = f.exchange
      o.scope = OrderScope(rawValue: f.scope)
      o.marketMaker = f.firm
      o.icebergType = IcebergType(rawValue: UInt8(f.draw % 3))
      o.icebergPeakSize = f.draw % 3 == 0 ? .nan : Double(f.draw)
      o.icebergHiddenSize = f.draw % 3 == 0 ? .nan : Double(f.draw * 7)
      o.icebergExecutedSize = f.draw % 3 == 0 ? .nan : Double(f.draw / 2)
    }
  }

  mutating func addOtc(_ symbol: TextID, _ f: OrderFacts, _ batch: inout EventBatch) {
    let (millis, nanoPart) = (self.millis, self.nanoPart)
    add(OtcMarketsOrder.self, symbol, &batch) { o in
      o.head.eventFlags = f.flags
      o.action = OrderAction(rawValue: f.action)
      o.side = Side(rawValue: f.size.isNaN ? 0 : f.isBuy ? 1 : 2)
      o.index = f.index
      o.time = millis
      o.timeNanoPart = nanoPart
      o.sequence = Int32(f.id & 0x3F_FFFF)
      o.source = f.source
      o.actionTime = millis
      o.orderId = f.id
      o.count = f.count
      o.tradeId = f.tradeId
      o.price = f.price
      o.size = f.size
      o.executedSize = f.executed
      o.tradePrice = f.tradePrice
      o.tradeSize = f.tradeSize
      o.exchangeCode = f.exchange
      o.scope = OrderScope(rawValue: f.scope)
      o.marketMaker = f.firm
      o.quoteAccessPayment = Int32(f.draw % 41) - 20
      o.open = f.draw & 1 != 0
      o.unsolicited = f.draw & 2 != 0
      o.otcMarketsPriceType = OtcMarketsPriceType(rawValue: UInt8(f.draw % 3))
      o.saturated = f.draw & 4 != 0
      o.autoExecution = f.draw & 8 != 0
      o.nmsConditional = f.draw & 16 != 0
    }
  }
}
