/// One print of the tape.
public struct TimeAndSale: MarketEvent {
  public static let eventType = EventType.timeAndSale

  public var head = EventHead(Self.eventType)
  public var aggressorSide: Side = .first
  public var spreadLeg: Bool = false
  public var receivedNanos: Int64 = 0
  public var eventTime: Int64 = 0
  public var index: Int64 = 0
  public var time: Int64 = 0
  public var tradeId: Int64 = 0
  public var price: Double = .nan
  public var size: Double = .nan
  public var bidPrice: Double = .nan
  public var askPrice: Double = .nan
  public var exchangeSaleConditions: Text = .null
  public var buyer: Text = .null
  public var seller: Text = .null
  public var timeNanoPart: Int32 = 0
  public var sequence: Int32 = 0
  public var exchangeCode: CharCode = .none
  public var tradeThroughExempt: CharCode = .none
  public var extendedTradingHours: Bool = false
  public var validTick: Bool = false
  public var type: SaleType = .first

  public init() {}
}

extension TimeAndSale {
  package static let schema = Schema(
    TimeAndSale.self,
    [
      Field("eventFlags", .flags, EventHead.flagsOffset),
      Field("index", .int64, MemoryLayout<TimeAndSale>.offset(of: \.index)),
      Field("time", .int64, MemoryLayout<TimeAndSale>.offset(of: \.time)),
      Field("timeNanoPart", .int32, MemoryLayout<TimeAndSale>.offset(of: \.timeNanoPart)),
      Field("sequence", .int32, MemoryLayout<TimeAndSale>.offset(of: \.sequence)),
      Field("exchangeCode", .char, MemoryLayout<TimeAndSale>.offset(of: \.exchangeCode)),
      Field("tradeId", .int64, MemoryLayout<TimeAndSale>.offset(of: \.tradeId)),
      Field("price", .double, MemoryLayout<TimeAndSale>.offset(of: \.price)),
      Field("size", .double, MemoryLayout<TimeAndSale>.offset(of: \.size)),
      Field("bidPrice", .double, MemoryLayout<TimeAndSale>.offset(of: \.bidPrice)),
      Field("askPrice", .double, MemoryLayout<TimeAndSale>.offset(of: \.askPrice)),
      Field("exchangeSaleConditions", .text, MemoryLayout<TimeAndSale>.offset(of: \.exchangeSaleConditions)),
      Field("tradeThroughExempt", .char, MemoryLayout<TimeAndSale>.offset(of: \.tradeThroughExempt)),
      Field("aggressorSide", .code, MemoryLayout<TimeAndSale>.offset(of: \.aggressorSide), codes: Side.names),
      Field("spreadLeg", .bool, MemoryLayout<TimeAndSale>.offset(of: \.spreadLeg)),
      Field("extendedTradingHours", .bool, MemoryLayout<TimeAndSale>.offset(of: \.extendedTradingHours)),
      Field("validTick", .bool, MemoryLayout<TimeAndSale>.offset(of: \.validTick)),
      Field("type", .code, MemoryLayout<TimeAndSale>.offset(of: \.type), codes: SaleType.names),
      Field("buyer", .text, MemoryLayout<TimeAndSale>.offset(of: \.buyer)),
      Field("seller", .text, MemoryLayout<TimeAndSale>.offset(of: \.seller)),
    ])
}

/// One option print, by underlying symbol.
public struct OptionSale: MarketEvent {
  public static let eventType = EventType.optionSale

  public var head = EventHead(Self.eventType)
  public var aggressorSide: Side = .first
  public var spreadLeg: Bool = false
  public var receivedNanos: Int64 = 0
  public var eventTime: Int64 = 0
  public var index: Int64 = 0
  public var time: Int64 = 0
  public var price: Double = .nan
  public var size: Double = .nan
  public var bidPrice: Double = .nan
  public var askPrice: Double = .nan
  public var underlyingPrice: Double = .nan
  public var volatility: Double = .nan
  public var delta: Double = .nan
  public var exchangeSaleConditions: Text = .null
  public var optionSymbol: Text = .null
  public var timeNanoPart: Int32 = 0
  public var sequence: Int32 = 0
  public var exchangeCode: CharCode = .none
  public var tradeThroughExempt: CharCode = .none
  public var extendedTradingHours: Bool = false
  public var validTick: Bool = false
  public var type: SaleType = .first

  public init() {}
}

extension OptionSale {
  package static let schema = Schema(
    OptionSale.self,
    [
      Field("eventFlags", .flags, EventHead.flagsOffset),
      Field("index", .int64, MemoryLayout<OptionSale>.offset(of: \.index)),
      Field("time", .int64, MemoryLayout<OptionSale>.offset(of: \.time)),
      Field("timeNanoPart", .int32, MemoryLayout<OptionSale>.offset(of: \.timeNanoPart)),
      Field("sequence", .int32, MemoryLayout<OptionSale>.offset(of: \.sequence)),
      Field("exchangeCode", .char, MemoryLayout<OptionSale>.offset(of: \.exchangeCode)),
      Field("price", .double, MemoryLayout<OptionSale>.offset(of: \.price)),
      Field("size", .double, MemoryLayout<OptionSale>.offset(of: \.size)),
      Field("bidPrice", .double, MemoryLayout<OptionSale>.offset(of: \.bidPrice)),
      Field("askPrice", .double, MemoryLayout<OptionSale>.offset(of: \.askPrice)),
      Field("exchangeSaleConditions", .text, MemoryLayout<OptionSale>.offset(of: \.exchangeSaleConditions)),
      Field("tradeThroughExempt", .char, MemoryLayout<OptionSale>.offset(of: \.tradeThroughExempt)),
      Field("aggressorSide", .code, MemoryLayout<OptionSale>.offset(of: \.aggressorSide), codes: Side.names),
      Field("spreadLeg", .bool, MemoryLayout<OptionSale>.offset(of: \.spreadLeg)),
      Field("extendedTradingHours", .bool, MemoryLayout<OptionSale>.offset(of: \.extendedTradingHours)),
      Field("validTick", .bool, MemoryLayout<OptionSale>.offset(of: \.validTick)),
      Field("type", .code, MemoryLayout<OptionSale>.offset(of: \.type), codes: SaleType.names),
      Field("underlyingPrice", .double, MemoryLayout<OptionSale>.offset(of: \.underlyingPrice)),
      Field("volatility", .double, MemoryLayout<OptionSale>.offset(of: \.volatility)),
      Field("delta", .double, MemoryLayout<OptionSale>.offset(of: \.delta)),
      Field("optionSymbol", .text, MemoryLayout<OptionSale>.offset(of: \.optionSymbol)),
    ])
}
