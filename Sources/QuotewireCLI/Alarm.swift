import Bytes
import Glibc
import IO
import Rings

/// Signals a wakeup after a time.
final class Alarm {
  private let wakeup: Wakeup
  private let cancelled: Wakeup
  private let thread: Handover<WorkerThread>

  /// Nil without a time.
  init?(seconds: Double?, _ wakeup: Wakeup) throws {
    guard let seconds else { return nil }
    self.wakeup = wakeup
    let cancelled = try Wakeup()
    self.cancelled = cancelled
    let deadline = MonotonicNanos.now().advanced(bySeconds: seconds)
    thread = Handover(
      try WorkerThread("qw-alarm") {
        if (try? cancelled.wait(until: deadline)) != true { wakeup.signal() }
      })
  }

  func cancel() {
    cancelled.signal()
    thread.take().join()
  }
}

/// The environment's variables.
enum Environment {
  static func value(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }
}
