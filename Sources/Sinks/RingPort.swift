import Bytes
package import Market
package import Rings

/// A port to a sink with a worker: the lane's half of the ring and the policy for a full one.
package final class RingPort: SinkPort {
  private var producer: RecordProducer
  private let policy: SinkPolicy
  private let counters: SinkCounters
  private var waiting = ConflationTable()
  /// Under the policy spill.
  private let spill: SpillQueue?

  /// How long a waiting lane sleeps between looks at a full ring.
  private static let waitNanos: Int64 = 50_000

  /// A port under a policy that needs no disk.
  package convenience init(_ producer: consuming RecordProducer, _ policy: SinkPolicy, _ counters: SinkCounters) {
    self.init(producer, policy, counters, spill: nil)
  }

  init(
    _ producer: consuming RecordProducer, _ policy: SinkPolicy, _ counters: SinkCounters, spill: SpillQueue?
  ) {
    precondition((policy == .spill) == (spill != nil))
    self.producer = producer
    self.policy = policy
    self.counters = counters
    self.spill = spill
  }

  /// Whether events wait for room outside the ring: nothing may pass them.
  private var hasWaiting: Bool { !waiting.isEmpty || spill?.isEmpty == false }

  package func accept(_ batch: borrowing EventBatch, isStopping: () -> Bool) {
    if batch.isEmpty { return }
    if !hasWaiting && producer.hasRoom(batch.recordCount) {
      unsafe batch.withRecords { records in unsafe producer.append(records) }
      counters.accept(batch.eventCount)
    } else {
      batch.forEach { event in one(event, isStopping) }
    }
    producer.publish()
  }

  /// Waits for room, because a mark is never dropped while the worker lives.
  package func accept(_ gap: Gap, isStopping: () -> Bool) {
    if let spill, !spill.isEmpty || !producer.hasRoom(1),
      unsafe gap.withRecord({ record in unsafe spill.append(record, events: 0) })
    {
      return
    }
    finish(isStopping: isStopping)
    guard waitForRoom(1, isStopping) else { return }
    unsafe gap.withRecord { record in unsafe producer.append(record) }
    producer.publish()
  }

  package var holdsBack: Bool { hasWaiting }

  package func settle() {
    if !hasWaiting { return }
    moveWaiting()
    producer.publish()
  }

  package func finish(isStopping: () -> Bool) {
    while hasWaiting {
      guard waitForRoom(EventRecord.maximumPerEvent, isStopping) else {
        counters.drop(waiting.count)
        waiting.removeAll()
        if let spill { counters.drop(spill.removeAll()) }
        return
      }
      moveWaiting()
      producer.publish()
    }
  }

  /// One event, where not all of a batch fit at once.
  private func one(_ event: EventRef, _ isStopping: () -> Bool) {
    switch policy {
    case .wait:
      if waitForRoom(event.recordCount, isStopping) { append(event) } else { counters.drop(1) }
    case .drop:
      if producer.hasRoom(event.recordCount) { append(event) } else { counters.drop(1) }
    case .conflate:
      conflate(event)
    case .spill:
      if let spill { self.spill(event, spill) }
    }
  }

  private func spill(_ event: EventRef, _ spill: SpillQueue) {
    if !spill.isEmpty { moveWaiting() }
    if spill.isEmpty && producer.hasRoom(event.recordCount) {
      append(event)
    } else if unsafe event.withBytes({ bytes in unsafe spill.append(bytes, events: 1) }) {
      counters.spill(1)
    } else {
      counters.drop(1)
    }
  }

  private func conflate(_ event: EventRef) {
    if !waiting.isEmpty { moveWaiting() }
    if waiting.isEmpty && producer.hasRoom(event.recordCount) {
      append(event)
    } else if let type = event.type, !type.isIndexed {
      if waiting.replace(event) { counters.drop(1) }
    } else {
      counters.drop(1)
    }
  }

  private func append(_ event: EventRef) {
    unsafe event.withBytes { bytes in unsafe producer.append(bytes) }
    counters.accept(1)
  }

  private func moveWaiting() {
    if let spill {
      let lost = spill.drain { event in
        guard producer.hasRoom(event.recordCount) else { return false }
        if event.typeByte == Gap.typeByte {
          unsafe event.withBytes { bytes in unsafe producer.append(bytes) }
        } else {
          append(event)
        }
        return true
      }
      if lost > 0 { counters.drop(lost) }
      return
    }
    waiting.drain { event in
      guard producer.hasRoom(event.recordCount) else { return false }
      append(event)
      return true
    }
  }

  private func waitForRoom(_ records: Int, _ isStopping: () -> Bool) -> Bool {
    if producer.hasRoom(records) { return true }
    producer.publish()
    while !producer.hasRoom(records) {
      if producer.isConsumerGone || isStopping() { return false }
      Pause.sleep(nanos: Self.waitNanos)
    }
    return true
  }
}
