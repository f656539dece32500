import Market

/// Greeks of an option: a time series, of which a ticker gives the latest.
public struct Greeks: TypedEvent {
  /// The type on the wire: `Greeks`.
  public static var eventType: EventType { .greeks }

  /// The symbol, as the feed writes it.
  public var eventSymbol: String
  /// Milliseconds since 1970-01-01 UTC; 0 when not available, which is what most feeds send.
  public var eventTime = 0
  /// Snapshot and transaction flags.
  public var eventFlags: EventFlags = []
  /// Unique within the symbol (and the source, for orders); a later event with the same index replaces this one.
  public var index = 0
  /// When it happened: milliseconds since 1970-01-01 UTC; 0 when not available.
  public var time = 0
  /// Tells events of the same millisecond apart, 0 to 4,194,303; not free of gaps.
  public var sequence = 0
  /// Price of the option that the greeks belong to; NaN when not available.
  public var price = Double.nan
  /// Implied volatility, 0.39 for 39 %; NaN when not available.
  public var volatility = Double.nan
  /// Change of the option price with the price of the underlying; NaN when not available.
  public var delta = Double.nan
  /// Change of delta with the price of the underlying; NaN when not available.
  public var gamma = Double.nan
  /// Change of the option price with a day of time; NaN when not available.
  public var theta = Double.nan
  /// Change of the option price with the interest rate; NaN when not available.
  public var rho = Double.nan
  /// Change of the option price with the volatility; NaN when not available.
  public var vega = Double.nan
  /// When it arrived here: nanoseconds since 1970-01-01 UTC. In a replay, when it was recorded.
  public var receivedNanos = 0

  /// An event with the default of every field, for tests and models.
  public init(eventSymbol: String) { self.eventSymbol = eventSymbol }

  /// Made by the library from a row of its buffer.
  public init(from row: borrowing EventRow) {
    let raw = unsafe row.base.loadUnaligned(as: Market.Greeks.self)
    eventSymbol = row.symbol
    eventTime = Int(raw.eventTime)
    eventFlags = EventFlags(rawValue: Int(raw.head.eventFlags.rawValue))
    index = Int(raw.index)
    time = Int(raw.time)
    sequence = Int(raw.sequence)
    price = raw.price
    volatility = raw.volatility
    delta = raw.delta
    gamma = raw.gamma
    theta = raw.theta
    rho = raw.rho
    vega = raw.vega
    receivedNanos = Int(raw.receivedNanos)
  }
}

/// Theoretical price of an option: a time series.
public struct TheoPrice: TypedEvent {
  /// The type on the wire: `TheoPrice`.
  public static var eventType: EventType { .theoPrice }

  /// The symbol, as the feed writes it.
  public var eventSymbol: String
  /// Milliseconds since 1970-01-01 UTC; 0 when not available, which is what most feeds send.
  public var eventTime = 0
  /// Snapshot and transaction flags.
  public var eventFlags: EventFlags = []
  /// Unique within the symbol (and the source, for orders); a later event with the same index replaces this one.
  public var index = 0
  /// When it happened: milliseconds since 1970-01-01 UTC; 0 when not available.
  public var time = 0
  /// Tells events of the same millisecond apart, 0 to 4,194,303; not free of gaps.
  public var sequence = 0
  /// Theoretical price of the option; NaN when not available.
  public var price = Double.nan
  /// Price of the underlying at that time; NaN when not available.
  public var underlyingPrice = Double.nan
  /// Change of the option price with the price of the underlying; NaN when not available.
  public var delta = Double.nan
  /// Change of delta with the price of the underlying; NaN when not available.
  public var gamma = Double.nan
  /// Implied dividend; NaN when not available.
  public var dividend = Double.nan
  /// Implied interest; NaN when not available.
  public var interest = Double.nan
  /// When it arrived here: nanoseconds since 1970-01-01 UTC. In a replay, when it was recorded.
  public var receivedNanos = 0

  /// An event with the default of every field, for tests and models.
  public init(eventSymbol: String) { self.eventSymbol = eventSymbol }

  /// Made by the library from a row of its buffer.
  public init(from row: borrowing EventRow) {
    let raw = unsafe row.base.loadUnaligned(as: Market.TheoPrice.self)
    eventSymbol = row.symbol
    eventTime = Int(raw.eventTime)
    eventFlags = EventFlags(rawValue: Int(raw.head.eventFlags.rawValue))
    index = Int(raw.index)
    time = Int(raw.time)
    sequence = Int(raw.sequence)
    price = raw.price
    underlyingPrice = raw.underlyingPrice
    delta = raw.delta
    gamma = raw.gamma
    dividend = raw.dividend
    interest = raw.interest
    receivedNanos = Int(raw.receivedNanos)
  }
}

/// Volatility and volumes of all options on a symbol: a time series.
public struct Underlying: TypedEvent {
  /// The type on the wire: `Underlying`.
  public static var eventType: EventType { .underlying }

  /// The symbol, as the feed writes it.
  public var eventSymbol: String
  /// Milliseconds since 1970-01-01 UTC; 0 when not available, which is what most feeds send.
  public var eventTime = 0
  /// Snapshot and transaction flags.
  public var eventFlags: EventFlags = []
  /// Unique within the symbol (and the source, for orders); a later event with the same index replaces this one.
  public var index = 0
  /// When it happened: milliseconds since 1970-01-01 UTC; 0 when not available.
  public var time = 0
  /// Tells events of the same millisecond apart, 0 to 4,194,303; not free of gaps.
  public var sequence = 0
  /// Implied volatility, 0.39 for 39 %; NaN when not available.
  public var volatility = Double.nan
  /// Implied volatility of the front month, 0.39 for 39 %; NaN when not available.
  public var frontVolatility = Double.nan
  /// Implied volatility of the back month, 0.39 for 39 %; NaN when not available.
  public var backVolatility = Double.nan
  /// Volume of the calls, in contracts; NaN when not available.
  public var callVolume = Double.nan
  /// Volume of the puts, in contracts; NaN when not available.
  public var putVolume = Double.nan
  /// Volume of the puts by that of the calls; NaN when not available.
  public var putCallRatio = Double.nan
  /// When it arrived here: nanoseconds since 1970-01-01 UTC. In a replay, when it was recorded.
  public var receivedNanos = 0

  /// An event with the default of every field, for tests and models.
  public init(eventSymbol: String) { self.eventSymbol = eventSymbol }

  /// Made by the library from a row of its buffer.
  public init(from row: borrowing EventRow) {
    let raw = unsafe row.base.loadUnaligned(as: Market.Underlying.self)
    eventSymbol = row.symbol
    eventTime = Int(raw.eventTime)
    eventFlags = EventFlags(rawValue: Int(raw.head.eventFlags.rawValue))
    index = Int(raw.index)
    time = Int(raw.time)
    sequence = Int(raw.sequence)
    volatility = raw.volatility
    frontVolatility = raw.frontVolatility
    backVolatility = raw.backVolatility
    callVolume = raw.callVolume
    putVolume = raw.putVolume
    putCallRatio = raw.putCallRatio
    receivedNanos = Int(raw.receivedNanos)
  }
}

/// Volatility and volumes of one expiration; the index identifies the series.
public struct Series: TypedEvent {
  /// The type on the wire: `Series`.
  public static var eventType: EventType { .series }

  /// The symbol, as the feed writes it.
  public var eventSymbol: String
  /// Milliseconds since 1970-01-01 UTC; 0 when not available, which is what most feeds send.
  public var eventTime = 0
  /// Snapshot and transaction flags.
  public var eventFlags: EventFlags = []
  /// Unique within the symbol (and the source, for orders); a later event with the same index replaces this one.
  public var index = 0
  /// When it happened: milliseconds since 1970-01-01 UTC; 0 when not available.
  public var time = 0
  /// Tells events of the same millisecond apart, 0 to 4,194,303; not free of gaps.
  public var sequence = 0
  /// Day of the expiration, in days since 1970-01-01; 0 when not available.
  public var expiration = 0
  /// Implied volatility, 0.39 for 39 %; NaN when not available.
  public var volatility = Double.nan
  /// Volume of the calls, in contracts; NaN when not available.
  public var callVolume = Double.nan
  /// Volume of the puts, in contracts; NaN when not available.
  public var putVolume = Double.nan
  /// Volume of the puts by that of the calls; NaN when not available.
  public var putCallRatio = Double.nan
  /// Implied forward price; NaN when not available.
  public var forwardPrice = Double.nan
  /// Implied dividend; NaN when not available.
  public var dividend = Double.nan
  /// Implied interest; NaN when not available.
  public var interest = Double.nan
  /// When it arrived here: nanoseconds since 1970-01-01 UTC. In a replay, when it was recorded.
  public var receivedNanos = 0

  /// An event with the default of every field, for tests and models.
  public init(eventSymbol: String) { self.eventSymbol = eventSymbol }

  /// Made by the library from a row of its buffer.
  public init(from row: borrowing EventRow) {
    let raw = unsafe row.base.loadUnaligned(as: Market.Series.self)
    eventSymbol = row.symbol
    eventTime = Int(raw.eventTime)
    eventFlags = EventFlags(rawValue: Int(raw.head.eventFlags.rawValue))
    index = Int(raw.index)
    time = Int(raw.time)
    sequence = Int(raw.sequence)
    expiration = Int(raw.expiration)
    volatility = raw.volatility
    callVolume = raw.callVolume
    putVolume = raw.putVolume
    putCallRatio = raw.putCallRatio
    forwardPrice = raw.forwardPrice
    dividend = raw.dividend
    interest = raw.interest
    receivedNanos = Int(raw.receivedNanos)
  }
}
