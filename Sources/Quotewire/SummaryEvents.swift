import Market

/// Open, high, low and close of the trading day, and open interest.
public struct Summary: TypedEvent {
  /// The type on the wire: `Summary`.
  public static var eventType: EventType { .summary }

  /// The symbol, as the feed writes it.
  public var eventSymbol: String
  /// Milliseconds since 1970-01-01 UTC; 0 when not available, which is what most feeds send.
  public var eventTime = 0
  /// The trading day, in days since 1970-01-01; 0 when not available.
  public var dayId = 0
  /// First price of the day; NaN when not available.
  public var dayOpenPrice = Double.nan
  /// Highest price of the day; NaN when not available.
  public var dayHighPrice = Double.nan
  /// Lowest price of the day; NaN when not available.
  public var dayLowPrice = Double.nan
  /// Last price of the day; NaN when not available.
  public var dayClosePrice = Double.nan
  /// How final the close of the day is.
  public var dayClosePriceType = PriceType.regular
  /// The previous trading day, in days since 1970-01-01; 0 when not available.
  public var prevDayId = 0
  /// Close of the previous day; NaN when not available.
  public var prevDayClosePrice = Double.nan
  /// How final the close of the previous day is.
  public var prevDayClosePriceType = PriceType.regular
  /// Volume of the previous day, in shares or contracts; NaN when not available.
  public var prevDayVolume = Double.nan
  /// Open interest, in contracts; 0 when not available.
  public var openInterest = 0
  /// When it arrived here: nanoseconds since 1970-01-01 UTC. In a replay, when it was recorded.
  public var receivedNanos = 0

  /// An event with the default of every field, for tests and models.
  public init(eventSymbol: String) { self.eventSymbol = eventSymbol }

  /// Made by the library from a row of its buffer.
  public init(from row: borrowing EventRow) {
    let raw = unsafe row.base.loadUnaligned(as: Market.Summary.self)
    eventSymbol = row.symbol
    eventTime = Int(raw.eventTime)
    dayId = Int(raw.dayId)
    dayOpenPrice = raw.dayOpenPrice
    dayHighPrice = raw.dayHighPrice
    dayLowPrice = raw.dayLowPrice
    dayClosePrice = raw.dayClosePrice
    dayClosePriceType = PriceType(raw.dayClosePriceType)
    prevDayId = Int(raw.prevDayId)
    prevDayClosePrice = raw.prevDayClosePrice
    prevDayClosePriceType = PriceType(raw.prevDayClosePriceType)
    prevDayVolume = raw.prevDayVolume
    openInterest = Int(raw.openInterest)
    receivedNanos = Int(raw.receivedNanos)
  }
}

/// Description and limits of an instrument.
public struct Profile: TypedEvent {
  /// The type on the wire: `Profile`.
  public static var eventType: EventType { .profile }

  /// The symbol, as the feed writes it.
  public var eventSymbol: String
  /// Milliseconds since 1970-01-01 UTC; 0 when not available, which is what most feeds send.
  public var eventTime = 0
  /// The name of the instrument, as the feed writes it; nil when not available.
  public var description: String?
  /// Whether short sales are restricted.
  public var shortSaleRestriction = ShortSaleRestriction.undefined
  /// Whether it is traded.
  public var tradingStatus = TradingStatus.undefined
  /// Why trading is halted; nil when not available.
  public var statusReason: String?
  /// Begin of the halt: milliseconds since 1970-01-01 UTC; 0 when there is none.
  public var haltStartTime = 0
  /// End of the halt: milliseconds since 1970-01-01 UTC; 0 when there is none.
  public var haltEndTime = 0
  /// Upper price limit of the day; NaN when not available.
  public var highLimitPrice = Double.nan
  /// Lower price limit of the day; NaN when not available.
  public var lowLimitPrice = Double.nan
  /// Highest price of 52 weeks; NaN when not available.
  public var high52WeekPrice = Double.nan
  /// Lowest price of 52 weeks; NaN when not available.
  public var low52WeekPrice = Double.nan
  /// Correlation of the price with the index of the market; NaN when not available.
  public var beta = Double.nan
  /// Earnings per share, in the currency of the instrument; NaN when not available.
  public var earningsPerShare = Double.nan
  /// Dividends a year; NaN when not available.
  public var dividendFrequency = Double.nan
  /// Last dividend, in the currency of the instrument; NaN when not available.
  public var exDividendAmount = Double.nan
  /// Day of the last dividend, in days since 1970-01-01; 0 when not available.
  public var exDividendDayId = 0
  /// Shares outstanding; NaN when not available.
  public var shares = Double.nan
  /// Shares in free float; NaN when not available.
  public var freeFloat = Double.nan
  /// When it arrived here: nanoseconds since 1970-01-01 UTC. In a replay, when it was recorded.
  public var receivedNanos = 0

  /// An event with the default of every field, for tests and models.
  public init(eventSymbol: String) { self.eventSymbol = eventSymbol }

  /// Made by the library from a row of its buffer.
  public init(from row: borrowing EventRow) {
    let raw = unsafe row.base.loadUnaligned(as: Market.Profile.self)
    eventSymbol = row.symbol
    eventTime = Int(raw.eventTime)
    description = row.text(raw.description)
    shortSaleRestriction = ShortSaleRestriction(raw.shortSaleRestriction)
    tradingStatus = TradingStatus(raw.tradingStatus)
    statusReason = row.text(raw.statusReason)
    haltStartTime = Int(raw.haltStartTime)
    haltEndTime = Int(raw.haltEndTime)
    highLimitPrice = raw.highLimitPrice
    lowLimitPrice = raw.lowLimitPrice
    high52WeekPrice = raw.high52WeekPrice
    low52WeekPrice = raw.low52WeekPrice
    beta = raw.beta
    earningsPerShare = raw.earningsPerShare
    dividendFrequency = raw.dividendFrequency
    exDividendAmount = raw.exDividendAmount
    exDividendDayId = Int(raw.exDividendDayId)
    shares = raw.shares
    freeFloat = raw.freeFloat
    receivedNanos = Int(raw.receivedNanos)
  }
}
