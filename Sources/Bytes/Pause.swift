import Glibc

/// Short sleeps of the calling thread.
package enum Pause {
  /// Sleeps about this long; a signal may end it early.
  package static func sleep(nanos: Int64) {
    var wanted = timespec(tv_sec: Int(nanos / 1_000_000_000), tv_nsec: Int(nanos % 1_000_000_000))
    unsafe nanosleep(&wanted, nil)
  }
}
