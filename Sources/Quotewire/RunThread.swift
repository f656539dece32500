import CShims
import Glibc

/// A thread that ends by itself and that nobody joins: a loop that is left cannot wait for its connections.
enum RunThread {
  /// Carries the body into the new thread.
  private final class Start {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// The name that `ps -L` and debuggers show.
  private static let name = "qw-client"

  static func start(_ body: @escaping @Sendable () -> Void) throws(QuotewireError) {
    var thread = pthread_t()
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    defer { unsafe pthread_attr_destroy(&attributes) }
    // The thread takes over the retain, once.
    let start = unsafe Unmanaged.passRetained(Start(body))
    let failed = unsafe pthread_create(
      &thread, &attributes,
      { argument in
        let start = unsafe Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
        unsafe RunThread.name.withCString { unsafe qw_thread_name($0) }
        start.body()
        return nil
      }, start.toOpaque())
    if failed != 0 {
      unsafe start.release()
      throw QuotewireError(
        .failed,
        "the system refused a new thread (errno \(failed)); raise the limit on processes (ulimit -u) and start again")
    }
  }
}
