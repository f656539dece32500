import Market

/// The types of events, by their names on the wire: `EventType.quote.rawValue` is `Quote`. A minor version may add
/// some.
public enum EventType: String, CaseIterable, Sendable, Hashable {
  /// ``Quote`` events.
  case quote = "Quote"
  /// ``Trade`` events.
  case trade = "Trade"
  /// ``TradeETH`` events.
  case tradeETH = "TradeETH"
  /// ``Summary`` events.
  case summary = "Summary"
  /// ``Greeks`` events.
  case greeks = "Greeks"
  /// ``TheoPrice`` events.
  case theoPrice = "TheoPrice"
  /// ``Underlying`` events.
  case underlying = "Underlying"
  /// ``Series`` events.
  case series = "Series"
  /// ``TimeAndSale`` events.
  case timeAndSale = "TimeAndSale"
  /// ``OptionSale`` events.
  case optionSale = "OptionSale"
  /// ``Configuration`` events.
  case configuration = "Configuration"
  /// ``Message`` events.
  case message = "Message"
  /// ``Profile`` events.
  case profile = "Profile"
  /// ``Order`` events.
  case order = "Order"
  /// ``SpreadOrder`` events.
  case spreadOrder = "SpreadOrder"
  /// ``AnalyticOrder`` events.
  case analyticOrder = "AnalyticOrder"
  /// ``OtcMarketsOrder`` events.
  case otcMarketsOrder = "OtcMarketsOrder"
  /// ``Candle`` events.
  case candle = "Candle"

  init(_ type: Market.EventType) {
    switch type {
    case .quote: self = .quote
    case .trade: self = .trade
    case .tradeETH: self = .tradeETH
    case .summary: self = .summary
    case .greeks: self = .greeks
    case .theoPrice: self = .theoPrice
    case .underlying: self = .underlying
    case .series: self = .series
    case .timeAndSale: self = .timeAndSale
    case .optionSale: self = .optionSale
    case .configuration: self = .configuration
    case .message: self = .message
    case .profile: self = .profile
    case .order: self = .order
    case .spreadOrder: self = .spreadOrder
    case .analyticOrder: self = .analyticOrder
    case .otcMarketsOrder: self = .otcMarketsOrder
    case .candle: self = .candle
    }
  }

  var inMarket: Market.EventType {
    switch self {
    case .quote: .quote
    case .trade: .trade
    case .tradeETH: .tradeETH
    case .summary: .summary
    case .greeks: .greeks
    case .theoPrice: .theoPrice
    case .underlying: .underlying
    case .series: .series
    case .timeAndSale: .timeAndSale
    case .optionSale: .optionSale
    case .configuration: .configuration
    case .message: .message
    case .profile: .profile
    case .order: .order
    case .spreadOrder: .spreadOrder
    case .analyticOrder: .analyticOrder
    case .otcMarketsOrder: .otcMarketsOrder
    case .candle: .candle
    }
  }
}
