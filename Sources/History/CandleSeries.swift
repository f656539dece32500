package import Market
package import Snapshots

/// The bars of one symbol: those that were given out are remembered by the last one's index, the others are kept.
///
///     snapshot ─► bars ─┬─ all, and the series is over
///                       └─ where it goes on: all but the newest, which is forming until the next one begins
package struct CandleSeries: Sendable {
  /// From new to old, as snapshots come; none at or before `lastGiven`.
  private var bars: [Candle] = []
  private var lastGiven: Int64?
  private var gate = SnapshotGate()
  private var isOver = false
  /// The connection was lost, and what was missed has not come yet: bars that come live may be newer than those.
  private var isInterrupted = false
  package private(set) var state = SnapshotState.absent
  /// Updates of bars that had been given out.
  package private(set) var lateUpdates = 0

  package init() {}

  /// Takes an event of a feed whose snapshots and transactions come whole.
  package mutating func take(_ bar: Candle) {
    if isOver { return }
    let flags = bar.head.eventFlags
    let step = gate.take(flags)
    if step == .void { return }
    if flags.contains(.snapshotBegin) { bars.removeAll(keepingCapacity: true) }
    change(bar, isRemoved: flags.contains(.removeEvent), isUpdate: step == .commit(isSnapshot: false))
    guard step == .commit(isSnapshot: true) || step == .restartAndCommit else { return }
    state = gate.state
    isInterrupted = false
  }

  private mutating func change(_ bar: Candle, isRemoved: Bool, isUpdate: Bool) {
    if let lastGiven, bar.index <= lastGiven {
      // A snapshot that comes again has the bars that are out.
      if isUpdate { lateUpdates += 1 }
      return
    }
    // A snapshot comes from new to old: nearly always this.
    if !isRemoved, bar.index < bars.last?.index ?? .max { return bars.append(bar) }
    var (low, high) = (0, bars.count)
    while low < high {
      let middle = (low + high) / 2
      if bars[middle].index > bar.index { low = middle + 1 } else { high = middle }
    }
    let isThere = low < bars.count && bars[low].index == bar.index
    switch (isRemoved, isThere) {
    case (true, true): bars.remove(at: low)
    case (true, false): break
    case (false, true): bars[low] = bar
    case (false, false): bars.insert(bar, at: low)
    }
  }

  /// The connection was lost.
  package mutating func interrupt() { if state.isWhole { isInterrupted = true } }

  /// What was missed has come.
  package mutating func resume() { isInterrupted = false }

  /// Takes out, in ascending time and without flags, what is finished; nothing while the series is not whole.
  ///
  /// - Parameter goesOn: the newest bar stays, as one that is forming; else all go, and the series is over.
  package mutating func takeFinished(goesOn: Bool) -> [Candle] {
    guard state.isWhole, !isOver, !(goesOn && isInterrupted) else { return [] }
    let kept = goesOn ? min(1, bars.count) : 0
    var finished = Array(bars[kept...].reversed())
    for at in finished.indices { finished[at].head.eventFlags = [] }
    lastGiven = finished.last?.index ?? lastGiven
    bars.removeLast(bars.count - kept)
    if !goesOn {
      isOver = true
      bars = []
    }
    return finished
  }
}
