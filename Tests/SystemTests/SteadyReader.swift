import Foundation
import Synchronization

/// A client that goes on reading on a thread of its own while something else happens: a server of a live feed closes
/// one that does not.
final class SteadyReader: Sendable {
  private let isStopped = Atomic<Bool>(false)
  private let failure = Mutex<String?>(nil)
  private let end = DispatchSemaphore(value: 0)

  /// - Parameter peer: the reader's alone until `stop` returns.
  init(_ peer: Peer) {
    // Not used by two threads at once: see above.
    nonisolated(unsafe) let peer = peer
    let thread = Thread { [self] in
      do {
        while !isStopped.load(ordering: .relaxed) { _ = unsafe try peer.message("FEED_DATA") }
      } catch { failure.withLock { $0 = "\(error)" } }
      end.signal()
    }
    thread.stackSize = 1 << 20
    thread.start()
  }

  /// Returns once the thread reads no more, with the reason for which it ended before.
  func stop() -> String? {
    isStopped.store(true, ordering: .relaxed)
    end.wait()
    return failure.withLock { $0 }
  }
}
