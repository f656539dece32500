import Rings
import Synchronization

/// Lets workers write in the order of their units, one at a time.
final class UnitTurn: Sendable {
  private struct State {
    /// Of the unit that may write.
    var number = 0
    /// Where it begins, as the one before found.
    var start = 0
    var lines = 0
    var failure: ConversionError?
    var isStopped = false
  }

  private let state = Mutex(State())
  private let bells: [Bell]
  private static let lookNanos: Int64 = 100_000_000

  init(workers: Int) { bells = (0..<workers).map { _ in Bell() } }

  var failure: ConversionError? { state.withLock { $0.failure } }
  var isStopped: Bool { state.withLock { $0.isStopped || $0.failure != nil } }

  /// Waits until all units in front are written; gives where this one begins in its text, and at which line. Nil where
  /// nothing more is to be written.
  func wait(_ number: Int, worker: Int) -> (start: Int, lines: Int)? {
    while true {
      let now = state.withLock { ($0.number, $0.start, $0.lines, $0.isStopped || $0.failure != nil) }
      if now.3 { return nil }
      if now.0 == number { return (now.1, now.2) }
      bells[worker].wait(timeoutNanos: Self.lookNanos) {
        state.withLock { $0.number == number || $0.isStopped || $0.failure != nil }
      }
    }
  }

  /// Says that the unit whose turn it was is written.
  func pass(start: Int, lines: Int) {
    state.withLock {
      $0.number += 1
      $0.start = start
      $0.lines = lines
    }
    ring()
  }

  /// Says that no more units are wanted.
  func stop() {
    state.withLock { $0.isStopped = true }
    ring()
  }

  func fail(_ error: ConversionError) {
    state.withLock { if $0.failure == nil { $0.failure = error } }
    ring()
  }

  private func ring() { for bell in bells { bell.ring() } }
}
