// Collect: a snapshot of a universe of symbols: the latest event of each asked type for every symbol, from a feed or
// from a cache on disk.
//
//     list, pattern, file ─► Universe ─► SnapshotCache.entry ── fresh ──────────────────────────────► Snapshot
//                                              └─ stale, absent, damaged ─► Collection (lanes) ─► Snapshot ─► cache
//
// Invariant: an answer is a whole snapshot of one collection, or the snapshot of one whole file whose checksum, feed,
// types and symbols are right; never parts of two. A process that is killed leaves no file under an entry's name that
// is not whole, and no lock.
//
// Out of scope: types of which more than the latest event matters (books, candles, prints): ingest takes those.

package import Market

/// The types that a snapshot can hold: those of which the latest event says everything.
package enum CollectTypes {
  package static let known: [EventType] = [
    .quote, .trade, .tradeETH, .summary, .profile, .greeks, .theoPrice, .underlying,
  ]

  /// The known ones among these, each once, in the order of `known`.
  package static func ordered(_ types: [EventType]) -> [EventType] { known.filter(types.contains) }
}
