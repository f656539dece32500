import Market

/// An event of any type: what ``Client/events(types:symbols:fromTime:sources:buffer:)`` gives.
///
/// A minor version may add cases with event types; switch with a `default`.
public enum AnyEvent: Event {
  /// A ``Quote``.
  case quote(Quote)
  /// A ``Trade``.
  case trade(Trade)
  /// A ``TradeETH``.
  case tradeETH(TradeETH)
  /// A ``Summary``.
  case summary(Summary)
  /// A ``Profile``.
  case profile(Profile)
  /// A ``Greeks``.
  case greeks(Greeks)
  /// A ``TheoPrice``.
  case theoPrice(TheoPrice)
  /// A ``Underlying``.
  case underlying(Underlying)
  /// A ``Series``.
  case series(Series)
  /// A ``Candle``.
  case candle(Candle)
  /// A ``TimeAndSale``.
  case timeAndSale(TimeAndSale)
  /// An ``OptionSale``.
  case optionSale(OptionSale)
  /// An ``Order``.
  case order(Order)
  /// A ``SpreadOrder``.
  case spreadOrder(SpreadOrder)
  /// An ``AnalyticOrder``.
  case analyticOrder(AnalyticOrder)
  /// An ``OtcMarketsOrder``.
  case otcMarketsOrder(OtcMarketsOrder)
  /// A ``Configuration``.
  case configuration(Configuration)
  /// A ``Message``.
  case message(Message)

  /// The event inside, whatever its type.
  public var event: any TypedEvent {
    switch self {
    case .quote(let it): it
    case .trade(let it): it
    case .tradeETH(let it): it
    case .summary(let it): it
    case .profile(let it): it
    case .greeks(let it): it
    case .theoPrice(let it): it
    case .underlying(let it): it
    case .series(let it): it
    case .candle(let it): it
    case .timeAndSale(let it): it
    case .optionSale(let it): it
    case .order(let it): it
    case .spreadOrder(let it): it
    case .analyticOrder(let it): it
    case .otcMarketsOrder(let it): it
    case .configuration(let it): it
    case .message(let it): it
    }
  }

  /// The type of the event inside.
  public var eventType: EventType {
    switch self {
    case .quote: .quote
    case .trade: .trade
    case .tradeETH: .tradeETH
    case .summary: .summary
    case .profile: .profile
    case .greeks: .greeks
    case .theoPrice: .theoPrice
    case .underlying: .underlying
    case .series: .series
    case .candle: .candle
    case .timeAndSale: .timeAndSale
    case .optionSale: .optionSale
    case .order: .order
    case .spreadOrder: .spreadOrder
    case .analyticOrder: .analyticOrder
    case .otcMarketsOrder: .otcMarketsOrder
    case .configuration: .configuration
    case .message: .message
    }
  }

  /// The symbol of the event inside.
  public var eventSymbol: String {
    switch self {
    case .quote(let it): it.eventSymbol
    case .trade(let it): it.eventSymbol
    case .tradeETH(let it): it.eventSymbol
    case .summary(let it): it.eventSymbol
    case .profile(let it): it.eventSymbol
    case .greeks(let it): it.eventSymbol
    case .theoPrice(let it): it.eventSymbol
    case .underlying(let it): it.eventSymbol
    case .series(let it): it.eventSymbol
    case .candle(let it): it.eventSymbol
    case .timeAndSale(let it): it.eventSymbol
    case .optionSale(let it): it.eventSymbol
    case .order(let it): it.eventSymbol
    case .spreadOrder(let it): it.eventSymbol
    case .analyticOrder(let it): it.eventSymbol
    case .otcMarketsOrder(let it): it.eventSymbol
    case .configuration(let it): it.eventSymbol
    case .message(let it): it.eventSymbol
    }
  }

  /// The event time of the event inside: milliseconds since 1970-01-01 UTC; 0 when not available.
  public var eventTime: Int {
    switch self {
    case .quote(let it): it.eventTime
    case .trade(let it): it.eventTime
    case .tradeETH(let it): it.eventTime
    case .summary(let it): it.eventTime
    case .profile(let it): it.eventTime
    case .greeks(let it): it.eventTime
    case .theoPrice(let it): it.eventTime
    case .underlying(let it): it.eventTime
    case .series(let it): it.eventTime
    case .candle(let it): it.eventTime
    case .timeAndSale(let it): it.eventTime
    case .optionSale(let it): it.eventTime
    case .order(let it): it.eventTime
    case .spreadOrder(let it): it.eventTime
    case .analyticOrder(let it): it.eventTime
    case .otcMarketsOrder(let it): it.eventTime
    case .configuration(let it): it.eventTime
    case .message(let it): it.eventTime
    }
  }

  /// When it arrived here: nanoseconds since 1970-01-01 UTC.
  public var receivedNanos: Int {
    switch self {
    case .quote(let it): it.receivedNanos
    case .trade(let it): it.receivedNanos
    case .tradeETH(let it): it.receivedNanos
    case .summary(let it): it.receivedNanos
    case .profile(let it): it.receivedNanos
    case .greeks(let it): it.receivedNanos
    case .theoPrice(let it): it.receivedNanos
    case .underlying(let it): it.receivedNanos
    case .series(let it): it.receivedNanos
    case .candle(let it): it.receivedNanos
    case .timeAndSale(let it): it.receivedNanos
    case .optionSale(let it): it.receivedNanos
    case .order(let it): it.receivedNanos
    case .spreadOrder(let it): it.receivedNanos
    case .analyticOrder(let it): it.receivedNanos
    case .otcMarketsOrder(let it): it.receivedNanos
    case .configuration(let it): it.receivedNanos
    case .message(let it): it.receivedNanos
    }
  }

  /// Made by the library from a row of its buffer.
  public init(from row: borrowing EventRow) {
    switch row.type {
    case .quote: self = .quote(Quote(from: row))
    case .trade: self = .trade(Trade(from: row))
    case .tradeETH: self = .tradeETH(TradeETH(from: row))
    case .summary: self = .summary(Summary(from: row))
    case .profile: self = .profile(Profile(from: row))
    case .greeks: self = .greeks(Greeks(from: row))
    case .theoPrice: self = .theoPrice(TheoPrice(from: row))
    case .underlying: self = .underlying(Underlying(from: row))
    case .series: self = .series(Series(from: row))
    case .candle: self = .candle(Candle(from: row))
    case .timeAndSale: self = .timeAndSale(TimeAndSale(from: row))
    case .optionSale: self = .optionSale(OptionSale(from: row))
    case .order: self = .order(Order(from: row))
    case .spreadOrder: self = .spreadOrder(SpreadOrder(from: row))
    case .analyticOrder: self = .analyticOrder(AnalyticOrder(from: row))
    case .otcMarketsOrder: self = .otcMarketsOrder(OtcMarketsOrder(from: row))
    case .configuration: self = .configuration(Configuration(from: row))
    case .message: self = .message(Message(from: row))
    }
  }
}
