import Market

/// Best bid and ask of a symbol. A later quote replaces it.
public struct Quote: TypedEvent {
  /// The type on the wire: `Quote`.
  public static var eventType: EventType { .quote }

  /// The symbol, as the feed writes it.
  public var eventSymbol: String
  /// Milliseconds since 1970-01-01 UTC; 0 when not available, which is what most feeds send.
  public var eventTime = 0
  /// Tells events of the same millisecond apart, 0 to 4,194,303; not free of gaps.
  public var sequence = 0
  /// Nanoseconds, 0 to 999,999, to add to the time in milliseconds.
  public var timeNanoPart = 0
  /// Last change of the bid: milliseconds since 1970-01-01 UTC, whole seconds; 0 when not available.
  public var bidTime = 0
  /// The exchange of the best bid; nil when not available.
  public var bidExchangeCode: Unicode.Scalar?
  /// Best bid; NaN when there is none.
  public var bidPrice = Double.nan
  /// Size at the best bid, in shares or contracts; NaN when not available.
  public var bidSize = Double.nan
  /// Last change of the ask: milliseconds since 1970-01-01 UTC, whole seconds; 0 when not available.
  public var askTime = 0
  /// The exchange of the best ask; nil when not available.
  public var askExchangeCode: Unicode.Scalar?
  /// Best ask; NaN when there is none.
  public var askPrice = Double.nan
  /// Size at the best ask, in shares or contracts; NaN when not available.
  public var askSize = Double.nan
  /// When it arrived here: nanoseconds since 1970-01-01 UTC. In a replay, when it was recorded.
  public var receivedNanos = 0

  /// An event with the default of every field, for tests and models.
  public init(eventSymbol: String) { self.eventSymbol = eventSymbol }

  /// Made by the library from a row of its buffer.
  public init(from row: borrowing EventRow) {
    let raw = unsafe row.base.loadUnaligned(as: Market.Quote.self)
    eventSymbol = row.symbol
    eventTime = Int(raw.eventTime)
    sequence = Int(raw.sequence)
    timeNanoPart = Int(raw.timeNanoPart)
    bidTime = Int(raw.bidTime)
    bidExchangeCode = row.character(raw.bidExchangeCode)
    bidPrice = raw.bidPrice
    bidSize = raw.bidSize
    askTime = Int(raw.askTime)
    askExchangeCode = row.character(raw.askExchangeCode)
    askPrice = raw.askPrice
    askSize = raw.askSize
    receivedNanos = Int(raw.receivedNanos)
  }
}

/// Last trade of the regular session. A later trade replaces it.
public struct Trade: TypedEvent {
  /// The type on the wire: `Trade`.
  public static var eventType: EventType { .trade }

  /// The symbol, as the feed writes it.
  public var eventSymbol: String
  /// Milliseconds since 1970-01-01 UTC; 0 when not available, which is what most feeds send.
  public var eventTime = 0
  /// When it happened: milliseconds since 1970-01-01 UTC; 0 when not available.
  public var time = 0
  /// Nanoseconds, 0 to 999,999, to add to the time in milliseconds.
  public var timeNanoPart = 0
  /// Tells events of the same millisecond apart, 0 to 4,194,303; not free of gaps.
  public var sequence = 0
  /// The exchange; nil when not available.
  public var exchangeCode: Unicode.Scalar?
  /// The number of the trade at its exchange; 0 when not available.
  public var tradeId = 0
  /// Price, in the currency of the instrument; NaN when not available.
  public var price = Double.nan
  /// Against the previous day's close, in the currency of the instrument; NaN when not available.
  public var change = Double.nan
  /// Size, in shares or contracts; NaN when not available.
  public var size = Double.nan
  /// The trading day, in days since 1970-01-01; 0 when not available.
  public var dayId = 0
  /// Volume of the day, in shares or contracts; NaN when not available.
  public var dayVolume = Double.nan
  /// Turnover of the day, in the currency of the instrument; NaN when not available.
  public var dayTurnover = Double.nan
  /// Direction against the previous price.
  public var tickDirection = TickDirection.undefined
  /// Whether it happened outside the regular session.
  public var extendedTradingHours = false
  /// When it arrived here: nanoseconds since 1970-01-01 UTC. In a replay, when it was recorded.
  public var receivedNanos = 0

  /// An event with the default of every field, for tests and models.
  public init(eventSymbol: String) { self.eventSymbol = eventSymbol }

  /// Made by the library from a row of its buffer.
  public init(from row: borrowing EventRow) {
    let raw = unsafe row.base.loadUnaligned(as: Market.Trade.self)
    eventSymbol = row.symbol
    eventTime = Int(raw.eventTime)
    time = Int(raw.time)
    timeNanoPart = Int(raw.timeNanoPart)
    sequence = Int(raw.sequence)
    exchangeCode = row.character(raw.exchangeCode)
    tradeId = Int(raw.tradeId)
    price = raw.price
    change = raw.change
    size = raw.size
    dayId = Int(raw.dayId)
    dayVolume = raw.dayVolume
    dayTurnover = raw.dayTurnover
    tickDirection = TickDirection(raw.tickDirection)
    extendedTradingHours = raw.extendedTradingHours
    receivedNanos = Int(raw.receivedNanos)
  }
}

/// Last trade outside the regular session, of symbols that have an extended one. A later trade replaces it.
public struct TradeETH: TypedEvent {
  /// The type on the wire: `TradeETH`.
  public static var eventType: EventType { .tradeETH }

  /// The symbol, as the feed writes it.
  public var eventSymbol: String
  /// Milliseconds since 1970-01-01 UTC; 0 when not available, which is what most feeds send.
  public var eventTime = 0
  /// When it happened: milliseconds since 1970-01-01 UTC; 0 when not available.
  public var time = 0
  /// Nanoseconds, 0 to 999,999, to add to the time in milliseconds.
  public var timeNanoPart = 0
  /// Tells events of the same millisecond apart, 0 to 4,194,303; not free of gaps.
  public var sequence = 0
  /// The exchange; nil when not available.
  public var exchangeCode: Unicode.Scalar?
  /// The number of the trade at its exchange; 0 when not available.
  public var tradeId = 0
  /// Price, in the currency of the instrument; NaN when not available.
  public var price = Double.nan
  /// Against the previous day's close, in the currency of the instrument; NaN when not available.
  public var change = Double.nan
  /// Size, in shares or contracts; NaN when not available.
  public var size = Double.nan
  /// The trading day, in days since 1970-01-01; 0 when not available.
  public var dayId = 0
  /// Volume of the day, in shares or contracts; NaN when not available.
  public var dayVolume = Double.nan
  /// Turnover of the day, in the currency of the instrument; NaN when not available.
  public var dayTurnover = Double.nan
  /// Direction against the previous price.
  public var tickDirection = TickDirection.undefined
  /// Whether it happened outside the regular session.
  public var extendedTradingHours = false
  /// When it arrived here: nanoseconds since 1970-01-01 UTC. In a replay, when it was recorded.
  public var receivedNanos = 0

  /// An event with the default of every field, for tests and models.
  public init(eventSymbol: String) { self.eventSymbol = eventSymbol }

  /// Made by the library from a row of its buffer.
  public init(from row: borrowing EventRow) {
    let raw = unsafe row.base.loadUnaligned(as: Market.TradeETH.self)
    eventSymbol = row.symbol
    eventTime = Int(raw.eventTime)
    time = Int(raw.time)
    timeNanoPart = Int(raw.timeNanoPart)
    sequence = Int(raw.sequence)
    exchangeCode = row.character(raw.exchangeCode)
    tradeId = Int(raw.tradeId)
    price = raw.price
    change = raw.change
    size = raw.size
    dayId = Int(raw.dayId)
    dayVolume = raw.dayVolume
    dayTurnover = raw.dayTurnover
    tickDirection = TickDirection(raw.tickDirection)
    extendedTradingHours = raw.extendedTradingHours
    receivedNanos = Int(raw.receivedNanos)
  }
}
