package import IO
import Synchronization

/// Tells every thread of a run to end, and wakes those that wait on a socket.
package final class StopFlag: Sendable {
  private let stage = Atomic<Int>(0)
  private let left: Atomic<Int>
  /// Signalled once when the run is to end.
  package let wakeup: Wakeup
  /// Signalled with it: those of threads that wait for something else too.
  private let others = Mutex<[Wakeup]>([])

  /// `limit` ends the run after that many events.
  package init(limit: Int? = nil) throws(IOError) {
    wakeup = try Wakeup()
    left = Atomic(limit ?? .max)
  }

  /// Asks for an orderly end: close connections, drain, finish files.
  package func drain() {
    _ = stage.compareExchange(expected: 0, desired: 1, ordering: .acquiringAndReleasing)
    signal()
  }

  /// Asks for an end at once: what waits for room is dropped and counted.
  package func abandon() {
    stage.store(2, ordering: .releasing)
    signal()
  }

  private func signal() {
    wakeup.signal()
    others.withLock { others in for other in others { other.signal() } }
  }

  /// Has another wakeup signalled when the run is to end; at once where it is already.
  package func attach(_ other: Wakeup) {
    others.withLock { $0.append(other) }
    if isDraining { other.signal() }
  }

  package var isDraining: Bool { stage.load(ordering: .relaxed) != 0 }
  package var isAbandoned: Bool { stage.load(ordering: .relaxed) == 2 }

  /// Takes up to `events` from what the limit leaves and says how many may go on; asks for the end when none is left.
  package func claim(_ events: Int) -> Int {
    let before = left.load(ordering: .relaxed)
    if before == .max { return events }
    let after = left.wrappingSubtract(events, ordering: .relaxed).newValue
    if after > 0 { return events }
    drain()
    return max(0, after + events)
  }
}
