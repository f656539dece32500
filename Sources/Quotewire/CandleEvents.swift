import Market

/// One bar of a time series; the symbol carries the period, such as `AAPL{=5m}`. The last bar changes while it forms.
public struct Candle: TypedEvent {
  /// The type on the wire: `Candle`.
  public static var eventType: EventType { .candle }

  /// The symbol, as the feed writes it.
  public var eventSymbol: String
  /// Milliseconds since 1970-01-01 UTC; 0 when not available, which is what most feeds send.
  public var eventTime = 0
  /// Snapshot and transaction flags.
  public var eventFlags: EventFlags = []
  /// Unique within the symbol (and the source, for orders); a later event with the same index replaces this one.
  public var index = 0
  /// Start of the bar: milliseconds since 1970-01-01 UTC.
  public var time = 0
  /// Tells events of the same millisecond apart, 0 to 4,194,303; not free of gaps.
  public var sequence = 0
  /// Trades in the bar; 0 when not available.
  public var count = 0
  /// First price of the bar; NaN in a bar without trades.
  public var open = Double.nan
  /// Highest price of the bar; NaN in a bar without trades.
  public var high = Double.nan
  /// Lowest price of the bar; NaN in a bar without trades.
  public var low = Double.nan
  /// Last price of the bar; NaN in a bar without trades.
  public var close = Double.nan
  /// Volume of the bar, in shares or contracts; NaN when not available.
  public var volume = Double.nan
  /// Volume-weighted average price of the bar; NaN when not available.
  public var vwap = Double.nan
  /// Volume at the bid, in shares or contracts; NaN when not available.
  public var bidVolume = Double.nan
  /// Volume at the ask, in shares or contracts; NaN when not available.
  public var askVolume = Double.nan
  /// Implied volatility, 0.39 for 39 %; NaN when not available.
  public var impVolatility = Double.nan
  /// Open interest, in contracts; NaN when not available.
  public var openInterest = Double.nan
  /// When it arrived here: nanoseconds since 1970-01-01 UTC. In a replay, when it was recorded.
  public var receivedNanos = 0

  /// An event with the default of every field, for tests and models.
  public init(eventSymbol: String) { self.eventSymbol = eventSymbol }

  /// Made by the library from a row of its buffer.
  public init(from row: borrowing EventRow) {
    let raw = unsafe row.base.loadUnaligned(as: Market.Candle.self)
    eventSymbol = row.symbol
    eventTime = Int(raw.eventTime)
    eventFlags = EventFlags(rawValue: Int(raw.head.eventFlags.rawValue))
    index = Int(raw.index)
    time = Int(raw.time)
    sequence = Int(raw.sequence)
    count = Int(raw.count)
    open = raw.open
    high = raw.high
    low = raw.low
    close = raw.close
    volume = raw.volume
    vwap = raw.vwap
    bidVolume = raw.bidVolume
    askVolume = raw.askVolume
    impVolatility = raw.impVolatility
    openInterest = raw.openInterest
    receivedNanos = Int(raw.receivedNanos)
  }
}
