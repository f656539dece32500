import DXLink
import Market
import Rings

/// What a lane wants to know of symbols while topics wait for their judgement: which types came of each, and the ends
/// of candle snapshots.
struct SeenEvents {
  /// Candle symbols whose snapshot ended.
  private var ended: [TextID] = []
  /// Candles in all batches so far.
  private var candles = 0

  var hasEndedSnapshots: Bool { !ended.isEmpty }

  init(_ tally: EventTally) {
    tally.watchesSymbols = true
    candles = tally.count(of: .candle)
  }

  /// A batch that the tally has just counted.
  mutating func look(at batch: borrowing EventBatch, _ tally: EventTally) {
    let counted = tally.count(of: .candle)
    if counted == candles { return }
    candles = counted
    let ends = EventFlags.snapshotEnd.union(.snapshotSnip)
    var found: [TextID] = []
    batch.forEach { event in
      if event.type == .candle, !event.flags.isDisjoint(with: ends) { found.append(event.symbol) }
    }
    ended += found
  }

  /// The types that came of each symbol, as bits by their index; candle symbols in canonical form.
  static func symbols(_ tally: EventTally, _ texts: TextStore) -> [String: UInt32] {
    var found: [String: UInt32] = [:]
    for (id, bits) in tally.seenTypes.enumerated() where bits != 0 {
      let symbol = unsafe texts.withText(UInt32(id)) { unsafe String(decoding: $0, as: UTF8.self) }
      found[CandleSymbol.canonical(symbol), default: 0] |= bits
    }
    return found
  }

  mutating func takeEndedSnapshots() -> [TextID] {
    defer { ended.removeAll(keepingCapacity: true) }
    return ended
  }
}
