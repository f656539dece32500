import DXLink
import Market
import Rings

/// What came of each symbol while a lane wants to know: which types, and ends of candle snapshots.
///
/// Memory: 4 bytes a text of the lane, while it is used.
final class SeenEvents {
  /// By text id: a bit for each type.
  private var types: [UInt32] = []
  /// Candle symbols whose snapshot ended.
  private var ended: [TextID] = []

  var hasEndedSnapshots: Bool { !ended.isEmpty }

  func look(at batch: borrowing EventBatch) {
    batch.forEach { event in
      guard let type = event.type else { return }
      let id = Int(event.symbol.rawValue)
      if id >= types.count { grow(toHold: id) }
      types[id] |= 1 << UInt32(type.index)
      if type == .candle, !event.flags.isDisjoint(with: [.snapshotEnd, .snapshotSnip]) { ended.append(event.symbol) }
    }
  }

  /// The types that came of each symbol, as bits by their index; candle symbols in canonical form.
  func symbols(_ texts: TextStore) -> [String: UInt32] {
    var found: [String: UInt32] = [:]
    for (id, bits) in types.enumerated() where bits != 0 {
      let symbol = unsafe texts.withText(UInt32(id)) { unsafe String(decoding: $0, as: UTF8.self) }
      found[CandleSymbol.canonical(symbol), default: 0] |= bits
    }
    return found
  }

  private func grow(toHold id: Int) {
    types.append(contentsOf: repeatElement(0, count: max(id + 1, 2 * types.count) - types.count))
  }

  func takeEndedSnapshots() -> [TextID] {
    defer { ended.removeAll(keepingCapacity: true) }
    return ended
  }
}
