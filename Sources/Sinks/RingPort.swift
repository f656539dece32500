import Bytes
package import Market
package import Rings

/// A port to a sink with a worker: the lane's half of the ring and the policy for a full one.
package final class RingPort: SinkPort {
  private var producer: RecordProducer
  private let policy: SinkPolicy
  private let counters: SinkCounters
  private var waiting = ConflationTable()

  /// How long a waiting lane sleeps between looks at a full ring.
  private static let waitNanos: Int64 = 50_000

  package init(_ producer: consuming RecordProducer, _ policy: SinkPolicy, _ counters: SinkCounters) {
    self.producer = producer
    self.policy = policy
    self.counters = counters
  }

  package func accept(_ batch: borrowing EventBatch, isStopping: () -> Bool) {
    if batch.isEmpty { return }
    if waiting.isEmpty && producer.hasRoom(batch.recordCount) {
      unsafe batch.withRecords { records in unsafe producer.append(records) }
      counters.accept(batch.eventCount)
    } else {
      batch.forEach { event in one(event, isStopping) }
    }
    producer.publish()
  }

  /// Waits for room, because a mark is never dropped while the worker lives.
  package func accept(_ gap: Gap, isStopping: () -> Bool) {
    finish(isStopping: isStopping)
    guard waitForRoom(1, isStopping) else { return }
    unsafe gap.withRecord { record in unsafe producer.append(record) }
    producer.publish()
  }

  package var holdsBack: Bool { !waiting.isEmpty }

  package func settle() {
    if waiting.isEmpty { return }
    moveWaiting()
    producer.publish()
  }

  package func finish(isStopping: () -> Bool) {
    while !waiting.isEmpty {
      guard waitForRoom(EventRecord.maximumPerEvent, isStopping) else {
        counters.drop(waiting.count)
        waiting.removeAll()
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
