package import Market
package import Snapshots

/// One book: the orders of a symbol from one source, their levels, and what waits for the end of a snapshot or
/// transaction.
package final class Book {
  /// Its position in its set.
  package let number: Int
  package let type: EventType
  package let symbol: TextID
  /// Null where neither the events nor their indexes name one.
  package let source: Text
  package let limits: BookLimits
  private var orders = OrderTable()
  /// The first one has what is no spread.
  package private(set) var ladders: [Ladder] = [Ladder(spread: .null)]
  private var ladderPlaces: [UInt64: Int32] = [:]
  private var gate = SnapshotGate()
  private var held: [BookOrder] = []
  /// Arrival of the last event that changed the book, nanoseconds since 1970 UTC.
  package internal(set) var receivedNanos: Int64 = 0
  /// Orders that found no room since the last snapshot: the levels lack them.
  package private(set) var missing = 0

  package init(
    _ type: EventType, _ symbol: TextID, source: Text, number: Int = 0, limits: BookLimits = BookLimits()
  ) {
    self.number = number
    self.type = type
    self.symbol = symbol
    self.source = source
    self.limits = limits
  }

  /// Of the last snapshot.
  package var state: SnapshotState { gate.state }
  package var orderCount: Int { orders.count }
  package var heldCount: Int { held.count }
  /// The ladder of everything but spreads.
  package var ladder: Ladder { ladders[0] }
  package func order(_ index: Int64) -> BookOrder? { orders[index] }
  package func forEachOrder(_ body: (BookOrder) -> Void) { orders.forEach(body) }

  /// What an event did to the book.
  package enum Effect: Sendable {
    /// It waits, or is void.
    case none
    case update
    case snapshot
  }

  /// Takes the next order with its event's flags. `spread` is null for what is no spread.
  package func take(
    _ order: BookOrder, _ flags: EventFlags, spread: Text = .null, _ counts: inout BookCounts
  ) -> Effect {
    counts.events &+= 1
    var order = order
    if !spread.isNull {
      guard let ladder = ladderNumber(spread) else {
        counts.void &+= 1
        counts.refused &+= 1
        missing &+= 1
        // Its flags count all the same.
        order.isEnd = true
        return settle(order, flags, &counts)
      }
      order.ladder = ladder
    }
    return settle(order, flags, &counts)
  }

  private func settle(_ order: BookOrder, _ flags: EventFlags, _ counts: inout BookCounts) -> Effect {
    switch gate.take(flags) {
    case .commit(let isSnapshot):
      if isSnapshot { begin(&counts) }
      if !held.isEmpty { applyHeld(&counts) }
      apply(order, &counts)
      return isSnapshot ? .snapshot : .update
    case .hold:
      hold(order, &counts)
      return .none
    case .restart:
      drop(&counts)
      hold(order, &counts)
      return .none
    case .restartAndCommit:
      drop(&counts)
      begin(&counts)
      apply(order, &counts)
      return .snapshot
    case .void:
      counts.void &+= 1
      return .none
    }
  }

  /// The connection is gone: what waits is void, and the book is old until its next snapshot.
  package func interrupt(_ counts: inout BookCounts) {
    drop(&counts)
    gate.interrupt()
  }

  private func begin(_ counts: inout BookCounts) {
    counts.snapshots &+= 1
    missing = 0
    orders.removeAll()
    for ladder in ladders { ladder.removeAll() }
  }

  private func hold(_ order: BookOrder, _ counts: inout BookCounts) {
    guard held.count < limits.maximumHeld else {
      gate.refuse()
      counts.void &+= 1
      counts.refused &+= 1 &+ held.count
      return drop(&counts)
    }
    held.append(order)
    counts.held &+= 1
  }

  private func drop(_ counts: inout BookCounts) {
    if held.isEmpty { return }
    counts.held &-= held.count
    counts.void &+= held.count
    held.removeAll(keepingCapacity: true)
  }

  private func applyHeld(_ counts: inout BookCounts) {
    for order in held { apply(order, &counts) }
    counts.held &-= held.count
    held.removeAll(keepingCapacity: true)
  }

  private func apply(_ order: BookOrder, _ counts: inout BookCounts) {
    if order.isEnd {
      guard let old = orders.remove(order.index) else {
        counts.unknownRemovals &+= 1
        return
      }
      ladders[Int(old.ladder)].remove(old)
      counts.applied &+= 1
      return
    }
    switch orders.place(order, mayAdd: orders.count < limits.maximumOrders) {
    case .new: ladders[Int(order.ladder)].add(order)
    case .known(let old):
      if old.ladder == order.ladder {
        ladders[Int(order.ladder)].change(old, to: order)
      } else {
        ladders[Int(old.ladder)].remove(old)
        ladders[Int(order.ladder)].add(order)
      }
    case .refused:
      missing &+= 1
      counts.refused &+= 1
      counts.void &+= 1
      return
    }
    counts.applied &+= 1
  }

  private func ladderNumber(_ spread: Text) -> Int32? {
    if let known = ladderPlaces[spread.word] { return known }
    guard ladders.count <= limits.maximumLadders else { return nil }
    let number = Int32(ladders.count)
    ladders.append(Ladder(spread: spread))
    ladderPlaces[spread.word] = number
    return number
  }
}
