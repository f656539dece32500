import Market
import Rings
import Sinks

/// A lane's end of the way to a loop. Used by one thread.
final class QueuePort: SinkPort {
  private let queue: EventQueue
  private let lane: UInt16
  private let bell: Bell
  private let filter: SymbolFilter?

  /// Longest sleep between two looks whether the run shall end, in nanoseconds.
  private static let turnNanos: Int64 = 100_000_000

  /// - Parameter symbols: nil for all.
  init(_ queue: EventQueue, _ texts: TextStore, symbols: Set<String>?) {
    self.queue = queue
    (lane, bell) = queue.addLane(texts)
    filter = symbols.map { SymbolFilter($0, texts) }
  }

  func accept(_ batch: borrowing EventBatch, isStopping: () -> Bool) {
    unsafe batch.withRecords { records in
      var done = unsafe queue.put(records, from: 0, lane: lane, filter: filter)
      while done < records.count {
        let queue = queue
        bell.wait(timeoutNanos: Self.turnNanos) { queue.hasRoom }
        if isStopping() { return }
        done = unsafe queue.put(records, from: done, lane: lane, filter: filter)
      }
    }
  }

  func accept(_ gap: Market.Gap, isStopping: () -> Bool) { queue.put(gap) }
  var holdsBack: Bool { false }
  func settle() {}
  func finish(isStopping: () -> Bool) {}
}
