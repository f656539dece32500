import Market

/// A snapshot or transaction under way: rows that must come in order before anything else happens to its key.
struct Run {
  enum Key: Equatable {
    case candle(Int)
    case series(Int)
    case book(BookKey)
    /// The second half of a transaction on a book.
    case transactionEnd(BookKey)
  }

  /// How the snapshot ends.
  enum Ending: Int, CaseIterable {
    /// A marker row with flags REMOVE and END.
    case marker
    /// END on the last row.
    case end
    /// SNIP on the last row: older rows were cut off.
    case snip
    /// All rows pending, END alone on the last.
    case pendingThenEnd
    /// All rows pending, END and PENDING on the last row, the transaction ends with a row behind it.
    case endPending
  }

  let key: Key
  let rows: Int
  let ending: Ending
  var position = 0
  /// Row at which the server starts over, as after a failover; -1 for never.
  var restartsAt = -1

  /// Rows with what follows the last.
  var total: Int {
    switch ending {
    case .marker, .endPending: max(rows, 1) + (rows == 0 ? 0 : 1)
    default: max(rows, 1)
    }
  }

  /// Flags of the row at `position`. An empty snapshot is one row with BEGIN, REMOVE and END.
  var flags: EventFlags {
    if rows == 0 { return [.snapshotBegin, .removeEvent, .snapshotEnd] }
    var flags = EventFlags(rawValue: position == 0 ? EventFlags.snapshotBegin.rawValue : 0)
    let isLast = position == rows - 1
    switch ending {
    case .marker: if position == rows { flags = [.removeEvent, .snapshotEnd] }
    case .end: if isLast { flags.insert(.snapshotEnd) }
    case .snip: if isLast { flags.insert(.snapshotSnip) }
    case .pendingThenEnd: flags.insert(isLast ? .snapshotEnd : .txPending)
    case .endPending:
      if position < rows { flags.insert(.txPending) }
      if isLast { flags.insert(.snapshotEnd) }
    }
    return flags
  }
}

extension Generator {
  /// Most runs that interleave at a time; the others wait.
  static var runsAtOnce: Int { 8 }

  mutating func begin(_ key: Run.Key, rows: Int) {
    let ending = Run.Ending.allCases[random.below(Run.Ending.allCases.count)]
    var run = Run(key: key, rows: rows, ending: ending)
    if rows > 3 && random.oneIn(12) { run.restartsAt = random.within(2...rows - 1) }
    runs.append(run)
  }

  /// Gives the next row of one of the runs; of the newest, where the caller just began it. Without a run the caller's
  /// key cannot be busy, so there always is one.
  mutating func advanceRun(into batch: inout EventBatch, newest: Bool = false) {
    let at = newest ? runs.count - 1 : random.below(min(runs.count, Self.runsAtOnce))
    if runs[at].position == runs[at].restartsAt {
      runs[at].restartsAt = -1
      runs[at].position = 0
    }
    let run = runs[at]
    switch run.key {
    case .candle(let i): addCandleRow(i, run, &batch)
    case .series(let i):
      // The row behind an END that was pending updates the last expiration again.
      addSeries(i, run.ending == .endPending ? min(run.position, run.rows - 1) : run.position, run.flags, &batch)
    case .book(let key): addSnapshotOrder(key, run, &batch)
    case .transactionEnd(let key): endTransaction(key, &batch)
    }
    runs[at].position += 1
    guard runs[at].position >= runs[at].total else { return }
    runs.remove(at: at)
    switch run.key {
    case .candle(let i): candles[i].isBusy = false
    case .series(let i): universe.instruments[i].isSeriesBusy = false
    case .book(let key), .transactionEnd(let key):
      books[key]?.isBusy = false
      if books[key]?.wantsRestart == true { beginBook(key) }
    }
  }
}
