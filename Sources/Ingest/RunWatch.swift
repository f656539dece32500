import Bytes
import IO

/// Looks after a run until it ends.
enum RunWatch {
  /// Longest wait between looks at the run, in nanoseconds.
  static let turnNanos: Int64 = 100_000_000

  /// Waits for the end: every lane done, or asked for by time, limit or signal. True when a signal asked.
  static func supervise(
    _ status: RunStatus, _ stop: StopFlag, _ deadline: MonotonicNanos?, _ hooks: RunHooks
  ) -> Bool {
    var interrupted = false
    while true {
      switch hooks.request() {
      case .none: break
      case .drain:
        interrupted = true
        stop.drain()
      case .abandon:
        interrupted = true
        stop.abandon()
      }
      let now = MonotonicNanos.now()
      if let deadline, now >= deadline { stop.drain() }
      hooks.tick(status)
      if status.lanes.allSatisfy({ $0.state == .ended }) { return interrupted }
      let turn = min(deadline ?? .distantFuture, now.advanced(byNanos: turnNanos))
      _ = hooks.attention.pause(until: max(turn, now.advanced(byNanos: 1_000_000)))
      hooks.attention.clear()
    }
  }
}
