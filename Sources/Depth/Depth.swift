// Depth: what order books and the DOM service show, as rows of NDJSON or CSV and as a table on a terminal.
//
//     lane or replay ─ events ─► BookPort ─ BookSet ─┐
//                    └ DOM_SNAPSHOT ─────────────────┴► DepthView ─► DepthWriter: file or standard output
//                                                                └─► DepthScreen: the last of each
//
// Invariant: a book gives a row for each snapshot and for each change of its best levels, in the order of the commits
// that made them; nothing of a snapshot or transaction under way is seen.
//
// Out of scope: the books themselves (Books), subscriptions and connections (Ingest).

/// Depths that a view may have, in levels a side.
package enum DepthRange {
  package static let levels = 1...10_000
  package static let standard = 10
}
