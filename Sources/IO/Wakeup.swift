package import Bytes
import CShims
import Glibc

/// An eventfd by which any thread, or a signal handler, wakes a waiting one. Stays signalled until it is cleared.
package final class Wakeup: Sendable {
  let descriptor: Int32

  package init() throws(IOError) {
    descriptor = qw_eventfd()
    guard descriptor >= 0 else { throw .system(action: "create", subject: "a wakeup", errno: errno) }
  }

  deinit { _ = Glibc.close(descriptor) }

  package func signal() {
    var one: UInt64 = 1
    // A full counter fails with EAGAIN, and is readable all the same.
    unsafe withUnsafeBytes(of: &one) { bytes in
      while unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count) < 0 && errno == EINTR {}
    }
  }

  /// Takes the signal back; true where there was one.
  @discardableResult
  package func clear() -> Bool {
    var count: UInt64 = 0
    return unsafe withUnsafeMutableBytes(of: &count) { bytes in
      var got = 0
      repeat { got = unsafe Glibc.read(descriptor, bytes.baseAddress, bytes.count) } while got < 0 && errno == EINTR
      return got == bytes.count
    }
  }

  /// Waits for a signal, in a loop that looks around after each wait. Where the system cannot wait it sleeps instead,
  /// `longestSleepNanos` at most, so that the loop neither ends nor spins.
  package func pause(until deadline: MonotonicNanos) -> Bool {
    do { return try wait(until: deadline) } catch {
      Pause.sleep(nanos: max(0, min(deadline.nanos(since: .now()), Self.longestSleepNanos)))
      return false
    }
  }

  private static let longestSleepNanos: Int64 = 100_000_000

  /// Waits for a signal.
  package func wait(until deadline: MonotonicNanos) throws(IOError) -> Bool {
    try Wait.descriptor(descriptor, .readable, until: deadline, wakeup: nil) == .ready
  }
}

/// Waiting for one descriptor with a deadline, by poll(2).
enum Wait {
  /// A wakeup wins over a ready descriptor, so that a stop is never starved by traffic.
  static func descriptor(
    _ fd: Int32, _ readiness: Readiness, until deadline: MonotonicNanos, wakeup: Wakeup?
  ) throws(IOError) -> WaitOutcome {
    var events: Int16 = 0
    if readiness.contains(.readable) { events |= Int16(POLLIN) }
    if readiness.contains(.writable) { events |= Int16(POLLOUT) }
    var waits: InlineArray<2, pollfd> = [
      pollfd(fd: fd, events: events, revents: 0),
      // poll ignores negative descriptors.
      pollfd(fd: wakeup?.descriptor ?? -1, events: Int16(POLLIN), revents: 0),
    ]
    while true {
      var left: Int64 = -1
      if deadline != .distantFuture { left = max(0, deadline.nanos(since: .now())) }
      let ready = poll(&waits, left)
      if ready == -Int(EINTR) { continue }
      if ready < 0 { throw .system(action: "wait for", subject: "descriptor \(fd)", errno: Int32(-ready)) }
      if waits[1].revents != 0 { return .woken }
      if waits[0].revents != 0 { return .ready }
      if left == 0 { return .timedOut }
    }
  }

  private static func poll(_ waits: inout InlineArray<2, pollfd>, _ timeoutNanos: Int64) -> Int {
    if SyscallFaults.isArmed {
      var unused = 0
      let forced = SyscallFaults.consult(.poll, &unused)
      if forced != 0 { return -Int(forced) }
    }
    var span = waits.mutableSpan
    return unsafe span.withUnsafeMutableBufferPointer { fds in
      // Two live elements.
      unsafe Int(qw_poll(fds.baseAddress!, UInt32(fds.count), timeoutNanos))
    }
  }
}
