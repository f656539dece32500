package import Market
package import Snapshots
import Synchronization

/// Brings the series of all lanes into the order of their symbols. Used by every lane's thread.
///
/// A series that is whole waits for those before it; once it was given out its later bars go out as they come.
package final class CandleGathering: Sendable {
  /// Bars that wait for the series before theirs. A series that finds no room is not whole (`tooLong`).
  package static let maximumWaiting = 8 << 20

  /// Canonical, each once, in the order in which their series are given out.
  package let symbols: [String]
  /// Whether series go on when they are whole.
  package let goesOn: Bool
  private let state: Mutex<State>
  private let maximumWaiting: Int
  private let write: @Sendable (Int, [Candle]) -> Void
  private let settled: @Sendable () -> Void

  private struct State {
    var states: [SnapshotState]
    var waiting: [Int: [Candle]] = [:]
    var waitingBars = 0
    /// The first series that has not been given out.
    var next = 0
    var open: Int
    var bars = 0
    var lateUpdates = 0
    /// Nobody waits any more for those that are not whole.
    var isGivenUp = false
  }

  /// - Parameters:
  ///   - write: takes the next bars of the symbol at a position; called by one thread at a time.
  ///   - settled: called once, when no series is awaited any more.
  package init(
    _ symbols: [String], goesOn: Bool, maximumWaiting: Int = CandleGathering.maximumWaiting,
    write: @escaping @Sendable (Int, [Candle]) -> Void, settled: @escaping @Sendable () -> Void
  ) {
    self.symbols = symbols
    self.goesOn = goesOn
    self.maximumWaiting = maximumWaiting
    self.write = write
    self.settled = settled
    state = Mutex(State(states: Array(repeating: .absent, count: symbols.count), open: symbols.count))
  }

  /// Takes finished bars, perhaps none, of a series that is whole.
  func put(_ at: Int, _ bars: [Candle], _ new: SnapshotState) {
    state.withLock { state in
      if state.states[at] == .tooLong { return }
      let isFirst = state.states[at] == .absent
      state.states[at] = new
      if !state.isGivenUp && at > state.next && state.waitingBars + bars.count > maximumWaiting {
        state.waitingBars -= state.waiting.removeValue(forKey: at)?.count ?? 0
        state.states[at] = .tooLong
      } else if state.isGivenUp || at < state.next {
        give(at, bars, &state)
      } else {
        state.waiting[at, default: []] += bars
        state.waitingBars += bars.count
      }
      if !state.isGivenUp { giveInTurn(&state) }
      if isFirst {
        state.open -= 1
        if state.open == 0 { settled() }
      }
    }
  }

  private func give(_ at: Int, _ bars: [Candle], _ state: inout State) {
    if bars.isEmpty { return }
    state.bars += bars.count
    write(at, bars)
  }

  private func giveWaiting(_ at: Int, _ state: inout State) {
    guard let bars = state.waiting.removeValue(forKey: at) else { return }
    state.waitingBars -= bars.count
    give(at, bars, &state)
  }

  private func giveInTurn(_ state: inout State) {
    while state.next < symbols.count, state.states[state.next] != .absent {
      giveWaiting(state.next, &state)
      state.next += 1
    }
  }

  /// Gives out what waits, in order, and from now on all that comes at once.
  package func giveUp() {
    state.withLock { state in
      if state.isGivenUp { return }
      for at in state.next..<symbols.count { giveWaiting(at, &state) }
      state.isGivenUp = true
    }
  }

  func add(lateUpdates: Int) { state.withLock { $0.lateUpdates += lateUpdates } }

  /// Series that are settled so far, and bars that were given out.
  package var progress: (settled: Int, bars: Int) { state.withLock { (symbols.count - $0.open, $0.bars) } }

  package var summary: CandleSummary {
    state.withLock { state in
      var summary = CandleSummary(bars: state.bars, lateUpdates: state.lateUpdates)
      for (symbol, state) in zip(symbols, state.states) { summary.symbols[state, default: []].append(symbol) }
      return summary
    }
  }
}

/// How the series of a gathering ended.
package struct CandleSummary: Sendable {
  /// Bars that were given out.
  package var bars: Int
  /// Updates of bars that had been given out already, which are not in the file.
  package var lateUpdates: Int
  /// Symbols by the state of their snapshot, in order.
  package var symbols: [SnapshotState: [String]] = [:]

  /// Symbols without a whole snapshot; nothing of theirs was given out.
  package var incomplete: [String] { SnapshotState.allCases.filter { !$0.isWhole }.flatMap { symbols[$0] ?? [] } }
}
