import Synchronization

/// A ring of byte strings between one producer and one consumer: frames on their way to the recording.
///
/// Each entry is an 8-byte length, then the bytes, padded to 8. A length of -1 says: go on at the start.
///
///     | length | bytes ... | length | bytes ... | -1 |        |
@safe
package struct ByteRing: ~Copyable {
  private var producer: ByteProducer?
  private var consumer: ByteConsumer?

  /// The writing half, once.
  package mutating func takeProducer() -> ByteProducer { producer.take()! }
  /// The reading half, once.
  package mutating func takeConsumer() -> ByteConsumer { consumer.take()! }

  /// `capacity` in bytes, rounded up to a power of two, at least 4 KiB. An entry may take half of it.
  package init(capacity: Int, bell: Bell = Bell()) {
    var size = 4096
    while size < capacity { size *= 2 }
    let core = RingCore(byteCount: size, bell: bell)
    producer = ByteProducer(core, size)
    consumer = ByteConsumer(core, size)
  }
}

private enum Entry {
  static let lengthBytes = 8
  static let wrap = -1
  /// Ring bytes of an entry with `count` bytes.
  static func size(_ count: Int) -> Int { (lengthBytes + count + 7) & ~7 }
}

/// The writing half.
@safe
package struct ByteProducer: ~Copyable, Sendable {
  private let core: RingCore
  private let memory: UncheckedPointer
  package let capacity: Int
  private var claimed = 0
  private var knownConsumed = 0

  fileprivate init(_ core: RingCore, _ capacity: Int) {
    self.core = core
    self.capacity = capacity
    unsafe memory = UncheckedPointer(core.memory)
  }

  deinit {
    core.producerGone.store(true, ordering: .releasing)
    core.bell.ring()
  }

  /// The longest entry that ever fits.
  package var maximumEntryBytes: Int { capacity / 2 - Entry.lengthBytes }

  /// Bytes that the consumer has not taken yet.
  package var backlog: Int { claimed - core.consumed.value.load(ordering: .relaxed) }

  /// Appends one entry made of two parts; false when it does not fit now. It becomes visible with `publish`.
  package mutating func append(_ head: UnsafeRawBufferPointer, _ tail: UnsafeRawBufferPointer) -> Bool {
    let count = head.count + tail.count
    guard count <= maximumEntryBytes else { return false }
    let size = Entry.size(count)
    let at = claimed & (capacity - 1)
    let skip = at + size > capacity ? capacity - at : 0
    guard hasRoom(skip + size) else { return false }
    if skip > 0 { unsafe (memory.pointer + at).storeBytes(of: Entry.wrap, as: Int.self) }
    let to = unsafe memory.pointer + (claimed + skip) & (capacity - 1)
    unsafe to.storeBytes(of: count, as: Int.self)
    if let from = head.baseAddress {
      unsafe (to + Entry.lengthBytes).copyMemory(from: from, byteCount: head.count)
    }
    if let from = tail.baseAddress {
      unsafe (to + Entry.lengthBytes + head.count).copyMemory(from: from, byteCount: tail.count)
    }
    claimed += skip + size
    return true
  }

  private mutating func hasRoom(_ bytes: Int) -> Bool {
    if claimed &+ bytes &- knownConsumed <= capacity { return true }
    knownConsumed = core.consumed.value.load(ordering: .acquiring)
    return claimed &+ bytes &- knownConsumed <= capacity
  }

  /// Makes everything appended so far visible and wakes the consumer if it sleeps. One that dozes is woken once a
  /// quarter of the ring waits for it: an entry may need half of it.
  package mutating func publish() {
    core.produced.value.store(claimed, ordering: .releasing)
    core.bell.ring(presses: isQuarterFull())
  }

  private mutating func isQuarterFull() -> Bool {
    if claimed &- knownConsumed <= capacity / 4 { return false }
    knownConsumed = core.consumed.value.load(ordering: .acquiring)
    return claimed &- knownConsumed > capacity / 4
  }

  package var isConsumerGone: Bool { core.consumerGone.load(ordering: .acquiring) }
}

/// The reading half.
@safe
package struct ByteConsumer: ~Copyable, Sendable {
  private let core: RingCore
  private let memory: UncheckedPointer
  package let capacity: Int
  private var taken = 0

  fileprivate init(_ core: RingCore, _ capacity: Int) {
    self.core = core
    self.capacity = capacity
    unsafe memory = UncheckedPointer(core.memory)
  }

  deinit { core.consumerGone.store(true, ordering: .releasing) }

  package func hasNews() -> Bool { core.produced.value.load(ordering: .acquiring) != taken }

  /// Lends each waiting entry, at most `limit`, then gives their room back. Returns how many there were.
  package mutating func drain(limit: Int = .max, _ body: (UnsafeRawBufferPointer) -> Void) -> Int {
    let produced = core.produced.value.load(ordering: .acquiring)
    var entries = 0
    var at = taken
    while at < produced && entries < limit {
      let place = at & (capacity - 1)
      let entry = unsafe memory.pointer + place
      let count = unsafe entry.load(as: Int.self)
      if count == Entry.wrap {
        at += capacity - place
        continue
      }
      unsafe body(UnsafeRawBufferPointer(start: entry + Entry.lengthBytes, count: count))
      at += Entry.size(count)
      entries += 1
    }
    if at != taken {
      taken = at
      core.consumed.value.store(taken, ordering: .releasing)
    }
    return entries
  }

  /// True when the producer has gone and nothing waits any more.
  package func isFinished() -> Bool { isProducerGone && !hasNews() }

  /// True when the producer has gone; entries may still wait.
  package var isProducerGone: Bool { core.producerGone.load(ordering: .acquiring) }

  /// The bell that the producer rings.
  package var bell: Bell { core.bell }
}
