/// One bar; the symbol carries the period.
public struct Candle: MarketEvent {
  public static let eventType = EventType.candle

  public var head = EventHead(Self.eventType)
  var padding: UInt16 = 0
  public var receivedNanos: Int64 = 0
  public var eventTime: Int64 = 0
  public var index: Int64 = 0
  public var time: Int64 = 0
  public var count: Int64 = 0
  public var open: Double = .nan
  public var high: Double = .nan
  public var low: Double = .nan
  public var close: Double = .nan
  public var volume: Double = .nan
  public var vwap: Double = .nan
  public var bidVolume: Double = .nan
  public var askVolume: Double = .nan
  public var impVolatility: Double = .nan
  public var openInterest: Double = .nan
  public var sequence: Int32 = 0

  public init() {}
}

extension Candle {
  package static let schema = Schema(
    Candle.self,
    [
      Field("eventFlags", .flags, EventHead.flagsOffset),
      Field("index", .int64, MemoryLayout<Candle>.offset(of: \.index)),
      Field("time", .int64, MemoryLayout<Candle>.offset(of: \.time)),
      Field("sequence", .int32, MemoryLayout<Candle>.offset(of: \.sequence)),
      Field("count", .int64, MemoryLayout<Candle>.offset(of: \.count)),
      Field("open", .double, MemoryLayout<Candle>.offset(of: \.open)),
      Field("high", .double, MemoryLayout<Candle>.offset(of: \.high)),
      Field("low", .double, MemoryLayout<Candle>.offset(of: \.low)),
      Field("close", .double, MemoryLayout<Candle>.offset(of: \.close)),
      Field("volume", .double, MemoryLayout<Candle>.offset(of: \.volume)),
      Field("vwap", .double, MemoryLayout<Candle>.offset(of: \.vwap), alias: "VWAP"),
      Field("bidVolume", .double, MemoryLayout<Candle>.offset(of: \.bidVolume)),
      Field("askVolume", .double, MemoryLayout<Candle>.offset(of: \.askVolume)),
      Field("impVolatility", .double, MemoryLayout<Candle>.offset(of: \.impVolatility)),
      Field("openInterest", .double, MemoryLayout<Candle>.offset(of: \.openInterest)),
    ])
}
