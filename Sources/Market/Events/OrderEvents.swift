/// One order or price level of a book.
public struct Order: MarketEvent {
  public static let eventType = EventType.order

  public var head = EventHead(Self.eventType)
  public var action: OrderAction = .first
  public var side: Side = .first
  public var receivedNanos: Int64 = 0
  public var eventTime: Int64 = 0
  public var index: Int64 = 0
  public var time: Int64 = 0
  public var actionTime: Int64 = 0
  public var orderId: Int64 = 0
  public var auxOrderId: Int64 = 0
  public var count: Int64 = 0
  public var tradeId: Int64 = 0
  public var price: Double = .nan
  public var size: Double = .nan
  public var executedSize: Double = .nan
  public var tradePrice: Double = .nan
  public var tradeSize: Double = .nan
  public var source: Text = .null
  public var marketMaker: Text = .null
  public var timeNanoPart: Int32 = 0
  public var sequence: Int32 = 0
  public var exchangeCode: CharCode = .none
  public var scope: OrderScope = .first

  public init() {}
}

extension Order {
  package static let schema = Schema(
    Order.self,
    [
      Field("eventFlags", .flags, EventHead.flagsOffset),
      Field("index", .int64, MemoryLayout<Order>.offset(of: \.index)),
      Field("time", .int64, MemoryLayout<Order>.offset(of: \.time)),
      Field("timeNanoPart", .int32, MemoryLayout<Order>.offset(of: \.timeNanoPart)),
      Field("sequence", .int32, MemoryLayout<Order>.offset(of: \.sequence)),
      Field("source", .text, MemoryLayout<Order>.offset(of: \.source)),
      Field("action", .code, MemoryLayout<Order>.offset(of: \.action), codes: OrderAction.names),
      Field("actionTime", .int64, MemoryLayout<Order>.offset(of: \.actionTime)),
      Field("orderId", .int64, MemoryLayout<Order>.offset(of: \.orderId)),
      Field("auxOrderId", .int64, MemoryLayout<Order>.offset(of: \.auxOrderId)),
      Field("price", .double, MemoryLayout<Order>.offset(of: \.price)),
      Field("size", .double, MemoryLayout<Order>.offset(of: \.size)),
      Field("executedSize", .double, MemoryLayout<Order>.offset(of: \.executedSize)),
      Field("count", .int64, MemoryLayout<Order>.offset(of: \.count)),
      Field("exchangeCode", .char, MemoryLayout<Order>.offset(of: \.exchangeCode)),
      Field("side", .code, MemoryLayout<Order>.offset(of: \.side), codes: Side.names, alias: "orderSide"),
      Field("scope", .code, MemoryLayout<Order>.offset(of: \.scope), codes: OrderScope.names),
      Field("tradeId", .int64, MemoryLayout<Order>.offset(of: \.tradeId)),
      Field("tradePrice", .double, MemoryLayout<Order>.offset(of: \.tradePrice)),
      Field("tradeSize", .double, MemoryLayout<Order>.offset(of: \.tradeSize)),
      Field("marketMaker", .text, MemoryLayout<Order>.offset(of: \.marketMaker)),
    ])
}

/// One order of a spread book.
public struct SpreadOrder: MarketEvent {
  public static let eventType = EventType.spreadOrder

  public var head = EventHead(Self.eventType)
  public var action: OrderAction = .first
  public var side: Side = .first
  public var receivedNanos: Int64 = 0
  public var eventTime: Int64 = 0
  public var index: Int64 = 0
  public var time: Int64 = 0
  public var actionTime: Int64 = 0
  public var orderId: Int64 = 0
  public var auxOrderId: Int64 = 0
  public var count: Int64 = 0
  public var tradeId: Int64 = 0
  public var price: Double = .nan
  public var size: Double = .nan
  public var executedSize: Double = .nan
  public var tradePrice: Double = .nan
  public var tradeSize: Double = .nan
  public var source: Text = .null
  public var spreadSymbol: Text = .null
  public var timeNanoPart: Int32 = 0
  public var sequence: Int32 = 0
  public var exchangeCode: CharCode = .none
  public var scope: OrderScope = .first

  public init() {}
}

extension SpreadOrder {
  package static let schema = Schema(
    SpreadOrder.self,
    [
      Field("eventFlags", .flags, EventHead.flagsOffset),
      Field("index", .int64, MemoryLayout<SpreadOrder>.offset(of: \.index)),
      Field("time", .int64, MemoryLayout<SpreadOrder>.offset(of: \.time)),
      Field("timeNanoPart", .int32, MemoryLayout<SpreadOrder>.offset(of: \.timeNanoPart)),
      Field("sequence", .int32, MemoryLayout<SpreadOrder>.offset(of: \.sequence)),
      Field("source", .text, MemoryLayout<SpreadOrder>.offset(of: \.source)),
      Field("action", .code, MemoryLayout<SpreadOrder>.offset(of: \.action), codes: OrderAction.names),
      Field("actionTime", .int64, MemoryLayout<SpreadOrder>.offset(of: \.actionTime)),
      Field("orderId", .int64, MemoryLayout<SpreadOrder>.offset(of: \.orderId)),
      Field("auxOrderId", .int64, MemoryLayout<SpreadOrder>.offset(of: \.auxOrderId)),
      Field("price", .double, MemoryLayout<SpreadOrder>.offset(of: \.price)),
      Field("size", .double, MemoryLayout<SpreadOrder>.offset(of: \.size)),
      Field("executedSize", .double, MemoryLayout<SpreadOrder>.offset(of: \.executedSize)),
      Field("count", .int64, MemoryLayout<SpreadOrder>.offset(of: \.count)),
      Field("exchangeCode", .char, MemoryLayout<SpreadOrder>.offset(of: \.exchangeCode)),
      Field("side", .code, MemoryLayout<SpreadOrder>.offset(of: \.side), codes: Side.names, alias: "orderSide"),
      Field("scope", .code, MemoryLayout<SpreadOrder>.offset(of: \.scope), codes: OrderScope.names),
      Field("tradeId", .int64, MemoryLayout<SpreadOrder>.offset(of: \.tradeId)),
      Field("tradePrice", .double, MemoryLayout<SpreadOrder>.offset(of: \.tradePrice)),
      Field("tradeSize", .double, MemoryLayout<SpreadOrder>.offset(of: \.tradeSize)),
      Field("spreadSymbol", .text, MemoryLayout<SpreadOrder>.offset(of: \.spreadSymbol)),
    ])
}
