import Market
import Rings
import Sinks

/// The end of a lane's way: keeps the latest event of each type and symbol. Used by the lane's thread.
final class GatherPort: SinkPort {
  private var snapshot: Snapshot?
  private let texts: TextStore
  private let positions: [String: Int]
  /// Positions by text id plus two: 0 for an id not yet seen, 1 for a symbol that is not ours.
  private var known: [Int32] = []
  /// Position in the snapshot's types, by `EventType.index`; -1 for types that nobody asked for.
  private let slots: [Int]
  /// Types that each symbol still lacks.
  private var lacking: [UInt8]
  private let answered: (Int) -> Void

  /// - Parameter answered: called once for each symbol that has every type.
  init(_ snapshot: consuming Snapshot, texts: TextStore, answered: @escaping (Int) -> Void) {
    var slots = Array(repeating: -1, count: EventType.count)
    for (i, type) in snapshot.types.enumerated() { slots[type.index] = i }
    self.slots = slots
    lacking = Array(repeating: UInt8(snapshot.types.count), count: snapshot.symbols.count)
    positions = Dictionary(uniqueKeysWithValues: snapshot.symbols.enumerated().map { ($1, $0) })
    self.snapshot = consume snapshot
    self.texts = texts
    self.answered = answered
  }

  /// What was gathered, once.
  func takeSnapshot() -> Snapshot {
    guard let taken = snapshot.take() else { preconditionFailure("taken twice") }
    return taken
  }

  func accept(_ batch: borrowing EventBatch, isStopping: () -> Bool) {
    batch.forEach { event in
      guard let type = event.type, slots[type.index] >= 0, let position = position(event.symbol) else { return }
      guard snapshot?.take(event, texts, position: position, type: slots[type.index]) == true else { return }
      lacking[position] -= 1
      if lacking[position] == 0 { answered(position) }
    }
  }

  private func position(_ symbol: TextID) -> Int? {
    let id = Int(symbol.rawValue)
    if id < known.count, known[id] > 0 { return known[id] == 1 ? nil : Int(known[id]) - 2 }
    let name = unsafe texts.withText(symbol.rawValue) { unsafe String(decoding: $0, as: UTF8.self) }
    if id >= known.count { known.append(contentsOf: repeatElement(0, count: id + 1 - known.count)) }
    let position = positions[name]
    known[id] = Int32((position ?? -1) + 2)
    return position
  }

  func accept(_ gap: Gap, isStopping: () -> Bool) {}
  var holdsBack: Bool { false }
  func settle() {}
  func finish(isStopping: () -> Bool) {}
}
