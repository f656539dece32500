package import Bytes
package import Market
package import Metrics
package import Rings
import Synchronization

/// What one lane's thread notes about each batch, for whoever looks meanwhile. The lane takes an uncontended lock once
/// a batch; a reader holds it only for as long as a reference takes.
package final class LaneWatch: Sendable {
  /// Lag: arrival time minus the event's own time, in nanoseconds, of events that have one. Clocks that disagree, or
  /// times that the exchange rounds to seconds, show as they are; what would be negative counts as 0.
  package let lag = Histogram()
  private let state: Mutex<State>
  private let measuresLag: Bool

  private struct State {
    var types = [TypeFigures](repeating: TypeFigures(), count: EventType.count)
    var symbols: SymbolTable?
  }

  /// - Parameters:
  ///   - wantsSymbols: whether to keep the table of symbols, which costs most of what a watch costs.
  ///   - measuresLag: whether events arrive as they are received; in a replay their age says nothing.
  package init(wantsSymbols: Bool, measuresLag: Bool) {
    state = Mutex(State(symbols: wantsSymbols ? SymbolTable() : nil))
    self.measuresLag = measuresLag
  }

  /// The lane's call for each batch.
  package func take(_ batch: borrowing EventBatch, _ texts: TextStore) {
    let now = MonotonicNanos.now()
    // A noncopyable batch cannot be captured, so it is walked outside of the closure's reach.
    state.withLock { state in
      batch.forEach { event in
        guard let type = event.type else { return }
        state.types[type.index].events += 1
        state.types[type.index].lastArrival = now
        if measuresLag, let age = EventAge.nanos(event) { lag.record(age) }
        state.symbols?.take(event, type, texts)
      }
    }
  }

  /// By `EventType.index`.
  package var types: [TypeFigures] { state.withLock { $0.types } }

  /// A copy of the table; the next batch of the lane pays for it.
  package var symbols: SymbolTable? { state.withLock { $0.symbols } }
}

/// Of one event type.
package struct TypeFigures: Sendable, Equatable {
  package var events = 0
  /// When the last one came, to the batch; nil where none has.
  package var lastArrival: MonotonicNanos?
}

/// How old an event is when it arrives.
enum EventAge {
  private static let nanosPerMilli: Int64 = 1_000_000
  /// What is older is no lag: a snapshot of what was before, history, or a market whose clock is another.
  static let longestNanos: Int64 = 3_600_000_000_000

  /// Arrival time minus the event's own time; nil where it has none, or one that is more
  /// than an hour ago. That is `eventTime`, else the time of the trade or
  /// sale, or the later one of bid and ask. A candle's time is the beginning of its period and no age.
  static func nanos(_ event: EventRef) -> Int64? {
    let time = millis(event)
    guard time > 0, time < Int64.max / nanosPerMilli else { return nil }
    let age = event.receivedNanos - time * nanosPerMilli
    return age > longestNanos ? nil : max(0, age)
  }

  private static func millis(_ event: EventRef) -> Int64 {
    let own: Int64 = event.load(EventHead.eventTimeOffset)
    if own > 0 { return own }
    if let quote = event.event(as: Quote.self) { return max(quote.bidTime, quote.askTime) }
    if let trade = event.event(as: Trade.self) { return trade.time }
    if let trade = event.event(as: TradeETH.self) { return trade.time }
    if let sale = event.event(as: TimeAndSale.self) { return sale.time }
    return 0
  }
}
