// IO: files, POSIX sockets, the poller and TLS: every system call of the project but clocks and futexes.
//
// Invariants: a handle owns its descriptor and closes it in `deinit`; every call that a signal can interrupt is made
// again; every wait has a deadline on the monotonic clock; no socket write raises SIGPIPE; every failure is an
// `IOError` that says what was tried, on what, and what to do.
//
// Out of scope: WebSocket frames (WebSocket), entries of a recording (Recording), threads (Rings), when to reconnect
// (Ingest). Only the resolver starts a thread of its own, because getaddrinfo takes no deadline.

/// The directions in which a descriptor can be waited for.
package struct Readiness: OptionSet, Hashable, Sendable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }
  package static let readable = Readiness(rawValue: 1)
  package static let writable = Readiness(rawValue: 2)
}

/// What one non-blocking read or write did.
package enum Transfer: Equatable, Sendable {
  /// So many bytes were moved; for a write perhaps fewer than were given.
  case bytes(Int)
  /// Nothing can be moved before the descriptor is ready as told: a TLS read may have to wait for writing.
  case wouldBlock(Readiness)
  /// The peer ended its side in good order. Reads only.
  case endOfStream
}

/// How a wait ended.
package enum WaitOutcome: Equatable, Sendable {
  case ready
  /// The wakeup was signalled; it stays so until its owner clears it.
  case woken
  case timedOut
}
