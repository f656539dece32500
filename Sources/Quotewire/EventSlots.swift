import Market

/// Events that wait, in slots of equal size, each with the lane it came from.
///
///     first ≤ number < end, the slot of a number is number % capacity
///
/// Invariant: `0 <= end - first <= capacity`; numbers never come again.
@safe
struct EventSlots: ~Copyable, Sendable {
  let capacity: Int
  /// Bytes of a slot: those of the longest event that may come.
  let stride: Int
  // Owned by this value alone, which one thread at a time has.
  nonisolated(unsafe) private let events: UnsafeMutableRawPointer
  nonisolated(unsafe) private let lanes: UnsafeMutablePointer<UInt16>
  private(set) var first = 0
  private(set) var end = 0

  init(capacity: Int, stride: Int) {
    self.capacity = capacity
    self.stride = stride
    unsafe events = .allocate(byteCount: capacity * stride, alignment: 64)
    unsafe lanes = .allocate(capacity: capacity)
  }

  deinit {
    unsafe events.deallocate()
    unsafe lanes.deallocate()
  }

  var count: Int { end &- first }
  var room: Int { capacity &- count }

  /// Appends a whole event; the caller has looked for room.
  mutating func append(_ event: UnsafeRawPointer, byteCount: Int, lane: UInt16) {
    unsafe put(event, byteCount, lane, at: end % capacity)
    end &+= 1
  }

  /// Puts an event in the place of another that waits.
  mutating func replace(_ number: Int, with event: UnsafeRawPointer, byteCount: Int, lane: UInt16) {
    precondition(number >= first && number < end)
    unsafe put(event, byteCount, lane, at: number % capacity)
  }

  private func put(_ event: UnsafeRawPointer, _ byteCount: Int, _ lane: UInt16, at slot: Int) {
    precondition(byteCount <= stride)
    unsafe (events + slot &* stride).copyMemory(from: event, byteCount: byteCount)
    unsafe lanes[slot] = lane
  }

  mutating func dropFirst() {
    precondition(count > 0)
    first &+= 1
  }

  mutating func removeAll() { first = end }

  /// Moves up to `most` of the oldest events to the start of a block.
  mutating func take(_ most: Int, into block: EventBlock) {
    let taken = min(most, count, block.capacity)
    let start = first % capacity
    let whole = min(taken, capacity &- start)
    unsafe block.fill(events + start &* stride, lanes + start, whole, at: 0)
    unsafe block.fill(events, lanes, taken &- whole, at: whole)
    block.count = taken
    first &+= taken
  }
}

/// Events that the consumer has taken and not yet given out.
@safe
final class EventBlock {
  let capacity: Int
  private let stride: Int
  private let events: UnsafeMutableRawPointer
  private let lanes: UnsafeMutablePointer<UInt16>
  fileprivate(set) var count = 0

  init(capacity: Int, stride: Int) {
    self.capacity = capacity
    self.stride = stride
    unsafe events = .allocate(byteCount: capacity * stride, alignment: 64)
    unsafe lanes = .allocate(capacity: capacity)
  }

  deinit {
    unsafe events.deallocate()
    unsafe lanes.deallocate()
  }

  fileprivate func fill(
    _ from: UnsafeMutableRawPointer, _ fromLanes: UnsafeMutablePointer<UInt16>, _ count: Int, at: Int
  ) {
    unsafe (events + at &* stride).copyMemory(from: from, byteCount: count &* stride)
    for i in 0..<count { unsafe lanes[at &+ i] = fromLanes[i] }
  }

  /// The lane that an event came from.
  func lane(_ i: Int) -> Int {
    precondition(i >= 0 && i < count)
    return unsafe Int(lanes[i])
  }

  /// A whole event, good until the next `take`.
  func event(_ i: Int) -> UnsafeRawPointer {
    precondition(i >= 0 && i < count)
    return unsafe UnsafeRawPointer(events + i &* stride)
  }
}

/// Types by the byte that tells them in a record.
struct TypeSet: Sendable {
  private var one: UInt64 = 0
  private var two: UInt64 = 0

  init(_ types: some Sequence<Market.EventType>) {
    for type in types {
      if type.recordCount == 1 { one |= 1 << UInt64(type.rawValue) } else { two |= 1 << UInt64(type.rawValue & 0x3F) }
    }
  }

  func contains(_ typeByte: UInt8) -> Bool {
    let set = typeByte & 0x40 == 0 ? one : two
    return set &>> UInt64(typeByte & 0x3F) & 1 == 1
  }
}
