import Market

/// Where events lie, by type: some at a time become columns together, so that the loops over them are long and the
/// events still near. Belongs to one thread.
@safe
final class EventGather {
  /// By type: `capacity` places.
  private let events: UnsafeMutablePointer<UnsafeRawPointer>
  private let counts: UnsafeMutablePointer<Int>
  /// `EventType.index` by type byte; -1 for no type.
  private let places: [Int]

  /// 16 KiB of events of one record: half of a first cache.
  static let capacity = 128

  init() {
    unsafe events = .allocate(capacity: Self.capacity * EventType.count)
    unsafe counts = .allocate(capacity: EventType.count)
    unsafe counts.initialize(repeating: 0, count: EventType.count)
    places = (0...255).map { EventType(rawValue: $0)?.index ?? -1 }
  }

  deinit {
    unsafe events.deallocate()
    unsafe counts.deallocate()
  }

  /// Takes whole events that lie in one piece, which must stay until the next `settle`.
  /// - Parameter full: gets the events of a type, by its index, where there are as many as are gathered.
  func append(_ records: UnsafeRawBufferPointer, _ full: (Int, UnsafeBufferPointer<UnsafeRawPointer>) -> Void) {
    guard let base = records.baseAddress else { return }
    // Loads of its own, because calls into another module would cost more than a column does.
    let (recordBytes, typeOffset) = (EventRecord.byteCount, EventHead.typeOffset)
    var at = 0
    while at < records.count {
      // Events of a type come in runs.
      let typeByte = unsafe base.load(fromByteOffset: at &+ typeOffset, as: UInt8.self)
      let stride = (1 &+ Int(typeByte &>> 6 & 1)) &* recordBytes
      let i = places[Int(typeByte)]
      if i < 0 {
        at &+= stride
        continue
      }
      let to = unsafe events + i &* Self.capacity
      var count = unsafe counts[i]
      repeat {
        unsafe to[count] = base + at
        count &+= 1
        at &+= stride
      } while unsafe count < Self.capacity && at < records.count
        && base.load(fromByteOffset: at &+ typeOffset, as: UInt8.self) == typeByte
      unsafe counts[i] = count
      if count == Self.capacity { unsafe give(i, full) }
    }
  }

  /// Takes one event.
  func append(_ event: EventRef, _ full: (Int, UnsafeBufferPointer<UnsafeRawPointer>) -> Void) {
    let i = unsafe places[Int(event.base.load(fromByteOffset: EventHead.typeOffset, as: UInt8.self))]
    if i < 0 { return }
    let count = unsafe counts[i]
    unsafe events[i &* Self.capacity &+ count] = event.base
    unsafe counts[i] = count &+ 1
    if count &+ 1 == Self.capacity { unsafe give(i, full) }
  }

  /// Gives up everything that was gathered.
  func settle(_ body: (Int, UnsafeBufferPointer<UnsafeRawPointer>) -> Void) {
    for i in 0..<EventType.count where unsafe counts[i] > 0 { unsafe give(i, body) }
  }

  private func give(_ i: Int, _ body: (Int, UnsafeBufferPointer<UnsafeRawPointer>) -> Void) {
    let count = unsafe counts[i]
    unsafe counts[i] = 0
    unsafe body(i, UnsafeBufferPointer(start: events + i &* Self.capacity, count: count))
  }
}
