import Synchronization

/// A ring of 128-byte records between one producer and one consumer.
///
/// An event is one record, or two when bit 6 of byte 4 of the first is set. An event always lies in adjacent memory:
/// one spare record behind the last takes the second half of an event that begins in the last.
///
///     | 0 | 1 | ... | capacity-1 | spare |
@safe
package struct RecordRing: ~Copyable {
  @inlinable package static var recordByteCount: Int { 128 }
  private var producer: RecordProducer?
  private var consumer: RecordConsumer?

  /// The writing half, once.
  package mutating func takeProducer() -> RecordProducer { producer.take()! }
  /// The reading half, once.
  package mutating func takeConsumer() -> RecordConsumer { consumer.take()! }

  /// `capacity` in records, rounded up to a power of two, at least 4. A worker that drains several rings gives them one
  /// bell.
  package init(capacity: Int, bell: Bell = Bell()) {
    var size = 4
    while size < capacity { size *= 2 }
    let core = RingCore(byteCount: (size + 1) * Self.recordByteCount, bell: bell)
    producer = RecordProducer(core, size)
    consumer = RecordConsumer(core, size)
  }

}

/// The writing half.
@safe
package struct RecordProducer: ~Copyable, Sendable {
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

  /// Whether `records` more records fit now.
  package mutating func hasRoom(_ records: Int) -> Bool {
    if claimed &+ records &- knownConsumed <= capacity { return true }
    knownConsumed = core.consumed.value.load(ordering: .acquiring)
    return claimed &+ records &- knownConsumed <= capacity
  }

  /// Records that fit now.
  package mutating func room() -> Int {
    knownConsumed = core.consumed.value.load(ordering: .acquiring)
    return capacity - (claimed - knownConsumed)
  }

  /// Records that the consumer has not taken yet.
  package var backlog: Int { claimed - core.consumed.value.load(ordering: .relaxed) }

  /// Copies whole events behind the last one. Call `hasRoom` first. They become visible with `publish`.
  package mutating func append(_ records: UnsafeRawBufferPointer) {
    guard var from = records.baseAddress else { return }
    var left = records.count / RecordRing.recordByteCount
    precondition(left &* RecordRing.recordByteCount == records.count && hasRoom(left))
    while left > 0 {
      let at = claimed & (capacity &- 1)
      var run = min(left, capacity &- at)
      if unsafe run < left && Self.isCut(from, after: run) { run &+= 1 }
      unsafe (memory.pointer + at &* RecordRing.recordByteCount)
        .copyMemory(from: from, byteCount: run &* RecordRing.recordByteCount)
      claimed &+= run
      left &-= run
      unsafe from += run &* RecordRing.recordByteCount
    }
  }

  /// Whether the first `run` records end in the middle of an event.
  private static func isCut(_ records: UnsafeRawPointer, after run: Int) -> Bool {
    var i = 0
    while i < run {
      let typeByte = unsafe records.load(fromByteOffset: i &* RecordRing.recordByteCount &+ 4, as: UInt8.self)
      i &+= 1 &+ Int(typeByte &>> 6 & 1)
    }
    return i > run
  }

  /// Makes everything appended so far visible and wakes the consumer if it sleeps. One that dozes is woken once half of
  /// the ring waits for it.
  package mutating func publish() {
    core.produced.value.store(claimed, ordering: .releasing)
    core.bell.ring(presses: isHalfFull())
  }

  private mutating func isHalfFull() -> Bool {
    if claimed &- knownConsumed <= capacity / 2 { return false }
    knownConsumed = core.consumed.value.load(ordering: .acquiring)
    return claimed &- knownConsumed > capacity / 2
  }

  package var isConsumerGone: Bool { core.consumerGone.load(ordering: .acquiring) }
}

/// The reading half.
@safe
package struct RecordConsumer: ~Copyable, Sendable {
  private let core: RingCore
  private let memory: UncheckedPointer
  package let capacity: Int
  private var taken = 0
  private var knownProduced = 0

  fileprivate init(_ core: RingCore, _ capacity: Int) {
    self.core = core
    self.capacity = capacity
    unsafe memory = UncheckedPointer(core.memory)
  }

  deinit { core.consumerGone.store(true, ordering: .releasing) }

  /// Records that wait to be taken.
  package mutating func available() -> Int {
    knownProduced = core.produced.value.load(ordering: .acquiring)
    return knownProduced - taken
  }

  /// Lends each waiting event, at most about `limit` records, then gives their room back. Returns the records taken.
  package mutating func drain(limit: Int = .max, _ body: (UnsafeRawPointer) -> Void) -> Int {
    unsafe drainRuns(limit: limit) { run, count in
      var done = 0
      while done < count {
        let event = unsafe run + done &* RecordRing.recordByteCount
        unsafe body(event)
        let typeByte = unsafe event.load(fromByteOffset: 4, as: UInt8.self)
        done &+= 1 &+ Int(typeByte &>> 6 & 1)
      }
      return done
    }
  }

  /// Lends the waiting events in runs that lie in one piece, at most about `limit` records, then gives their room back.
  /// Returns the records taken.
  /// - Parameter body: gets where a run lies and how many records it has; takes every event that begins in it, and says
  ///   how many records those are: one more than the run has where the last event is cut.
  package mutating func drainRuns(limit: Int = .max, _ body: (UnsafeRawPointer, Int) -> Int) -> Int {
    let waiting = min(available(), limit)
    var done = 0
    while done < waiting {
      let at = (taken &+ done) & (capacity &- 1)
      let run = unsafe UnsafeRawPointer(memory.pointer + at &* RecordRing.recordByteCount)
      done &+= unsafe body(run, min(waiting &- done, capacity &- at))
    }
    if done > 0 {
      taken &+= done
      core.consumed.value.store(taken, ordering: .releasing)
    }
    return done
  }

  /// True when the producer has gone; records may still wait.
  package var isProducerGone: Bool { core.producerGone.load(ordering: .acquiring) }

  /// True when the producer has gone and nothing waits any more.
  package mutating func isFinished() -> Bool {
    isProducerGone && available() == 0
  }

  /// The bell that the producer rings.
  package var bell: Bell { core.bell }
}

/// A pointer that may cross threads because the ring's cursors say who may touch what.
@unsafe
struct UncheckedPointer: @unchecked Sendable {
  let pointer: UnsafeMutableRawPointer
  init(_ pointer: UnsafeMutableRawPointer) { unsafe self.pointer = pointer }
}
