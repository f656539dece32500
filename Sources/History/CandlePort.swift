import DXLink
package import Market
package import Rings
import Sinks
import Snapshots

/// Keeps the series of one lane and gives their finished bars to the gathering. Used by the lane's thread.
package final class CandlePort: SinkPort {
  private let texts: TextStore
  private let gathering: CandleGathering
  private var series: [CandleSeries]
  private let positions: [String: Int]
  /// Positions by text id plus two: 0 for an id not yet seen, 1 for a symbol that nobody asked for.
  private var known: [Int32] = []
  /// Series with news in the batch that is being taken.
  private var touched: [Int] = []

  package init(texts: TextStore, gathering: CandleGathering) {
    self.texts = texts
    self.gathering = gathering
    series = Array(repeating: CandleSeries(), count: gathering.symbols.count)
    positions = Dictionary(uniqueKeysWithValues: gathering.symbols.enumerated().map { ($1, $0) })
  }

  package func accept(_ batch: borrowing EventBatch, isStopping: () -> Bool) {
    batch.forEach { event in
      guard event.type == .candle, let at = position(event.symbol), let bar = event.event(as: Candle.self) else {
        return
      }
      series[at].take(bar)
      if touched.last != at { touched.append(at) }
    }
    for at in touched { give(at, goesOn: gathering.goesOn) }
    touched.removeAll(keepingCapacity: true)
  }

  /// A server may answer with another spelling than it was asked with.
  private func position(_ symbol: TextID) -> Int? {
    let id = Int(symbol.rawValue)
    if id < known.count, known[id] > 0 { return known[id] == 1 ? nil : Int(known[id]) - 2 }
    let name = unsafe texts.withText(symbol.rawValue) { unsafe String(decoding: $0, as: UTF8.self) }
    if id >= known.count { known.append(contentsOf: repeatElement(0, count: id + 1 - known.count)) }
    let position = positions[CandleSymbol.canonical(name)]
    known[id] = Int32((position ?? -1) + 2)
    return position
  }

  private func give(_ at: Int, goesOn: Bool) {
    let finished = series[at].takeFinished(goesOn: goesOn)
    if series[at].state.isWhole { gathering.put(at, finished, series[at].state) }
  }

  package func accept(_ gap: Gap, isStopping: () -> Bool) {
    for at in series.indices {
      if gap.isLoss { series[at].interrupt() } else if gap.reason == .filled { series[at].resume() }
      if gap.reason == .filled { give(at, goesOn: gathering.goesOn) }
    }
  }

  package var holdsBack: Bool { false }
  package func settle() {}

  /// Nothing more comes: the bars that are forming go out as they are.
  package func finish(isStopping: () -> Bool) {
    for at in series.indices { give(at, goesOn: false) }
    gathering.add(lateUpdates: series.reduce(0) { $0 + $1.lateUpdates })
  }
}
