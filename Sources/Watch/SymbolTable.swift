package import Market
package import Rings

/// The last quote and trade of each symbol of a lane, and how many events it had.
package struct SymbolTable: Sendable {
  package struct Row: Sendable {
    package var name: String
    package var events = 0
    package var bid = Double.nan
    package var bidSize = Double.nan
    package var ask = Double.nan
    package var askSize = Double.nan
    package var last = Double.nan
    package var lastSize = Double.nan
  }

  /// In the order in which the symbols came; a row never moves.
  package private(set) var rows: [Row] = []
  /// Events of symbols that found no room.
  package private(set) var eventsBeyond = 0
  /// Row number + 1 by the symbol's id, 0 for none.
  private var places: [UInt32] = []
  private let limit: Int

  package init(limit: Int = WatchLimits.symbolsPerLane) { self.limit = limit }

  package mutating func take(_ event: EventRef, _ type: EventType, _ texts: TextStore) {
    let id = Int(event.symbol.rawValue)
    guard let row = row(id, texts) else {
      eventsBeyond += 1
      return
    }
    rows[row].events += 1
    switch type {
    case .quote:
      guard let quote = event.event(as: Quote.self) else { return }
      rows[row].bid = quote.bidPrice
      rows[row].bidSize = quote.bidSize
      rows[row].ask = quote.askPrice
      rows[row].askSize = quote.askSize
    case .trade:
      guard let trade = event.event(as: Trade.self) else { return }
      rows[row].last = trade.price
      rows[row].lastSize = trade.size
    case .tradeETH:
      guard let trade = event.event(as: TradeETH.self) else { return }
      rows[row].last = trade.price
      rows[row].lastSize = trade.size
    default: break
    }
  }

  private mutating func row(_ id: Int, _ texts: TextStore) -> Int? {
    if id < places.count, places[id] > 0 { return Int(places[id]) - 1 }
    guard id > 0, rows.count < limit else { return nil }
    if id >= places.count { places += Array(repeating: 0, count: id + 1 - places.count) }
    let name = unsafe texts.withText(UInt32(id)) { unsafe String(decoding: $0, as: UTF8.self) }
    rows.append(Row(name: name))
    places[id] = UInt32(rows.count)
    return rows.count - 1
  }
}
