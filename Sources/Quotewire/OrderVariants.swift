import Market

/// An order with an analysis of icebergs.
public struct AnalyticOrder: TypedEvent {
  /// The type on the wire: `AnalyticOrder`.
  public static var eventType: EventType { .analyticOrder }

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
  /// Where the order comes from, such as `NTV`; nil when not available.
  public var source: String?
  /// What happened to the order.
  public var action = OrderAction.undefined
  /// When that happened: milliseconds since 1970-01-01 UTC; 0 when not available.
  public var actionTime = 0
  /// The number of the order at its exchange; 0 when not available.
  public var orderId = 0
  /// The number of the order that it replaces, or was replaced by; 0 when not available.
  public var auxOrderId = 0
  /// Price, in the currency of the instrument; NaN when not available.
  public var price = Double.nan
  /// Size, in shares or contracts; NaN when not available.
  public var size = Double.nan
  /// What of it was executed, in shares or contracts; NaN when not available.
  public var executedSize = Double.nan
  /// Orders in an aggregated level; 0 when not available.
  public var count = 0
  /// The exchange; nil when not available.
  public var exchangeCode: Unicode.Scalar?
  /// Whether it buys or sells. Some servers call the field `orderSide`.
  public var side = Side.undefined
  /// Whether it is one order, or stands for a level or a market.
  public var scope = OrderScope.composite
  /// The number of the trade at its exchange; 0 when not available.
  public var tradeId = 0
  /// Price of the trade that the action tells of; NaN when there is none.
  public var tradePrice = Double.nan
  /// Size of the trade that the action tells of, in shares or contracts; NaN when there is none.
  public var tradeSize = Double.nan
  /// The market maker; nil when not available.
  public var marketMaker: String?
  /// Size that shows, in shares or contracts; NaN when not available.
  public var icebergPeakSize = Double.nan
  /// Size that is hidden, in shares or contracts; NaN when not available.
  public var icebergHiddenSize = Double.nan
  /// Size that was executed, in shares or contracts; NaN when not available.
  public var icebergExecutedSize = Double.nan
  /// How the iceberg is made.
  public var icebergType = IcebergType.undefined
  /// When it arrived here: nanoseconds since 1970-01-01 UTC. In a replay, when it was recorded.
  public var receivedNanos = 0

  /// An event with the default of every field, for tests and models.
  public init(eventSymbol: String) { self.eventSymbol = eventSymbol }

  /// Made by the library from a row of its buffer.
  public init(from row: borrowing EventRow) {
    let raw = unsafe row.base.loadUnaligned(as: Market.AnalyticOrder.self)
    eventSymbol = row.symbol
    eventTime = Int(raw.eventTime)
    eventFlags = EventFlags(rawValue: Int(raw.head.eventFlags.rawValue))
    index = Int(raw.index)
    time = Int(raw.time)
    timeNanoPart = Int(raw.timeNanoPart)
    sequence = Int(raw.sequence)
    source = row.text(raw.source)
    action = OrderAction(raw.action)
    actionTime = Int(raw.actionTime)
    orderId = Int(raw.orderId)
    auxOrderId = Int(raw.auxOrderId)
    price = raw.price
    size = raw.size
    executedSize = raw.executedSize
    count = Int(raw.count)
    exchangeCode = row.character(raw.exchangeCode)
    side = Side(raw.side)
    scope = OrderScope(raw.scope)
    tradeId = Int(raw.tradeId)
    tradePrice = raw.tradePrice
    tradeSize = raw.tradeSize
    marketMaker = row.text(raw.marketMaker)
    icebergPeakSize = raw.icebergPeakSize
    icebergHiddenSize = raw.icebergHiddenSize
    icebergExecutedSize = raw.icebergExecutedSize
    icebergType = IcebergType(raw.icebergType)
    receivedNanos = Int(raw.receivedNanos)
  }
}

/// An order of OTC Markets.
public struct OtcMarketsOrder: TypedEvent {
  /// The type on the wire: `OtcMarketsOrder`.
  public static var eventType: EventType { .otcMarketsOrder }

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
  /// Where the order comes from, such as `NTV`; nil when not available.
  public var source: String?
  /// What happened to the order.
  public var action = OrderAction.undefined
  /// When that happened: milliseconds since 1970-01-01 UTC; 0 when not available.
  public var actionTime = 0
  /// The number of the order at its exchange; 0 when not available.
  public var orderId = 0
  /// The number of the order that it replaces, or was replaced by; 0 when not available.
  public var auxOrderId = 0
  /// Price, in the currency of the instrument; NaN when not available.
  public var price = Double.nan
  /// Size, in shares or contracts; NaN when not available.
  public var size = Double.nan
  /// What of it was executed, in shares or contracts; NaN when not available.
  public var executedSize = Double.nan
  /// Orders in an aggregated level; 0 when not available.
  public var count = 0
  /// The exchange; nil when not available.
  public var exchangeCode: Unicode.Scalar?
  /// Whether it buys or sells. Some servers call the field `orderSide`.
  public var side = Side.undefined
  /// Whether it is one order, or stands for a level or a market.
  public var scope = OrderScope.composite
  /// The number of the trade at its exchange; 0 when not available.
  public var tradeId = 0
  /// Price of the trade that the action tells of; NaN when there is none.
  public var tradePrice = Double.nan
  /// Size of the trade that the action tells of, in shares or contracts; NaN when there is none.
  public var tradeSize = Double.nan
  /// The market maker; nil when not available.
  public var marketMaker: String?
  /// Fee or rebate for taking the quote, as the exchange codes it; 0 when there is none.
  public var quoteAccessPayment = 0
  /// Whether it is open for trading.
  public var open = false
  /// Whether it was not solicited.
  public var unsolicited = false
  /// What the price means.
  public var otcMarketsPriceType = OtcMarketsPriceType.unpriced
  /// Whether the quote is saturated.
  public var saturated = false
  /// Whether it is executed automatically.
  public var autoExecution = false
  /// Whether it is conditional under NMS rules.
  public var nmsConditional = false
  /// When it arrived here: nanoseconds since 1970-01-01 UTC. In a replay, when it was recorded.
  public var receivedNanos = 0

  /// An event with the default of every field, for tests and models.
  public init(eventSymbol: String) { self.eventSymbol = eventSymbol }

  /// Made by the library from a row of its buffer.
  public init(from row: borrowing EventRow) {
    let raw = unsafe row.base.loadUnaligned(as: Market.OtcMarketsOrder.self)
    eventSymbol = row.symbol
    eventTime = Int(raw.eventTime)
    eventFlags = EventFlags(rawValue: Int(raw.head.eventFlags.rawValue))
    index = Int(raw.index)
    time = Int(raw.time)
    timeNanoPart = Int(raw.timeNanoPart)
    sequence = Int(raw.sequence)
    source = row.text(raw.source)
    action = OrderAction(raw.action)
    actionTime = Int(raw.actionTime)
    orderId = Int(raw.orderId)
    auxOrderId = Int(raw.auxOrderId)
    price = raw.price
    size = raw.size
    executedSize = raw.executedSize
    count = Int(raw.count)
    exchangeCode = row.character(raw.exchangeCode)
    side = Side(raw.side)
    scope = OrderScope(raw.scope)
    tradeId = Int(raw.tradeId)
    tradePrice = raw.tradePrice
    tradeSize = raw.tradeSize
    marketMaker = row.text(raw.marketMaker)
    quoteAccessPayment = Int(raw.quoteAccessPayment)
    open = raw.open
    unsolicited = raw.unsolicited
    otcMarketsPriceType = OtcMarketsPriceType(raw.otcMarketsPriceType)
    saturated = raw.saturated
    autoExecution = raw.autoExecution
    nmsConditional = raw.nmsConditional
    receivedNanos = Int(raw.receivedNanos)
  }
}
