import Market

/// The last event of each type and symbol, for initial values and conflation.
@safe
struct LatestEvents: ~Copyable {
  struct Key: Hashable {
    let type: EventType
    let symbol: UInt32
  }

  private static let stride = EventRecord.byteCount * EventRecord.maximumPerEvent
  private var base: UnsafeMutableRawPointer
  private var capacity = 256
  private var places: [Key: Int] = [:]

  init() { unsafe base = .allocate(byteCount: 256 * Self.stride, alignment: 128) }

  deinit { unsafe base.deallocate() }

  mutating func keep(_ event: EventRef, _ key: Key) {
    let place = places[key] ?? places.count
    if place == places.count {
      if place == capacity { grow() }
      places[key] = place
    }
    // The place lies within `capacity`; an event has at most two records.
    unsafe event.withBytes { bytes in
      unsafe (base + place * Self.stride).copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
    }
  }

  private mutating func grow() {
    let bigger = UnsafeMutableRawPointer.allocate(byteCount: capacity * 2 * Self.stride, alignment: 128)
    unsafe bigger.copyMemory(from: base, byteCount: capacity * Self.stride)
    unsafe base.deallocate()
    unsafe base = bigger
    capacity *= 2
  }

  func with(_ key: Key, _ body: (EventRef) -> Void) -> Bool {
    guard let place = places[key] else { return false }
    body(unsafe EventRef(base + place * Self.stride))
    return true
  }
}
