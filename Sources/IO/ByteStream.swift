package import Bytes

/// A connection, plain or with TLS: one interface, no existential.
///
/// Non-blocking. After `bytes` from a read, read again while `mayHoldMore` is true before waiting: TLS can hold
/// decrypted bytes of which the socket knows nothing.
package struct ByteStream: ~Copyable, Sendable {
  private var connection: TCPConnection
  private var session: TLSSession?

  /// A connection without TLS.
  package init(plain connection: consuming TCPConnection) {
    self.connection = connection
    session = nil
  }

  /// A connection with TLS, before its handshake. `host` is what the server's certificate has to be for; a server
  /// context ignores it.
  package init(_ connection: consuming TCPConnection, tls context: TLSContext, host: String = "") throws(IOError) {
    let peer = host.isEmpty ? "\(connection.peer)" : "\(host) (\(connection.peer))"
    session = try TLSSession(context, descriptor: connection.descriptor.raw, host: host, peer: peer)
    self.connection = connection
  }

  var descriptor: Int32 { connection.descriptor.raw }
  package var peer: SocketAddress { connection.peer }
  package var isSecure: Bool {
    switch session {
    case .some: true
    case .none: false
    }
  }
  /// "TLSv1.3", nil without TLS.
  package var tlsVersion: String? {
    switch session {
    case .some(let session): session.version
    case .none: nil
    }
  }

  /// Makes a step of the TLS handshake; `done` at once without TLS.
  package mutating func handshake() throws(IOError) -> HandshakeStep {
    try session?.handshake() ?? .done
  }

  /// Makes reads that are told to wait do so inside recv(2), each for this long at most.
  package mutating func allowWaiting(limitMillis: Int) { connection.allowWaiting(limitMillis: limitMillis) }

  /// Reads what is there. `IOError.truncated` where TLS ended without its close message.
  /// - Parameter waits: whether to wait for bytes, as long as `allowWaiting` said; `wouldBlock` where none came.
  package mutating func read(
    into buffer: UnsafeMutableRawBufferPointer, waits: Bool = false
  ) throws(IOError) -> Transfer {
    if let transfer = try unsafe session?.read(into: buffer, waits: waits) { return transfer }
    return try unsafe connection.read(into: buffer, waits: waits)
  }

  /// True where another read can give bytes without waiting for the socket.
  package var mayHoldMore: Bool {
    switch session {
    case .some(let session): session.mayHoldMore
    case .none: false
    }
  }

  /// Writes as much as can be written now. After `wouldBlock` offer the same bytes again (more may follow them).
  package mutating func write(_ bytes: UnsafeRawBufferPointer) throws(IOError) -> Transfer {
    if let transfer = try unsafe session?.write(bytes) { return transfer }
    return try unsafe connection.write(bytes)
  }

  package mutating func write(_ bytes: RawSpan) throws(IOError) -> Transfer {
    try unsafe bytes.withUnsafeBytes { b throws(IOError) in try unsafe write(b) }
  }

  /// Ends our side: TLS's close message, then TCP's. `wants` where it has to be called again.
  package mutating func finishWriting() throws(IOError) -> HandshakeStep {
    if let step = try session?.finishWriting(), step != .done { return step }
    connection.finishWriting()
    return .done
  }

  /// Waits until the socket is ready, the wakeup is signalled or the deadline has come.
  package func wait(
    for readiness: Readiness, until deadline: MonotonicNanos, wakeup: Wakeup? = nil
  ) throws(IOError) -> WaitOutcome {
    try Wait.descriptor(descriptor, readiness, until: deadline, wakeup: wakeup)
  }

  package func waitReadable(until deadline: MonotonicNanos, wakeup: Wakeup? = nil) throws(IOError) -> WaitOutcome {
    try wait(for: .readable, until: deadline, wakeup: wakeup)
  }

  package func waitWritable(until deadline: MonotonicNanos, wakeup: Wakeup? = nil) throws(IOError) -> WaitOutcome {
    try wait(for: .writable, until: deadline, wakeup: wakeup)
  }

  /// Writes everything, waiting where it has to.
  /// - Throws: also `timedOut` and `stopped`; how much was sent is then unknown and the stream of no more use.
  package mutating func writeAll(
    _ bytes: UnsafeRawBufferPointer, limitMillis: Int, wakeup: Wakeup? = nil
  ) throws(IOError) {
    let deadline = MonotonicNanos.now().advanced(byNanos: Int64(limitMillis) &* 1_000_000)
    var done = 0
    while done < bytes.count {
      switch try unsafe write(UnsafeRawBufferPointer(rebasing: bytes[done...])) {
      case .bytes(let count): done += count
      case .endOfStream: break
      case .wouldBlock(let readiness):
        try waitOrThrow(readiness, deadline, limitMillis, "sending to", wakeup)
      }
    }
  }

  package mutating func writeAll(_ bytes: RawSpan, limitMillis: Int, wakeup: Wakeup? = nil) throws(IOError) {
    try unsafe bytes.withUnsafeBytes { b throws(IOError) in
      try unsafe writeAll(b, limitMillis: limitMillis, wakeup: wakeup)
    }
  }

  /// Runs the TLS handshake to its end.
  package mutating func completeHandshake(
    limitMillis: Int, deadline: MonotonicNanos = .distantFuture, wakeup: Wakeup? = nil
  ) throws(IOError) {
    let end = min(deadline, MonotonicNanos.now().advanced(byNanos: Int64(limitMillis) &* 1_000_000))
    while case .wants(let readiness) = try handshake() {
      try waitOrThrow(readiness, end, limitMillis, "the TLS handshake with", wakeup)
    }
  }

  private func waitOrThrow(
    _ readiness: Readiness, _ deadline: MonotonicNanos, _ limitMillis: Int, _ phase: String, _ wakeup: Wakeup?
  ) throws(IOError) {
    switch try wait(for: readiness, until: deadline, wakeup: wakeup) {
    case .ready: return
    case .woken: throw .stopped(phase: phase, subject: "\(peer)")
    case .timedOut: throw .timedOut(phase: phase, subject: "\(peer)", limitMillis: limitMillis)
    }
  }
}
