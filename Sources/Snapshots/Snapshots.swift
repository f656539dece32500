// Snapshots: indexed events held back until their snapshot or transaction is whole, one gate for each type, symbol and
// source (the algorithm of dxFeed's IndexedEvent model).
//
//     event ─► SnapshotStage ─ key ─► SnapshotGate ─┬─ hold ───► HeldEvents
//                                                   ├─ commit ─► Commit: what was held, then this event
//                                                   └─ BEGIN ──► what was held is void, hold again
//
// Invariant: events of a key leave in the order in which they came, each once or never; what was taken is committed,
// held or void, and each of the three is counted. Nothing here knows a time or does any I/O.
//
// Out of scope: what a reader makes of the rows (Books, History), and which subscriptions bring them (Ingest).
