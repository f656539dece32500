import CShims
import Glibc

/// A thread that we own, with a name that `ps -L` and debuggers show. Joined exactly once; `deinit` joins.
@safe
package struct WorkerThread: ~Copyable {
  private var thread: pthread_t
  private var isJoined = false

  /// Carries the body into the new thread.
  private final class Start {
    let name: String
    let body: @Sendable () -> Void
    init(_ name: String, _ body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }

  /// Starts a thread. `name` is cut to 15 bytes. Throws errno when the system refuses one.
  package init(_ name: String, _ body: @escaping @Sendable () -> Void) throws(ThreadError) {
    let start = unsafe Unmanaged.passRetained(Start(name, body))
    var made = pthread_t()
    let failed = unsafe pthread_create(
      &made, nil,
      { argument in
        // The retain of `passRetained` is taken over here, once.
        let start = unsafe Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
        unsafe start.name.withCString { unsafe qw_thread_name($0) }
        start.body()
        return nil
      }, start.toOpaque())
    if failed != 0 {
      unsafe start.release()
      throw ThreadError.refused(errno: failed)
    }
    thread = made
  }

  deinit { if !isJoined { pthread_join(thread, nil) } }

  /// Waits for the body to return.
  package consuming func join() {
    pthread_join(thread, nil)
    isJoined = true
  }
}

/// Why a thread did not start.
package enum ThreadError: Error, CustomStringConvertible {
  case refused(errno: Int32)

  package var description: String {
    switch self {
    case .refused(let errno):
      "the system refused a new thread (errno \(errno)); raise the limit on processes (ulimit -u) and start again"
    }
  }
}

/// Moves one owned value into a thread: put in by one side, taken out once by the other.
///
/// The compiler cannot see that the giving side lets go of what the value refers to (a lane's ports come from a set
/// that
/// stays behind): whoever hands over promises not to touch it until the thread has been joined.
@safe
package final class Handover<Value: ~Copyable>: @unchecked Sendable {
  private var value: Value?

  package init(_ value: consuming Value) { self.value = consume value }

  package func take() -> Value {
    guard let taken = value.take() else { preconditionFailure("taken twice") }
    return taken
  }
}
