/// Last trade of the regular session.
public struct Trade: MarketEvent {
  public static let eventType = EventType.trade

  public var head = EventHead(Self.eventType)
  public var tickDirection: TickDirection = .first
  public var extendedTradingHours: Bool = false
  public var receivedNanos: Int64 = 0
  public var eventTime: Int64 = 0
  public var time: Int64 = 0
  public var tradeId: Int64 = 0
  public var price: Double = .nan
  public var change: Double = .nan
  public var size: Double = .nan
  public var dayVolume: Double = .nan
  public var dayTurnover: Double = .nan
  public var timeNanoPart: Int32 = 0
  public var sequence: Int32 = 0
  public var dayId: Int32 = 0
  public var exchangeCode: CharCode = .none

  public init() {}
}

extension Trade {
  package static let schema = Schema(
    Trade.self,
    [
      Field("time", .int64, MemoryLayout<Trade>.offset(of: \.time)),
      Field("timeNanoPart", .int32, MemoryLayout<Trade>.offset(of: \.timeNanoPart)),
      Field("sequence", .int32, MemoryLayout<Trade>.offset(of: \.sequence)),
      Field("exchangeCode", .char, MemoryLayout<Trade>.offset(of: \.exchangeCode)),
      Field("tradeId", .int64, MemoryLayout<Trade>.offset(of: \.tradeId)),
      Field("price", .double, MemoryLayout<Trade>.offset(of: \.price)),
      Field("change", .double, MemoryLayout<Trade>.offset(of: \.change)),
      Field("size", .double, MemoryLayout<Trade>.offset(of: \.size)),
      Field("dayId", .int32, MemoryLayout<Trade>.offset(of: \.dayId)),
      Field("dayVolume", .double, MemoryLayout<Trade>.offset(of: \.dayVolume)),
      Field("dayTurnover", .double, MemoryLayout<Trade>.offset(of: \.dayTurnover)),
      Field("tickDirection", .code, MemoryLayout<Trade>.offset(of: \.tickDirection), codes: TickDirection.names),
      Field("extendedTradingHours", .bool, MemoryLayout<Trade>.offset(of: \.extendedTradingHours)),
    ])
}

/// Last trade outside the regular session.
public struct TradeETH: MarketEvent {
  public static let eventType = EventType.tradeETH

  public var head = EventHead(Self.eventType)
  public var tickDirection: TickDirection = .first
  public var extendedTradingHours: Bool = false
  public var receivedNanos: Int64 = 0
  public var eventTime: Int64 = 0
  public var time: Int64 = 0
  public var tradeId: Int64 = 0
  public var price: Double = .nan
  public var change: Double = .nan
  public var size: Double = .nan
  public var dayVolume: Double = .nan
  public var dayTurnover: Double = .nan
  public var timeNanoPart: Int32 = 0
  public var sequence: Int32 = 0
  public var dayId: Int32 = 0
  public var exchangeCode: CharCode = .none

  public init() {}
}

extension TradeETH {
  package static let schema = Schema(
    TradeETH.self,
    [
      Field("time", .int64, MemoryLayout<TradeETH>.offset(of: \.time)),
      Field("timeNanoPart", .int32, MemoryLayout<TradeETH>.offset(of: \.timeNanoPart)),
      Field("sequence", .int32, MemoryLayout<TradeETH>.offset(of: \.sequence)),
      Field("exchangeCode", .char, MemoryLayout<TradeETH>.offset(of: \.exchangeCode)),
      Field("tradeId", .int64, MemoryLayout<TradeETH>.offset(of: \.tradeId)),
      Field("price", .double, MemoryLayout<TradeETH>.offset(of: \.price)),
      Field("change", .double, MemoryLayout<TradeETH>.offset(of: \.change)),
      Field("size", .double, MemoryLayout<TradeETH>.offset(of: \.size)),
      Field("dayId", .int32, MemoryLayout<TradeETH>.offset(of: \.dayId)),
      Field("dayVolume", .double, MemoryLayout<TradeETH>.offset(of: \.dayVolume)),
      Field("dayTurnover", .double, MemoryLayout<TradeETH>.offset(of: \.dayTurnover)),
      Field("tickDirection", .code, MemoryLayout<TradeETH>.offset(of: \.tickDirection), codes: TickDirection.names),
      Field("extendedTradingHours", .bool, MemoryLayout<TradeETH>.offset(of: \.extendedTradingHours)),
    ])
}
