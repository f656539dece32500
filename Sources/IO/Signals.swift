import CShims
import Glibc
import Synchronization

/// SIGINT and SIGTERM as requests to end: the first asks to drain, the second to stop at once.
package final class Signals: Sendable {
  package enum Request: Comparable, Sendable { case none, drain, stop }

  /// Signalled by every SIGINT and SIGTERM.
  package let wakeup: Wakeup
  private let countBefore: UInt32

  /// A handler may still write into a wakeup that is no longer the newest, so none is ever freed.
  private static let kept = Mutex<[Wakeup]>([])

  /// Takes both signals over for the rest of the process, and ignores SIGPIPE and SIGXFSZ.
  package init() throws(IOError) {
    wakeup = try Wakeup()
    countBefore = qw_signal_count()
    let made = wakeup
    Self.kept.withLock { $0.append(made) }
    qw_signal_watch(wakeup.descriptor)
    qw_install_signals(qw_signal_note)
  }

  /// What was asked for so far.
  package var request: Request {
    switch qw_signal_count() &- countBefore {
    case 0: .none
    case 1: .drain
    default: .stop
    }
  }

  /// Makes a write to a closed pipe fail with EPIPE where it would kill the process.
  package static func ignoreBrokenPipes() { _ = signal(SIGPIPE, SIG_IGN) }
}
