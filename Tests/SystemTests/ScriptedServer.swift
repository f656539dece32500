import Foundation
import Glibc
import Synchronization
import TestSupport

/// A server that plays a script to each of its connections, one after another, on a thread of its own.
final class ScriptedServer: Sendable {
  let port: UInt16
  private let descriptor: Int32
  private let shared = Mutex(Shared())

  private struct Shared {
    var isStopped = false
    var hasEnded = false
    var connections = 0
    /// Descriptor of the connection that is played to; -1 between connections.
    var current: Int32 = -1
    var troubles: [String] = []
  }

  /// TLS is made by the thread that uses it.
  typealias MakeTLS = @Sendable () throws -> PeerTLS.Context

  /// - Parameter scripts: for the first connection and those behind it; the last one serves all further ones.
  init(_ scripts: [[Step]], tls: MakeTLS? = nil) throws {
    (descriptor, port) = try Loopback.listen()
    let thread = Thread { [self] in serve(scripts, tls) }
    thread.stackSize = 1 << 20
    thread.start()
  }

  /// Connections that came so far.
  var connections: Int { shared.withLock { $0.connections } }

  /// Ends the server and says what went otherwise than its script wanted.
  func stop() -> [String] {
    shared.withLock { $0.isStopped = true }
    shutdown(descriptor, Int32(SHUT_RDWR))
    // The client has gone; what it left in the system's buffers is no longer of interest.
    for look in 0..<15_000 * Sanitizer.patience where !shared.withLock({ $0.hasEnded }) {
      if look == 1_000 {
        shared.withLock { if $0.current >= 0 { shutdown($0.current, Int32(SHUT_RDWR)) } }
      }
      usleep(2_000)
    }
    Glibc.close(descriptor)
    return shared.withLock { $0.troubles + ($0.hasEnded ? [] : ["the script never ended"]) }
  }

  private func serve(_ scripts: [[Step]], _ tls: MakeTLS?) {
    // OpenSSL writes with write(2).
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, SIGPIPE)
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    var context: PeerTLS.Context?
    do { context = try tls?() } catch { note("\(error)") }
    while !shared.withLock({ $0.isStopped }) {
      let accepted = accept(descriptor, nil, nil)
      guard accepted >= 0 else { break }
      let number = shared.withLock { state in
        state.connections += 1
        state.current = accepted
        return state.connections
      }
      let peer = Peer(descriptor: accepted)
      do {
        if let context {
          do { try peer.startTLS(context) } catch {
            // A client that was sent an alert gets to read it: no reset behind it.
            peer.finish()
            peer.drainPlain()
            shared.withLock { $0.current = -1 }
            continue
          }
        }
        var player = Player(peer)
        try player.play(scripts[min(number, scripts.count) - 1])
      } catch let error as Trouble {
        note("connection \(number): \(error)")
      } catch {
        // A client that hangs up or keeps silent where the script goes on: the case judges the client.
      }
      shared.withLock { $0.current = -1 }
      peer.close()
    }
    if let context, context.resumed > 0 { note("resumed \(context.resumed)") }
    shared.withLock { $0.hasEnded = true }
  }

  private func note(_ trouble: String) { shared.withLock { $0.troubles.append(trouble) } }
}
