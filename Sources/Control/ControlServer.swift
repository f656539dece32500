import Bytes
package import IO
package import Rings

/// Answers lines on a Unix socket, on a thread of its own, until it is let go of. Then the socket is removed.
package final class ControlServer: Sendable {
  package let path: String
  private let end: Wakeup
  private let thread: Handover<WorkerThread>

  private static let listenerToken: UInt64 = 0
  private static let endToken: UInt64 = 1
  private static let turnNanos: Int64 = 1_000_000_000
  private static let troubleNanos: Int64 = 100_000_000

  /// - Parameter answer: one line, without its line feed, to each line; called on the server's thread, one at a time.
  package init(
    _ path: String, limits: ControlLimits = ControlLimits(),
    answer: @escaping @Sendable (ControlLines.Line) -> String, refusal: @escaping @Sendable (String) -> String
  ) throws(ControlError) {
    self.path = path
    let listener: Handover<UnixListener>
    let poller: Handover<Poller>
    let end: Wakeup
    do throws(IOError) {
      listener = Handover(try UnixListener(path))
      poller = Handover(try Poller())
      end = try Wakeup()
    } catch { throw .io(error) }
    self.end = end
    do throws(ThreadError) {
      thread = Handover(
        try WorkerThread("qw-ctl") {
          var loop = Loop(listener.take(), poller.take(), end, limits, answer, refusal)
          loop.run()
        })
    } catch { throw .thread(error) }
  }

  deinit { end.signal() }

  private struct Loop: ~Copyable {
    private var listener: UnixListener
    private var poller: Poller
    private let end: Wakeup
    private let limits: ControlLimits
    private let answer: (ControlLines.Line) -> String
    private let refusal: (String) -> String
    private var connections: [UInt64: ControlConnection] = [:]
    private var nextToken: UInt64 = 2

    init(
      _ listener: consuming UnixListener, _ poller: consuming Poller, _ end: Wakeup, _ limits: ControlLimits,
      _ answer: @escaping (ControlLines.Line) -> String, _ refusal: @escaping (String) -> String
    ) {
      self.listener = listener
      self.poller = poller
      self.end = end
      self.limits = limits
      self.answer = answer
      self.refusal = refusal
    }

    mutating func run() {
      do throws(IOError) {
        try poller.add(listener, token: ControlServer.listenerToken)
        try poller.add(end, token: ControlServer.endToken)
        while try turn() {}
      } catch {
        // Without a poller nothing can be waited for; the run itself goes on without its socket.
      }
    }

    /// False when the end is asked for.
    private mutating func turn() throws(IOError) -> Bool {
      try poller.wait(until: MonotonicNanos.now().advanced(byNanos: ControlServer.turnNanos))
      for event in poller.events {
        switch event.token {
        case ControlServer.endToken: return false
        case ControlServer.listenerToken: accept()
        default: advance(event)
        }
      }
      let now = MonotonicNanos.now()
      connections = connections.filter { now.seconds(since: $0.value.lastMove) < limits.idleSeconds }
      return true
    }

    private mutating func accept() {
      do throws(IOError) {
        while let socket = try listener.accept() {
          let connection = ControlConnection(socket, limits)
          guard connections.count < limits.connections else {
            connection.refuse(refusal("there are \(limits.connections) connections already; close one"))
            _ = try? connection.advance(answer)
            continue
          }
          try connection.register(in: poller, token: nextToken)
          connections[nextToken] = connection
          nextToken += 1
        }
      } catch {
        // Out of descriptors, say: it still waits and would wake us at once.
        Pause.sleep(nanos: ControlServer.troubleNanos)
      }
    }

    private mutating func advance(_ event: Poller.Event) {
      guard let connection = connections[event.token] else { return }
      do throws(IOError) {
        if event.readiness.contains(.readable) { try connection.read() }
        switch try connection.advance(answer) {
        case .closed: connections[event.token] = nil
        case .wants(let readiness): try connection.wait(for: readiness, in: poller, token: event.token)
        }
      } catch { connections[event.token] = nil }
    }
  }
}

/// Why there is no socket to be controlled by.
package enum ControlError: Error, CustomStringConvertible {
  case io(IOError)
  case thread(ThreadError)
  /// The other end closed before it had answered.
  case noAnswer(path: String)

  package var description: String {
    switch self {
    case .io(let error): "\(error)"
    case .thread(let error): "\(error)"
    case .noAnswer(let path): "the process behind \(path) ended the connection without an answer"
    }
  }
}
