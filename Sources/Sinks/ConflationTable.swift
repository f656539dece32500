import Market

/// The newest event of each type and symbol that waits for room, in the order in which each first began to wait.
struct ConflationTable {
  private struct Key: Hashable {
    let type: UInt8
    let symbol: UInt32
  }

  private var place: [Key: Int] = [:]
  private var events: [[UInt8]] = []
  private var first = 0
  /// Events that were cut off before the start of `events`; `place` counts them too.
  private var passed = 0

  /// Slots in memory: never more than twice the events that wait, and `spareSlots`.
  var slotCount: Int { events.count }
  static let spareSlots = 64

  var count: Int { events.count - first }
  var isEmpty: Bool { count == 0 }

  mutating func removeAll() {
    place.removeAll(keepingCapacity: true)
    events.removeAll(keepingCapacity: true)
    first = 0
    passed = 0
  }

  /// Keeps an event; true when it replaced one that waited.
  mutating func replace(_ event: EventRef) -> Bool {
    let key = Key(type: event.typeByte, symbol: event.symbol.rawValue)
    let bytes = unsafe event.withBytes { b in unsafe [UInt8](b) }
    if let i = place[key] {
      events[i - passed] = bytes
      return true
    }
    place[key] = passed + events.count
    events.append(bytes)
    return false
  }

  /// Gives out the oldest first until `take` refuses.
  mutating func drain(_ take: (EventRef) -> Bool) {
    while first < events.count {
      let taken = unsafe events[first].withUnsafeBytes { b in unsafe take(EventRef(b.baseAddress!)) }
      guard taken else { return compact() }
      let bytes = events[first]
      let symbol = unsafe bytes.withUnsafeBytes { b in unsafe b.load(as: UInt32.self) }
      place[Key(type: bytes[EventHead.typeOffset], symbol: symbol)] = nil
      events[first] = []
      first += 1
    }
    removeAll()
  }

  /// Gives back the slots of what was taken, once they are the most: under a lasting overload the table never empties.
  private mutating func compact() {
    guard first >= Self.spareSlots, first * 2 >= events.count else { return }
    events.removeFirst(first)
    passed += first
    first = 0
  }
}
