import Bytes
import Glibc
import IO
import Rings
import Synchronization

/// Sees to it that signals end the process in time, whatever hangs: a pipe that nobody reads, a disk without an answer.
///
/// After the first signal the run has `drainSeconds` to end in order; after that, or after a second signal, it is told
/// to stop at once and has `stopSeconds` for what can still be closed. Then the process ends with exit code 1.
final class EndLimit: Sendable {
  static let drainSeconds = 10.0
  static let stopSeconds = 1.0

  private static let turnNanos: Int64 = 100_000_000
  private static let lastWordsNanos: Int64 = 100_000_000

  private let signals: Signals
  private let overdue: Overdue
  private let ended: Wakeup
  private let thread: Handover<WorkerThread>

  /// Whether the drain took too long, and whether the run has ended.
  private final class Overdue: Sendable {
    let flag = Atomic<Bool>(false)
    let hasEnded = Atomic<Bool>(false)
  }

  init(_ signals: Signals, _ console: Console) throws {
    let (overdue, ended) = (Overdue(), try Wakeup())
    self.signals = signals
    self.overdue = overdue
    self.ended = ended
    thread = Handover(
      try WorkerThread("qw-end-limit") { Self.watch(signals, overdue, ended, console) })
  }

  /// Tells the thread to end; its own end joins it.
  deinit {
    overdue.hasEnded.store(true, ordering: .relaxed)
    ended.signal()
  }

  /// What the run shall do now.
  var request: Signals.Request {
    overdue.flag.load(ordering: .relaxed) ? max(.stop, signals.request) : signals.request
  }

  private static func watch(_ signals: Signals, _ overdue: Overdue, _ ended: Wakeup, _ console: Console) {
    var drainSince: MonotonicNanos?
    var stopSince: MonotonicNanos?
    while !ended.pause(until: MonotonicNanos.now().advanced(byNanos: turnNanos)) {
      if overdue.hasEnded.load(ordering: .relaxed) { return }
      let request = signals.request
      if request == .none { continue }
      let now = MonotonicNanos.now()
      let asked = drainSince ?? now
      drainSince = asked
      if now.seconds(since: asked) >= drainSeconds { overdue.flag.store(true, ordering: .relaxed) }
      guard request == .stop || overdue.flag.load(ordering: .relaxed) else { continue }
      let stopped = stopSince ?? now
      stopSince = stopped
      if now.seconds(since: stopped) >= stopSeconds { endProcess(console) }
    }
  }

  private static func endProcess(_ console: Console) -> Never {
    // Standard error may be the pipe that hangs: the last words get a moment and a thread of their own.
    let words = try? Handover(
      WorkerThread("qw-last-words") {
        console.say("stopped before everything was written: a sink did not take it; files keep their temporary names")
      })
    Pause.sleep(nanos: lastWordsNanos)
    Terminal.leave()
    withExtendedLifetime(words) { _exit(ExitCode.failed.rawValue) }
  }
}
