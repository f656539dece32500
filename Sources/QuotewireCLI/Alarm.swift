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
package enum Environment {
  /// All of them.
  package static var all: [String: String] {
    var all: [String: String] = [:]
    var entry = unsafe environ
    while let text = unsafe entry.pointee {
      let halves = unsafe String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if halves.count == 2 { all[String(halves[0])] = String(halves[1]) }
      unsafe entry += 1
    }
    return all
  }

  static func value(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }
}
