import Bytes
package import Market
package import Metrics

/// The port of `null:`, which counts and forgets. Nothing leaves the lane: there is no ring that could fill up, so no
/// policy is ever asked, and what is accepted is written in the same moment.
package final class NullPort: SinkPort {
  private let counters: SinkCounters
  /// This lane's alone; nil where receive times are not of now.
  private let latency: Histogram?

  package init(_ counters: SinkCounters, latency: Histogram?) {
    self.counters = counters
    self.latency = latency
  }

  package func accept(_ batch: borrowing EventBatch, isStopping: () -> Bool) {
    if batch.isEmpty { return }
    counters.accept(batch.eventCount)
    counters.write(batch.eventCount)
    if let latency { measure(batch, latency) }
  }

  /// From arrival to here.
  private func measure(_ batch: borrowing EventBatch, _ latency: Histogram) {
    let now = WallNanos.now().rawValue
    if let received = batch.commonReceivedNanos {
      return latency.record(max(0, now &- received), times: batch.eventCount)
    }
    var arrivals = ArrivalRuns()
    // Loads of its own, because calls into another module would cost more than all else here.
    let (recordBytes, typeOffset, receivedOffset) = (
      EventRecord.byteCount, EventHead.typeOffset, EventHead.receivedOffset
    )
    unsafe batch.withRecords { records in
      guard let base = records.baseAddress else { return }
      let end = unsafe base + records.count
      var at = unsafe base
      // Whole events, by the batch's invariant.
      while unsafe at < end {
        unsafe arrivals.add(at.load(fromByteOffset: receivedOffset, as: Int64.self), now, latency)
        let typeByte = unsafe Int(at.load(fromByteOffset: typeOffset, as: UInt8.self))
        unsafe at += (1 &+ typeByte &>> 6 & 1) &* recordBytes
      }
    }
    arrivals.flush(now, latency)
  }

  package func accept(_ gap: Gap, isStopping: () -> Bool) {}
  package var holdsBack: Bool { false }
  package func settle() {}
  package func finish(isStopping: () -> Bool) {}
}

/// Events in a row that arrived together, as those of one read do: one entry in the histogram for all of them.
struct ArrivalRuns {
  private var receivedNanos: Int64 = 0
  private var events = 0

  mutating func add(_ received: Int64, _ now: Int64, _ latency: Histogram) {
    if received != receivedNanos {
      flush(now, latency)
      receivedNanos = received
    }
    events &+= 1
  }

  mutating func flush(_ now: Int64, _ latency: Histogram) {
    latency.record(max(0, now &- receivedNanos), times: events)
    events = 0
  }
}
