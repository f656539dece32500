import Synchronization

/// One sink's figures, shared between lanes (which accept or drop) and its worker (which writes).
package final class SinkCounters: Sendable {
  private let acceptedCount = Atomic<Int>(0)
  private let droppedCount = Atomic<Int>(0)
  private let writtenCount = Atomic<Int>(0)
  private let byteCount = Atomic<Int>(0)
  private let spilledCount = Atomic<Int>(0)

  package init() {}

  /// Events that waited on disk for room in the rings.
  package var spilled: Int { spilledCount.load(ordering: .relaxed) }
  /// Events that entered the sink's rings.
  package var accepted: Int { acceptedCount.load(ordering: .relaxed) }
  /// Events that the policy gave up.
  package var dropped: Int { droppedCount.load(ordering: .relaxed) }
  /// Events whose bytes were handed to the operating system.
  package var written: Int { writtenCount.load(ordering: .relaxed) }
  /// Bytes handed to the operating system.
  package var bytes: Int { byteCount.load(ordering: .relaxed) }

  func accept(_ events: Int) { acceptedCount.wrappingAdd(events, ordering: .relaxed) }
  func drop(_ events: Int) { droppedCount.wrappingAdd(events, ordering: .relaxed) }
  func spill(_ events: Int) { spilledCount.wrappingAdd(events, ordering: .relaxed) }
  func write(_ events: Int) { writtenCount.wrappingAdd(events, ordering: .relaxed) }
  func write(bytes: Int) { byteCount.wrappingAdd(bytes, ordering: .relaxed) }
}

/// The recording's figures, shared between lanes and the writing thread.
package final class RecordingCounters: Sendable {
  private let entryCount = Atomic<Int>(0)
  private let byteCount = Atomic<Int>(0)
  private let lostCount = Atomic<Int>(0)
  private let offeredCount = Atomic<Int>(0)

  package init() {}

  /// Payloads and marks that lanes handed over. At the end each is one of `entries` or of `lost`.
  package var offered: Int { offeredCount.load(ordering: .relaxed) }
  /// Entries appended; at the end those that are in the file.
  package var entries: Int { entryCount.load(ordering: .relaxed) }
  /// Bytes of the file so far.
  package var bytes: Int { byteCount.load(ordering: .relaxed) }
  /// Entries that are not in the file: dropped, each within a marked gap, or not written when writing was given up.
  package var lost: Int { lostCount.load(ordering: .relaxed) }

  func offer(_ entries: Int) { offeredCount.wrappingAdd(entries, ordering: .relaxed) }
  func append(_ entries: Int) { entryCount.wrappingAdd(entries, ordering: .relaxed) }
  func write(bytes: Int) { byteCount.wrappingAdd(bytes, ordering: .relaxed) }
  func lose(_ payloads: Int) { lostCount.wrappingAdd(payloads, ordering: .relaxed) }

  /// Appended entries turned out not to be in the file.
  func loseAppended(_ entries: Int) {
    append(-entries)
    lose(entries)
  }
}
