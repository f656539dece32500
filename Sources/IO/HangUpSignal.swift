import Glibc

/// SIGHUP as a request that is asked for, where it would end the process. No handler runs: the signal is blocked, and
/// waits until `take` fetches it.
package struct HangUpSignal: Sendable {
  private let set: sigset_t

  /// To be made before the process starts threads: each inherits what its maker blocks.
  package init() {
    var only = sigset_t()
    unsafe sigemptyset(&only)
    unsafe sigaddset(&only, SIGHUP)
    unsafe pthread_sigmask(SIG_BLOCK, &only, nil)
    set = only
  }

  /// Whether one came since the last call. Several are one.
  package func take() -> Bool {
    var only = set
    var atOnce = timespec()
    return unsafe sigtimedwait(&only, nil, &atOnce) == SIGHUP
  }
}
