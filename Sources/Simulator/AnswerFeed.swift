import Market
import Rings

/// One client's answers. Every event carries the number of the client's connection in a field of its type, so that
/// whoever mixes the answers of two connections can be found out.
///
///     Quote             bid = price, ask = price + 0.01, both sizes = connection
///     Trade, TradeETH   price, size = dayVolume = connection
///     Summary           prices of the day = price, openInterest = connection
///     Profile           description "SYMBOL on connection N"
///     Greeks, TheoPrice price, rho (underlyingPrice) = connection; options alone, whose symbols begin with a dot
///     Underlying        callVolume = putVolume = connection; all but options
final class AnswerFeed {
  private let spec: AnswerSpec
  private let connection: Int
  private var texts = TextTable()
  private var batch = EventBatch(capacity: EventRecord.maximumPerEvent)

  /// `connection` counts from 1 in the order in which clients came.
  init(_ spec: AnswerSpec, connection: Int) {
    self.spec = spec
    self.connection = connection
  }

  var store: TextStore { texts.store }

  /// Lends the answer to a subscription; nothing where the type does not go with the symbol or has no latest value.
  func answer(_ topic: Subscriptions.Topic, _ body: (EventRef) -> Void) {
    guard topic.symbol != Subscriptions.wildcard, !spec.silent.contains(topic.symbol),
      let symbol = texts.intern(topic.symbol)
    else { return }
    batch.removeAll()
    make(topic.type, topic.symbol, symbol)
    batch.forEach(body)
  }

  private func make(_ type: EventType, _ name: String, _ symbol: TextID) {
    let hundredths = spec.hundredths(name)
    let price = spec.price(name)
    let number = Double(connection)
    let isOption = name.hasPrefix(".")
    switch type {
    case .quote:
      add(Quote.self, symbol) {
        $0.bidPrice = price
        $0.askPrice = Double(hundredths + 1) / 100
        $0.bidSize = number
        $0.askSize = number
      }
    case .trade:
      add(Trade.self, symbol) {
        $0.price = price
        $0.size = number
        $0.dayVolume = number
      }
    case .tradeETH:
      add(TradeETH.self, symbol) {
        $0.price = price
        $0.size = number
        $0.dayVolume = number
      }
    case .summary:
      add(Summary.self, symbol) {
        $0.dayOpenPrice = price
        $0.dayHighPrice = price
        $0.dayLowPrice = price
        $0.prevDayClosePrice = price
        $0.openInterest = Int64(connection)
      }
    case .profile:
      let text = texts.intern("\(name) on connection \(connection)")
      add(Profile.self, symbol) { $0.description = text.map { Text(id: $0) } ?? .null }
    default: makeOptionEvent(type, isOption, price, number, symbol)
    }
  }

  private func makeOptionEvent(_ type: EventType, _ isOption: Bool, _ price: Double, _ number: Double, _ symbol: TextID)
  {
    switch type {
    case .greeks where isOption:
      add(Greeks.self, symbol) {
        $0.price = price
        $0.volatility = 0.25
        $0.rho = number
      }
    case .theoPrice where isOption:
      add(TheoPrice.self, symbol) {
        $0.price = price
        $0.underlyingPrice = number
      }
    case .underlying where !isOption:
      add(Underlying.self, symbol) {
        $0.volatility = 0.25
        $0.callVolume = number
        $0.putVolume = number
      }
    default: break
    }
  }

  private func add<Event: MarketEvent>(_ type: Event.Type, _ symbol: TextID, _ fill: (inout Event) -> Void) {
    var event = Event()
    event.head.symbol = symbol
    fill(&event)
    _ = batch.append(event)
  }
}
