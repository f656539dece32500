/// Description and limits of an instrument.
public struct Profile: MarketEvent {
  public static let eventType = EventType.profile

  public var head = EventHead(Self.eventType)
  public var shortSaleRestriction: ShortSaleRestriction = .first
  public var tradingStatus: TradingStatus = .first
  public var receivedNanos: Int64 = 0
  public var eventTime: Int64 = 0
  public var haltStartTime: Int64 = 0
  public var haltEndTime: Int64 = 0
  public var highLimitPrice: Double = .nan
  public var lowLimitPrice: Double = .nan
  public var high52WeekPrice: Double = .nan
  public var low52WeekPrice: Double = .nan
  public var beta: Double = .nan
  public var earningsPerShare: Double = .nan
  public var dividendFrequency: Double = .nan
  public var exDividendAmount: Double = .nan
  public var shares: Double = .nan
  public var freeFloat: Double = .nan
  public var description: Text = .null
  public var statusReason: Text = .null
  public var exDividendDayId: Int32 = 0

  public init() {}
}

extension Profile {
  package static let schema = Schema(
    Profile.self,
    [
      Field("description", .text, MemoryLayout<Profile>.offset(of: \.description)),
      Field(
        "shortSaleRestriction", .code, MemoryLayout<Profile>.offset(of: \.shortSaleRestriction),
        codes: ShortSaleRestriction.names),
      Field("tradingStatus", .code, MemoryLayout<Profile>.offset(of: \.tradingStatus), codes: TradingStatus.names),
      Field("statusReason", .text, MemoryLayout<Profile>.offset(of: \.statusReason)),
      Field("haltStartTime", .int64, MemoryLayout<Profile>.offset(of: \.haltStartTime)),
      Field("haltEndTime", .int64, MemoryLayout<Profile>.offset(of: \.haltEndTime)),
      Field("highLimitPrice", .double, MemoryLayout<Profile>.offset(of: \.highLimitPrice)),
      Field("lowLimitPrice", .double, MemoryLayout<Profile>.offset(of: \.lowLimitPrice)),
      Field("high52WeekPrice", .double, MemoryLayout<Profile>.offset(of: \.high52WeekPrice)),
      Field("low52WeekPrice", .double, MemoryLayout<Profile>.offset(of: \.low52WeekPrice)),
      Field("beta", .double, MemoryLayout<Profile>.offset(of: \.beta)),
      Field("earningsPerShare", .double, MemoryLayout<Profile>.offset(of: \.earningsPerShare)),
      Field("dividendFrequency", .double, MemoryLayout<Profile>.offset(of: \.dividendFrequency)),
      Field("exDividendAmount", .double, MemoryLayout<Profile>.offset(of: \.exDividendAmount)),
      Field("exDividendDayId", .int32, MemoryLayout<Profile>.offset(of: \.exDividendDayId)),
      Field("shares", .double, MemoryLayout<Profile>.offset(of: \.shares)),
      Field("freeFloat", .double, MemoryLayout<Profile>.offset(of: \.freeFloat)),
    ])
}
