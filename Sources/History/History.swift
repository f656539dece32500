// History: finished series of candles from a feed: held back until each is whole, then given out once, symbol by
// symbol, in ascending time, and gone on with where that is wanted.
//
//     lane ─► SnapshotRelay ─► CandlePort ─► CandleSeries ─┐
//     lane ─► SnapshotRelay ─► CandlePort ─► CandleSeries ─┴─► CandleGathering ─► a file
//
// Invariant: of each symbol the bars that are given out rise strictly in time and index; no bar of a snapshot that did
// not end is given out.
//
// Out of scope: what subscribes and asks again after a loss (Ingest), and files (Conversion).
