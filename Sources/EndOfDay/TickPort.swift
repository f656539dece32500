import Market
import Rings
import Sinks

/// Takes ticks and candles out of a replay's events.
final class TickPort: SinkPort {
  private let ticks: TickStore
  private let candles: CandleCheck
  private let texts: TextStore

  init(_ ticks: TickStore, _ candles: CandleCheck, _ texts: TextStore) {
    self.ticks = ticks
    self.candles = candles
    self.texts = texts
  }

  func accept(_ batch: borrowing EventBatch, isStopping: () -> Bool) {
    let (trade, sale, candle) = (EventType.trade.rawValue, EventType.timeAndSale.rawValue, EventType.candle.rawValue)
    batch.forEach { event in
      switch event.typeByte {
      case trade: if let trade = event.event(as: Trade.self) { ticks.append(Tick(trade)) }
      case sale: if let sale = event.event(as: TimeAndSale.self) { ticks.append(Tick(sale)) }
      case candle: if let candle = event.event(as: Candle.self) { candles.take(candle, texts) }
      default: break
      }
    }
  }

  func accept(_ gap: Gap, isStopping: () -> Bool) {}
  var holdsBack: Bool { false }
  func settle() {}
  func finish(isStopping: () -> Bool) {}
}
