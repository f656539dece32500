// EndOfDay: recordings as one set of finished files. A Parquet file for each event type, minute and day bars of each
// symbol, and a manifest that says what they were made of.
//
//     recordings ─► replay ─► BlockPort ─► blocks of events by type ─► BlockEncoder, one a thread ─► Quote.parquet …
//                          └► TickPort ──► ticks by symbol ──────────► TickFold ─► bars-1m.parquet, bars-1d.parquet
//                                                                         └► CandleCheck, beside the feed's candles
//
// Invariant: what stands in the folder under the manifest's name is a whole set whose figures reconcile with the
// recordings; the same recordings and options give the same bytes, whatever the number of threads and however often a
// run was killed before.
//
// Memory is bounded: `BlockPort.blockBytes` for each type and for each block that waits, a row group for each type and
// thread, `TickStore.memoryBytes` of ticks (more go to disk), `TickStore.maximumPartitionTicks` while bars are made,
// `CandleCheck.maximumCandles`, `BarFile.maximumBars`.
//
// Out of scope: interpreting messages (Ingest), the bytes of Parquet (Parquet), exit codes (the command line).

package import IO

/// What keeps a day from being finished.
package enum EndOfDayError: Error, CustomStringConvertible {
  case io(IOError)
  case thread(String)
  case recording(path: String, reason: String)
  /// The replay failed.
  case replay(String)
  case usage(String)
  /// Another run works in the folder.
  case busy(folder: String)
  /// Files of ours' names that no manifest knows.
  case foreignFiles(folder: String, name: String)
  case changed(path: String)
  case notReconciled([String])
  case tooManyTicks(limit: Int)
  case tooManyBars(limit: Int)
  case textsFull(type: String)
  case interrupted

  package var description: String {
    switch self {
    case .io(let error): error.description
    case .thread(let why), .replay(let why), .usage(let why): why
    case .recording(let path, let reason): "\(path): \(reason)"
    case .busy(let folder): "another quotewire eod works in \(folder); wait for its end"
    case .foreignFiles(let folder, let name):
      "\(folder) has a \(name) and no manifest that knows it; take another folder, or --force to replace it"
    case .changed(let path): "\(path) changed while it was read; run again when nothing writes to it any more"
    case .notReconciled(let sentences):
      "the figures do not reconcile, and nothing was published: " + sentences.joined(separator: "; ")
    case .tooManyTicks(let limit):
      "the trades of a sixty-fourth of the symbols are more than \(limit), which bars are made of in memory; "
        + "leave them out with --no-bars, or give the recordings one by one"
    case .tooManyBars(let limit): "there are more than \(limit) minute bars; leave them out with --no-bars"
    case .textsFull(let type): "the texts of one row group of \(type) take more memory than they may"
    case .interrupted: "interrupted; the folder is as it was"
    }
  }
}
