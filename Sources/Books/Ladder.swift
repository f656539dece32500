package import Market

/// Both sides of one book, or of one spread of a book of SpreadOrders.
package final class Ladder {
  /// Null but for spreads.
  package let spread: Text
  var bids = LevelList(isAsk: false)
  var asks = LevelList(isAsk: true)

  init(spread: Text) { self.spread = spread }

  package var bidCount: Int { bids.count }
  package var askCount: Int { asks.count }

  /// The level of a rank, 0 for the best; nil where there are fewer.
  package func bid(_ rank: Int = 0) -> PriceLevel? { bids.level(rank) }
  package func ask(_ rank: Int = 0) -> PriceLevel? { asks.level(rank) }

  /// Whether one of the best `depth` levels of a side may have changed since the last call.
  package func takeChange(depth: Int) -> Bool {
    let (bidsChanged, asksChanged) = (bids.takeChange(depth: depth), asks.takeChange(depth: depth))
    return bidsChanged || asksChanged
  }

  func add(_ order: BookOrder) {
    guard order.rests else { return }
    if order.side.rawValue == OrderSide.buy { bids.add(order) } else { asks.add(order) }
  }

  func remove(_ order: BookOrder) {
    guard order.rests else { return }
    if order.side.rawValue == OrderSide.buy { bids.remove(order) } else { asks.remove(order) }
  }

  /// An order changes that stays on this ladder.
  func change(_ old: BookOrder, to new: BookOrder) {
    guard old.rests, new.rests, old.side == new.side, old.price == new.price else {
      remove(old)
      return add(new)
    }
    if old.side.rawValue == OrderSide.buy { bids.change(old, to: new) } else { asks.change(old, to: new) }
  }

  func removeAll() {
    bids.removeAll()
    asks.removeAll()
  }
}
