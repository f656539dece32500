// Books: orders of Order, SpreadOrder, AnalyticOrder and OtcMarketsOrder as books: price levels in order, and the top.
//
//     event ─► BookSet ─ (type, symbol, source) ─► Book ─► SnapshotGate ─┬─ hold ───► orders that wait
//                                                                        └─ commit ─► OrderTable, Ladder: levels
//
// Invariant: the levels of a side are exactly the orders of the table that rest there, summed by price; a book changes
// by whole snapshots and transactions only. Used by one thread. In steady state an update allocates nothing.
//
// Out of scope: rows, files and screens (Depth), and whether the feed's book makes sense: it may be crossed.

/// How large books may grow.
package struct BookLimits: Sendable, Equatable {
  /// Orders of one book; further ones are refused and counted.
  package var maximumOrders = 100_000
  /// Orders that wait for the end of a snapshot or transaction, of one book.
  package var maximumHeld = 200_000
  /// Books of one lane; the events of further ones are refused and counted.
  package var maximumBooks = 100_000
  /// Spreads that one book of SpreadOrders keeps apart.
  package var maximumLadders = 10_000
  /// Longest search for an order's place: a chain that long is made by a server that chose its indexes so.
  package static let maximumProbes = 512
  /// Sizes above this are no sizes; sums stay finite.
  package static let maximumSize = 1e100
  package init() {}
}

/// What the books of one lane have counted.
package struct BookCounts: Sendable, Equatable {
  /// Events of order types.
  package var events = 0
  /// Orders that came, changed or went.
  package var applied = 0
  /// Removals of orders that were not there.
  package var unknownRemovals = 0
  /// Snapshots that replaced a book.
  package var snapshots = 0
  /// Events that no book took: void parts of snapshots and transactions, and everything beyond a limit.
  package var void = 0
  /// Of these: beyond a limit.
  package var refused = 0
  /// Events that wait for the end of their snapshot or transaction.
  package var held = 0
  package init() {}

  package static func += (a: inout BookCounts, b: BookCounts) {
    a.events += b.events
    a.applied += b.applied
    a.unknownRemovals += b.unknownRemovals
    a.snapshots += b.snapshots
    a.void += b.void
    a.refused += b.refused
    a.held += b.held
  }
}
