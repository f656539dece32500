/// Best bid and ask.
public struct Quote: MarketEvent {
  public static let eventType = EventType.quote

  public var head = EventHead(Self.eventType)
  var padding: UInt16 = 0
  public var receivedNanos: Int64 = 0
  public var eventTime: Int64 = 0
  public var bidPrice: Double = .nan
  public var askPrice: Double = .nan
  public var bidSize: Double = .nan
  public var askSize: Double = .nan
  public var bidTime: Int64 = 0
  public var askTime: Int64 = 0
  public var sequence: Int32 = 0
  public var timeNanoPart: Int32 = 0
  public var bidExchangeCode: CharCode = .none
  public var askExchangeCode: CharCode = .none

  public init() {}
}

extension Quote {
  package static let schema = Schema(
    Quote.self,
    [
      Field("sequence", .int32, MemoryLayout<Quote>.offset(of: \.sequence)),
      Field("timeNanoPart", .int32, MemoryLayout<Quote>.offset(of: \.timeNanoPart)),
      Field("bidTime", .int64, MemoryLayout<Quote>.offset(of: \.bidTime)),
      Field("bidExchangeCode", .char, MemoryLayout<Quote>.offset(of: \.bidExchangeCode)),
      Field("bidPrice", .double, MemoryLayout<Quote>.offset(of: \.bidPrice)),
      Field("bidSize", .double, MemoryLayout<Quote>.offset(of: \.bidSize)),
      Field("askTime", .int64, MemoryLayout<Quote>.offset(of: \.askTime)),
      Field("askExchangeCode", .char, MemoryLayout<Quote>.offset(of: \.askExchangeCode)),
      Field("askPrice", .double, MemoryLayout<Quote>.offset(of: \.askPrice)),
      Field("askSize", .double, MemoryLayout<Quote>.offset(of: \.askSize)),
    ])
}
