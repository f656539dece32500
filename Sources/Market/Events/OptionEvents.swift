/// Option greeks.
public struct Greeks: MarketEvent {
  public static let eventType = EventType.greeks

  public var head = EventHead(Self.eventType)
  var padding: UInt16 = 0
  public var receivedNanos: Int64 = 0
  public var eventTime: Int64 = 0
  public var index: Int64 = 0
  public var time: Int64 = 0
  public var price: Double = .nan
  public var volatility: Double = .nan
  public var delta: Double = .nan
  public var gamma: Double = .nan
  public var theta: Double = .nan
  public var rho: Double = .nan
  public var vega: Double = .nan
  public var sequence: Int32 = 0

  public init() {}
}

extension Greeks {
  package static let schema = Schema(
    Greeks.self,
    [
      Field("eventFlags", .flags, EventHead.flagsOffset),
      Field("index", .int64, MemoryLayout<Greeks>.offset(of: \.index)),
      Field("time", .int64, MemoryLayout<Greeks>.offset(of: \.time)),
      Field("sequence", .int32, MemoryLayout<Greeks>.offset(of: \.sequence)),
      Field("price", .double, MemoryLayout<Greeks>.offset(of: \.price)),
      Field("volatility", .double, MemoryLayout<Greeks>.offset(of: \.volatility)),
      Field("delta", .double, MemoryLayout<Greeks>.offset(of: \.delta)),
      Field("gamma", .double, MemoryLayout<Greeks>.offset(of: \.gamma)),
      Field("theta", .double, MemoryLayout<Greeks>.offset(of: \.theta)),
      Field("rho", .double, MemoryLayout<Greeks>.offset(of: \.rho)),
      Field("vega", .double, MemoryLayout<Greeks>.offset(of: \.vega)),
    ])
}

/// Theoretical option price.
public struct TheoPrice: MarketEvent {
  public static let eventType = EventType.theoPrice

  public var head = EventHead(Self.eventType)
  var padding: UInt16 = 0
  public var receivedNanos: Int64 = 0
  public var eventTime: Int64 = 0
  public var index: Int64 = 0
  public var time: Int64 = 0
  public var price: Double = .nan
  public var underlyingPrice: Double = .nan
  public var delta: Double = .nan
  public var gamma: Double = .nan
  public var dividend: Double = .nan
  public var interest: Double = .nan
  public var sequence: Int32 = 0

  public init() {}
}

extension TheoPrice {
  package static let schema = Schema(
    TheoPrice.self,
    [
      Field("eventFlags", .flags, EventHead.flagsOffset),
      Field("index", .int64, MemoryLayout<TheoPrice>.offset(of: \.index)),
      Field("time", .int64, MemoryLayout<TheoPrice>.offset(of: \.time)),
      Field("sequence", .int32, MemoryLayout<TheoPrice>.offset(of: \.sequence)),
      Field("price", .double, MemoryLayout<TheoPrice>.offset(of: \.price)),
      Field("underlyingPrice", .double, MemoryLayout<TheoPrice>.offset(of: \.underlyingPrice)),
      Field("delta", .double, MemoryLayout<TheoPrice>.offset(of: \.delta)),
      Field("gamma", .double, MemoryLayout<TheoPrice>.offset(of: \.gamma)),
      Field("dividend", .double, MemoryLayout<TheoPrice>.offset(of: \.dividend)),
      Field("interest", .double, MemoryLayout<TheoPrice>.offset(of: \.interest)),
    ])
}

/// Volatility and volumes of all options on a symbol.
public struct Underlying: MarketEvent {
  public static let eventType = EventType.underlying

  public var head = EventHead(Self.eventType)
  var padding: UInt16 = 0
  public var receivedNanos: Int64 = 0
  public var eventTime: Int64 = 0
  public var index: Int64 = 0
  public var time: Int64 = 0
  public var volatility: Double = .nan
  public var frontVolatility: Double = .nan
  public var backVolatility: Double = .nan
  public var callVolume: Double = .nan
  public var putVolume: Double = .nan
  public var putCallRatio: Double = .nan
  public var sequence: Int32 = 0

  public init() {}
}

extension Underlying {
  package static let schema = Schema(
    Underlying.self,
    [
      Field("eventFlags", .flags, EventHead.flagsOffset),
      Field("index", .int64, MemoryLayout<Underlying>.offset(of: \.index)),
      Field("time", .int64, MemoryLayout<Underlying>.offset(of: \.time)),
      Field("sequence", .int32, MemoryLayout<Underlying>.offset(of: \.sequence)),
      Field("volatility", .double, MemoryLayout<Underlying>.offset(of: \.volatility)),
      Field("frontVolatility", .double, MemoryLayout<Underlying>.offset(of: \.frontVolatility)),
      Field("backVolatility", .double, MemoryLayout<Underlying>.offset(of: \.backVolatility)),
      Field("callVolume", .double, MemoryLayout<Underlying>.offset(of: \.callVolume)),
      Field("putVolume", .double, MemoryLayout<Underlying>.offset(of: \.putVolume)),
      Field("putCallRatio", .double, MemoryLayout<Underlying>.offset(of: \.putCallRatio)),
    ])
}

/// Volatility and volumes of one expiration.
public struct Series: MarketEvent {
  public static let eventType = EventType.series

  public var head = EventHead(Self.eventType)
  var padding: UInt16 = 0
  public var receivedNanos: Int64 = 0
  public var eventTime: Int64 = 0
  public var index: Int64 = 0
  public var time: Int64 = 0
  public var volatility: Double = .nan
  public var callVolume: Double = .nan
  public var putVolume: Double = .nan
  public var putCallRatio: Double = .nan
  public var forwardPrice: Double = .nan
  public var dividend: Double = .nan
  public var interest: Double = .nan
  public var sequence: Int32 = 0
  public var expiration: Int32 = 0

  public init() {}
}

extension Series {
  package static let schema = Schema(
    Series.self,
    [
      Field("eventFlags", .flags, EventHead.flagsOffset),
      Field("index", .int64, MemoryLayout<Series>.offset(of: \.index)),
      Field("time", .int64, MemoryLayout<Series>.offset(of: \.time)),
      Field("sequence", .int32, MemoryLayout<Series>.offset(of: \.sequence)),
      Field("expiration", .int32, MemoryLayout<Series>.offset(of: \.expiration)),
      Field("volatility", .double, MemoryLayout<Series>.offset(of: \.volatility)),
      Field("callVolume", .double, MemoryLayout<Series>.offset(of: \.callVolume)),
      Field("putVolume", .double, MemoryLayout<Series>.offset(of: \.putVolume)),
      Field("putCallRatio", .double, MemoryLayout<Series>.offset(of: \.putCallRatio)),
      Field("forwardPrice", .double, MemoryLayout<Series>.offset(of: \.forwardPrice)),
      Field("dividend", .double, MemoryLayout<Series>.offset(of: \.dividend)),
      Field("interest", .double, MemoryLayout<Series>.offset(of: \.interest)),
    ])
}
