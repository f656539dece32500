import Market

/// One print of the tape.
public struct TimeAndSale: TypedEvent {
  /// The type on the wire: `TimeAndSale`.
  public static var eventType: EventType { .timeAndSale }

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
  /// Size, in shares or contracts; NaN when not available.
  public var size = Double.nan
  /// Bid at the time of the print; NaN when not available.
  public var bidPrice = Double.nan
  /// Ask at the time of the print; NaN when not available.
  public var askPrice = Double.nan
  /// Sale conditions as the exchange codes them, blanks included; nil when not available.
  public var exchangeSaleConditions: String?
  /// The code of the exemption from trade-through rules; nil when there is none.
  public var tradeThroughExempt: Unicode.Scalar?
  /// Which side started the trade.
  public var aggressorSide = Side.undefined
  /// Whether it is one leg of a spread.
  public var spreadLeg = false
  /// Whether it happened outside the regular session.
  public var extendedTradingHours = false
  /// Whether it belongs to the tape for prices and volumes.
  public var validTick = false
  /// New, or a correction or cancellation of the print with the same index.
  public var type = SaleType.new
  /// The buyer; nil when not available.
  public var buyer: String?
  /// The seller; nil when not available.
  public var seller: String?
  /// When it arrived here: nanoseconds since 1970-01-01 UTC. In a replay, when it was recorded.
  public var receivedNanos = 0

  /// An event with the default of every field, for tests and models.
  public init(eventSymbol: String) { self.eventSymbol = eventSymbol }

  /// Made by the library from a row of its buffer.
  public init(from row: borrowing EventRow) {
    let raw = unsafe row.base.loadUnaligned(as: Market.TimeAndSale.self)
    eventSymbol = row.symbol
    eventTime = Int(raw.eventTime)
    eventFlags = EventFlags(rawValue: Int(raw.head.eventFlags.rawValue))
    index = Int(raw.index)
    time = Int(raw.time)
    timeNanoPart = Int(raw.timeNanoPart)
    sequence = Int(raw.sequence)
    exchangeCode = row.character(raw.exchangeCode)
    tradeId = Int(raw.tradeId)
    price = raw.price
    size = raw.size
    bidPrice = raw.bidPrice
    askPrice = raw.askPrice
    exchangeSaleConditions = row.text(raw.exchangeSaleConditions)
    tradeThroughExempt = row.character(raw.tradeThroughExempt)
    aggressorSide = Side(raw.aggressorSide)
    spreadLeg = raw.spreadLeg
    extendedTradingHours = raw.extendedTradingHours
    validTick = raw.validTick
    type = SaleType(raw.type)
    buyer = row.text(raw.buyer)
    seller = row.text(raw.seller)
    receivedNanos = Int(raw.receivedNanos)
  }
}

/// One print of an option, by the symbol of its underlying.
public struct OptionSale: TypedEvent {
  /// The type on the wire: `OptionSale`.
  public static var eventType: EventType { .optionSale }

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
  /// Nanoseconds, 0 to 999,999, to add to the time in milliseconds.
  public var timeNanoPart = 0
  /// Tells events of the same millisecond apart, 0 to 4,194,303; not free of gaps.
  public var sequence = 0
  /// The exchange; nil when not available.
  public var exchangeCode: Unicode.Scalar?
  /// Price, in the currency of the instrument; NaN when not available.
  public var price = Double.nan
  /// Size, in shares or contracts; NaN when not available.
  public var size = Double.nan
  /// Bid at the time of the print; NaN when not available.
  public var bidPrice = Double.nan
  /// Ask at the time of the print; NaN when not available.
  public var askPrice = Double.nan
  /// Sale conditions as the exchange codes them, blanks included; nil when not available.
  public var exchangeSaleConditions: String?
  /// The code of the exemption from trade-through rules; nil when there is none.
  public var tradeThroughExempt: Unicode.Scalar?
  /// Which side started the trade.
  public var aggressorSide = Side.undefined
  /// Whether it is one leg of a spread.
  public var spreadLeg = false
  /// Whether it happened outside the regular session.
  public var extendedTradingHours = false
  /// Whether it belongs to the tape for prices and volumes.
  public var validTick = false
  /// New, or a correction or cancellation of the print with the same index.
  public var type = SaleType.new
  /// Price of the underlying at that time; NaN when not available.
  public var underlyingPrice = Double.nan
  /// Implied volatility, 0.39 for 39 %; NaN when not available.
  public var volatility = Double.nan
  /// Change of the option price with the price of the underlying; NaN when not available.
  public var delta = Double.nan
  /// The symbol of the option; nil when not available.
  public var optionSymbol: String?
  /// When it arrived here: nanoseconds since 1970-01-01 UTC. In a replay, when it was recorded.
  public var receivedNanos = 0

  /// An event with the default of every field, for tests and models.
  public init(eventSymbol: String) { self.eventSymbol = eventSymbol }

  /// Made by the library from a row of its buffer.
  public init(from row: borrowing EventRow) {
    let raw = unsafe row.base.loadUnaligned(as: Market.OptionSale.self)
    eventSymbol = row.symbol
    eventTime = Int(raw.eventTime)
    eventFlags = EventFlags(rawValue: Int(raw.head.eventFlags.rawValue))
    index = Int(raw.index)
    time = Int(raw.time)
    timeNanoPart = Int(raw.timeNanoPart)
    sequence = Int(raw.sequence)
    exchangeCode = row.character(raw.exchangeCode)
    price = raw.price
    size = raw.size
    bidPrice = raw.bidPrice
    askPrice = raw.askPrice
    exchangeSaleConditions = row.text(raw.exchangeSaleConditions)
    tradeThroughExempt = row.character(raw.tradeThroughExempt)
    aggressorSide = Side(raw.aggressorSide)
    spreadLeg = raw.spreadLeg
    extendedTradingHours = raw.extendedTradingHours
    validTick = raw.validTick
    type = SaleType(raw.type)
    underlyingPrice = raw.underlyingPrice
    volatility = raw.volatility
    delta = raw.delta
    optionSymbol = row.text(raw.optionSymbol)
    receivedNanos = Int(raw.receivedNanos)
  }
}
