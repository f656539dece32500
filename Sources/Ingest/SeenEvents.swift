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

  /// By an event's type byte: the bit of the type, 0 for bytes that are none.
  private let bits: [UInt32] = (0...UInt8.max).map { byte in
    EventType(rawValue: byte).map { 1 << UInt32($0.index) } ?? 0
  }

  func look(at batch: borrowing EventBatch) {
    // Out of this object, and with loads of its own: calls into another module for each event would cost more than
    // all else here.
    var types: [UInt32] = []
    swap(&types, &self.types)
    let recordBytes = EventRecord.byteCount
    let ends = UInt64(EventFlags.snapshotEnd.rawValue | EventFlags.snapshotSnip.rawValue)
    let candle = Int(EventType.candle.rawValue)
    unsafe batch.withRecords { records in
      guard let base = records.baseAddress else { return }
      var at = 0
      // Whole events, by the batch's invariant; a byte has 256 values.
      while at < records.count {
        let head = unsafe base.load(fromByteOffset: at, as: UInt64.self)
        let id = Int(truncatingIfNeeded: head & 0xFFFF_FFFF)
        let byte = Int(truncatingIfNeeded: head &>> 32 & 0xFF)
        if id >= types.count { Self.grow(&types, toHold: id) }
        types[id] |= bits[byte]
        if byte == candle, head &>> 40 & ends != 0 { ended.append(TextID(rawValue: UInt32(id))) }
        at &+= (1 &+ (byte &>> 6 & 1)) &* recordBytes
      }
    }
    swap(&types, &self.types)
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

  private static func grow(_ types: inout [UInt32], toHold id: Int) {
    types.append(contentsOf: repeatElement(0, count: max(id + 1, 2 * types.count) - types.count))
  }

  func takeEndedSnapshots() -> [TextID] {
    defer { ended.removeAll(keepingCapacity: true) }
    return ended
  }
}
