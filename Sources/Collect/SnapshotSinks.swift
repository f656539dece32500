import Bytes
import Market
package import Sinks

/// Gives a snapshot's events to sinks: files and standard output, in every format that sinks have.
package enum SnapshotSinks {
  private static let batchRecords = 1024

  /// Writes every event, symbol by symbol, and completes the files.
  /// - Parameter say: sentences for people, from any thread.
  package static func write(
    _ snapshot: borrowing Snapshot, to specs: [SinkSpec], force: Bool, say: @escaping @Sendable (String) -> Void
  ) throws(CollectError) {
    var options = SinkSet.Options()
    options.force = force
    options.measuresLatency = false
    options.trouble = say
    let set: SinkSet
    do { set = try SinkSet(specs, lanes: [snapshot.store], options: options) } catch { throw .sink("\(error)") }
    var ports = set.takePorts(lane: 0).sinks
    var batch = EventBatch(capacity: batchRecords)
    snapshot.forEach { event in
      if !append(event, to: &batch) {
        for port in ports { port.accept(batch) { false } }
        batch.removeAll()
        _ = append(event, to: &batch)
      }
    }
    for port in ports {
      port.accept(batch) { false }
      port.finish { false }
    }
    // The sinks end when nobody holds a port.
    ports = []
    for result in set.finish().sinks {
      if let failure = result.failure { throw .sink("\(result.name): \(failure)") }
      if result.dropped > 0 { say("\(result.name) dropped \(result.dropped) events, as its policy says") }
    }
  }

  private static func append(_ event: EventRef, to batch: inout EventBatch) -> Bool {
    guard let type = event.type, let to = unsafe batch.append(type) else { return false }
    unsafe event.withBytes { bytes in
      if let from = bytes.baseAddress { unsafe to.copyMemory(from: from, byteCount: bytes.count) }
    }
    return true
  }
}
