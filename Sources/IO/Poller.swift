package import Bytes
import CShims
import Glibc

/// Waits for many descriptors at once (epoll, level-triggered). Each is known by a token of the caller's choice.
///
/// A handle that is closed leaves the set by itself.
package struct Poller: ~Copyable, Sendable {
  package struct Event: Equatable, Sendable {
    package var token: UInt64
    package var readiness: Readiness
    /// The peer is gone or the socket failed; the next read says how.
    package var hungUp: Bool

    package init(token: UInt64, readiness: Readiness, hungUp: Bool) {
      self.token = token
      self.readiness = readiness
      self.hungUp = hungUp
    }
  }

  /// At most this many events a call of `wait`; the rest come with the next.
  package static let maximumEvents = Int(QW_POLL_MAX_EVENTS)

  private let set: Descriptor
  private var found = [qw_poll_event](repeating: qw_poll_event(), count: Poller.maximumEvents)
  /// The events of the last `wait`.
  package private(set) var events: [Event] = []

  package init() throws(IOError) {
    let fd = qw_epoll_create()
    guard fd >= 0 else { throw .system(action: "create", subject: "a poller", errno: -fd) }
    set = Descriptor(owning: fd)
    events.reserveCapacity(Self.maximumEvents)
  }

  package func add(_ stream: borrowing ByteStream, token: UInt64, for readiness: Readiness) throws(IOError) {
    try change(UInt32(QW_POLL_ADD), stream.descriptor, token, readiness)
  }

  /// Changes what an added stream is waited for.
  package func update(_ stream: borrowing ByteStream, token: UInt64, for readiness: Readiness) throws(IOError) {
    try change(UInt32(QW_POLL_CHANGE), stream.descriptor, token, readiness)
  }

  package func remove(_ stream: borrowing ByteStream) throws(IOError) {
    try change(UInt32(QW_POLL_REMOVE), stream.descriptor, 0, [])
  }

  package func add(_ listener: borrowing Listener, token: UInt64) throws(IOError) {
    try change(UInt32(QW_POLL_ADD), listener.descriptor.raw, token, .readable)
  }

  package func remove(_ listener: borrowing Listener) throws(IOError) {
    try change(UInt32(QW_POLL_REMOVE), listener.descriptor.raw, 0, [])
  }

  package func add(_ wakeup: Wakeup, token: UInt64) throws(IOError) {
    try change(UInt32(QW_POLL_ADD), wakeup.descriptor, token, .readable)
  }

  package func add(_ listener: borrowing UnixListener, token: UInt64) throws(IOError) {
    try change(UInt32(QW_POLL_ADD), listener.descriptor.raw, token, .readable)
  }

  package func add(_ connection: borrowing UnixConnection, token: UInt64, for readiness: Readiness) throws(IOError) {
    try change(UInt32(QW_POLL_ADD), connection.descriptor.raw, token, readiness)
  }

  package func update(_ connection: borrowing UnixConnection, token: UInt64, for readiness: Readiness) throws(IOError) {
    try change(UInt32(QW_POLL_CHANGE), connection.descriptor.raw, token, readiness)
  }

  private func change(_ action: UInt32, _ fd: Int32, _ token: UInt64, _ readiness: Readiness) throws(IOError) {
    var bits: UInt32 = 0
    if readiness.contains(.readable) { bits |= UInt32(QW_POLL_READ) | UInt32(QW_POLL_READ_HANG_UP) }
    if readiness.contains(.writable) { bits |= UInt32(QW_POLL_WRITE) }
    let result = qw_epoll_set(set.raw, Int32(action), fd, token, bits)
    guard result == 0 else { throw .system(action: "watch", subject: "descriptor \(fd)", errno: -result) }
  }

  /// Waits for events, at most to the deadline, and leaves them in `events`. Returns how many there are.
  @discardableResult
  package mutating func wait(until deadline: MonotonicNanos) throws(IOError) -> Int {
    events.removeAll(keepingCapacity: true)
    while true {
      var left: Int64 = -1
      if deadline != .distantFuture { left = max(0, deadline.nanos(since: .now())) }
      let setNumber = set.raw
      let count = unsafe found.withUnsafeMutableBufferPointer { buffer in
        // The array holds `maximumEvents` elements and never shrinks.
        unsafe qw_epoll_wait(setNumber, buffer.baseAddress!, Int32(buffer.count), left)
      }
      if count == -EINTR { continue }
      guard count >= 0 else { throw .system(action: "wait for", subject: "events", errno: -count) }
      for i in 0..<Int(count) { events.append(Self.event(found[i])) }
      return Int(count)
    }
  }

  private static func event(_ raw: qw_poll_event) -> Event {
    let failed = UInt32(QW_POLL_ERROR) | UInt32(QW_POLL_HANG_UP)
    let hungUp = raw.bits & (failed | UInt32(QW_POLL_READ_HANG_UP)) != 0
    var readiness: Readiness = []
    // A failure makes both directions ready: the call that follows reports it.
    if raw.bits & (UInt32(QW_POLL_READ) | failed) != 0 { readiness.insert(.readable) }
    if raw.bits & UInt32(QW_POLL_READ_HANG_UP) != 0 { readiness.insert(.readable) }
    if raw.bits & (UInt32(QW_POLL_WRITE) | failed) != 0 { readiness.insert(.writable) }
    return Event(token: raw.token, readiness: readiness, hungUp: hungUp)
  }
}
