package import IO
import Rings
import Synchronization

/// A server on a thread of its own, for callers that have something else to do. Stops and joins when it goes away.
package final class ServerThread {
  package let address: SocketAddress
  package let stats: ServerStats
  private let stopWakeup: Wakeup
  private let failureText: FailureText
  private var thread: WorkerThread?

  /// Why `run` ended early, kept for whoever asks.
  private final class FailureText: Sendable {
    let text = Mutex<String?>(nil)
  }

  /// Listens before it returns.
  package init(_ configuration: ServerConfiguration) throws {
    let stop = try Wakeup()
    let server = try Server(configuration, stop: stop)
    address = server.address
    stats = server.stats
    stopWakeup = stop
    let failure = FailureText()
    failureText = failure
    let handover = Handover(server)
    thread = try WorkerThread("qw-simulator") {
      var server = handover.take()
      do throws(SimulatorError) {
        try server.run()
      } catch {
        failure.text.withLock { $0 = error.description }
      }
    }
  }

  /// Why the server ended by itself; nil while it runs or when it was stopped.
  package var failure: String? { failureText.text.withLock { $0 } }

  /// Stops the server and waits for its end.
  package func stop() {
    stopWakeup.signal()
    thread = nil
  }

  deinit { stop() }
}
