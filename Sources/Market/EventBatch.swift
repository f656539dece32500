/// Events in the order in which they were decoded, in memory of fixed size: what one frame gives.
///
/// Invariant: `0 <= recordCount <= capacity`; the first `recordCount` records are whole events.
@safe
@usableFromInline
package struct EventBatch: ~Copyable {
  @usableFromInline package let capacity: Int
  @usableFromInline let base: UnsafeMutableRawPointer
  private let templates: UnsafeMutableRawPointer
  @usableFromInline package private(set) var recordCount = 0
  @usableFromInline package private(set) var eventCount = 0

  /// The receive time that all events have, where whoever fills the batch tells it and they share one; else nil.
  package private(set) var commonReceivedNanos: Int64?

  /// A state to return to when what was decoded since turns out to be wrong.
  package struct Mark {
    fileprivate let records: Int
    fileprivate let events: Int
  }

  private static let templateStride = EventRecord.byteCount * EventRecord.maximumPerEvent

  /// `capacity` counts records of 128 bytes.
  package init(capacity: Int = 4096) {
    precondition(capacity >= EventRecord.maximumPerEvent)
    self.capacity = capacity
    unsafe base = .allocate(byteCount: capacity * EventRecord.byteCount, alignment: 128)
    unsafe templates = .allocate(byteCount: Self.templateStride * EventType.count, alignment: 128)
    for schema in Schema.all {
      let to = unsafe templates + schema.type.index * Self.templateStride
      unsafe schema.template.withUnsafeBytes { b in
        if let from = b.baseAddress { unsafe to.copyMemory(from: from, byteCount: b.count) }
      }
    }
  }

  deinit {
    unsafe base.deallocate()
    unsafe templates.deallocate()
  }

  package var isEmpty: Bool { recordCount == 0 }
  package var mark: Mark { Mark(records: recordCount, events: eventCount) }

  package mutating func rollBack(to mark: Mark) {
    precondition(mark.records <= recordCount && mark.events <= eventCount)
    recordCount = mark.records
    eventCount = mark.events
  }

  @inlinable @inline(__always)
  package mutating func removeAll() {
    recordCount = 0
    eventCount = 0
  }

  /// Says when the events arrived that are appended from now on; a batch that is told once has to be told of all.
  package mutating func noteArrival(_ receivedNanos: Int64) {
    if recordCount == 0 {
      commonReceivedNanos = receivedNanos
    } else if commonReceivedNanos != receivedNanos {
      commonReceivedNanos = nil
    }
  }

  /// Keeps the first `count` events.
  package mutating func truncate(toEvents count: Int) {
    guard count < eventCount else { return }
    var records = 0
    for _ in 0..<count { records += unsafe EventRef(base + records * EventRecord.byteCount).recordCount }
    recordCount = records
    eventCount = count
  }

  /// Claims an event of `type` with every field at its default and lends its bytes; nil when the batch is full.
  /// The pointer is good until the next call.
  package mutating func append(_ type: EventType) -> UnsafeMutableRawPointer? {
    let records = type.recordCount
    guard recordCount &+ records <= capacity else { return nil }
    let event = unsafe base + recordCount &* EventRecord.byteCount
    unsafe event.copyMemory(
      from: templates + type.index &* Self.templateStride, byteCount: records &* EventRecord.byteCount)
    recordCount &+= records
    eventCount &+= 1
    return unsafe event
  }

  /// The memory behind the last event, for whoever writes whole events there and then commits them. Good until the
  /// next call.
  @inlinable @inline(__always)
  package var room: (base: UnsafeMutableRawPointer, end: UnsafeMutableRawPointer) {
    unsafe (base + recordCount &* EventRecord.byteCount, base + capacity &* EventRecord.byteCount)
  }

  /// Takes the events that were written from `room` up to `end`.
  @inlinable @inline(__always)
  package mutating func commit(upTo end: UnsafeMutableRawPointer, events: Int) {
    let records = unsafe (end - base) / EventRecord.byteCount
    precondition(records >= recordCount + events && records <= capacity)
    recordCount = records
    eventCount &+= events
  }

  /// Appends a copy of a whole event; false when the batch is full.
  package mutating func append<Event: MarketEvent>(_ event: Event) -> Bool {
    guard let to = unsafe append(Event.eventType) else { return false }
    unsafe to.storeBytes(of: event, as: Event.self)
    return true
  }

  package func forEach<E: Error>(_ body: (EventRef) throws(E) -> Void) throws(E) {
    var i = 0
    while i < recordCount {
      let event = unsafe EventRef(base + i * EventRecord.byteCount)
      try body(event)
      i += event.recordCount
    }
  }

  /// All records, for a copy into a ring.
  @inlinable @inline(__always)
  package func withRecords<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    try unsafe body(UnsafeRawBufferPointer(start: base, count: recordCount * EventRecord.byteCount))
  }
}
