/// Open, high, low, close and open interest of the trading day.
public struct Summary: MarketEvent {
  public static let eventType = EventType.summary

  public var head = EventHead(Self.eventType)
  public var dayClosePriceType: PriceType = .first
  public var prevDayClosePriceType: PriceType = .first
  public var receivedNanos: Int64 = 0
  public var eventTime: Int64 = 0
  public var openInterest: Int64 = 0
  public var dayOpenPrice: Double = .nan
  public var dayHighPrice: Double = .nan
  public var dayLowPrice: Double = .nan
  public var dayClosePrice: Double = .nan
  public var prevDayClosePrice: Double = .nan
  public var prevDayVolume: Double = .nan
  public var dayId: Int32 = 0
  public var prevDayId: Int32 = 0

  public init() {}
}

extension Summary {
  package static let schema = Schema(
    Summary.self,
    [
      Field("dayId", .int32, MemoryLayout<Summary>.offset(of: \.dayId)),
      Field("dayOpenPrice", .double, MemoryLayout<Summary>.offset(of: \.dayOpenPrice)),
      Field("dayHighPrice", .double, MemoryLayout<Summary>.offset(of: \.dayHighPrice)),
      Field("dayLowPrice", .double, MemoryLayout<Summary>.offset(of: \.dayLowPrice)),
      Field("dayClosePrice", .double, MemoryLayout<Summary>.offset(of: \.dayClosePrice)),
      Field("dayClosePriceType", .code, MemoryLayout<Summary>.offset(of: \.dayClosePriceType), codes: PriceType.names),
      Field("prevDayId", .int32, MemoryLayout<Summary>.offset(of: \.prevDayId)),
      Field("prevDayClosePrice", .double, MemoryLayout<Summary>.offset(of: \.prevDayClosePrice)),
      Field(
        "prevDayClosePriceType", .code, MemoryLayout<Summary>.offset(of: \.prevDayClosePriceType),
        codes: PriceType.names),
      Field("prevDayVolume", .double, MemoryLayout<Summary>.offset(of: \.prevDayVolume)),
      Field("openInterest", .int64, MemoryLayout<Summary>.offset(of: \.openInterest)),
    ])
}
