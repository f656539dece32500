package import Bytes
import Glibc

/// A connected TCP socket. No call waits but a read that is told to.
package struct TCPConnection: ~Copyable, Sendable {
  let descriptor: Descriptor
  package let peer: SocketAddress

  package struct Options: Sendable {
    /// SO_RCVBUF in bytes; nil leaves it to the kernel's own tuning, which is nearly always better.
    package var receiveBufferBytes: Int?
    /// Idle time before the first keep-alive probe.
    package var keepAliveIdleSeconds = 30
    package var keepAliveIntervalSeconds = 10
    package var keepAliveProbes = 3
    package init() {}
  }

  /// Limits of `connect`. Both count from its call.
  package struct Limits: Sendable {
    package var perAddressMillis = 4_000
    package var totalMillis = 10_000
    package init() {}
  }

  init(owning descriptor: consuming Descriptor, peer: SocketAddress, options: Options) {
    self.descriptor = descriptor
    self.peer = peer
    apply(options)
  }

  /// Tries the addresses in turn, each for its limit.
  /// - Throws: `notConnected` with a sentence for every address, `stopped`, or `timedOut` when the total is used up.
  package static func connect(
    to addresses: [SocketAddress], subject: String, limits: Limits = Limits(), options: Options = Options(),
    deadline: MonotonicNanos = .distantFuture, stop: Wakeup? = nil
  ) throws(IOError) -> TCPConnection {
    precondition(!addresses.isEmpty)
    let end = min(deadline, MonotonicNanos.now().advanced(byNanos: Int64(limits.totalMillis) &* 1_000_000))
    var attempts: [String] = []
    for address in addresses {
      let now = MonotonicNanos.now()
      if now >= end { break }
      do throws(IOError) {
        let until = min(end, now.advanced(byNanos: Int64(limits.perAddressMillis) &* 1_000_000))
        return try connect(
          to: address, until: until, limitMillis: limits.perAddressMillis, options: options, stop: stop)
      } catch {
        switch error {
        case .stopped: throw .stopped(phase: "connecting to", subject: subject)
        case .system(_, _, let errno): attempts.append("\(address): \(ErrnoText.sentence(errno))")
        case .timedOut(_, _, let limitMillis): attempts.append("\(address): no answer within \(limitMillis) ms")
        default: throw error
        }
      }
    }
    if attempts.isEmpty { throw .timedOut(phase: "connecting to", subject: subject, limitMillis: limits.totalMillis) }
    throw .notConnected(subject: subject, attempts: attempts)
  }

  private static func connect(
    to address: SocketAddress, until: MonotonicNanos, limitMillis: Int, options: Options, stop: Wakeup?
  ) throws(IOError) -> TCPConnection {
    let phase = "connect to"
    let descriptor = try makeSocket(address, action: phase)
    // The window is fixed by the handshake, so the buffer comes before it.
    if let bytes = options.receiveBufferBytes { set(descriptor.raw, SOL_SOCKET, SO_RCVBUF, bytes) }
    let started = SystemCall.connect(descriptor.raw, address)
    if started < 0 && started != -Int(EINPROGRESS) {
      throw .system(action: phase, subject: "\(address)", errno: Int32(-started))
    }
    if started < 0 {
      let asked = MonotonicNanos.now()
      switch try Wait.descriptor(descriptor.raw, .writable, until: until, wakeup: stop) {
      case .ready: break
      case .woken: throw .stopped(phase: phase, subject: "\(address)")
      case .timedOut:
        let waitedMillis = Int(MonotonicNanos.now().nanos(since: asked) / 1_000_000)
        throw .timedOut(phase: phase, subject: "\(address)", limitMillis: min(limitMillis, max(1, waitedMillis)))
      }
      let failed = pendingError(descriptor.raw)
      if failed != 0 { throw .system(action: phase, subject: "\(address)", errno: failed) }
    }
    // A connection to an unused port of this machine can meet itself; that is nobody.
    let number = descriptor.raw
    let local = unsafe SocketAddress.ofSocket { unsafe getsockname(number, $0, $1) }
    if local == address { throw .system(action: phase, subject: "\(address)", errno: ECONNREFUSED) }
    return TCPConnection(owning: descriptor, peer: address, options: options)
  }

  static func makeSocket(_ address: SocketAddress, action: String) throws(IOError) -> Descriptor {
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let fd = socket(address.family, kind, 0)
    guard fd >= 0 else { throw .system(action: action, subject: "\(address)", errno: errno) }
    return Descriptor(owning: fd)
  }

  static func set(_ fd: Int32, _ level: Int32, _ option: Int32, _ value: Int) {
    var number = Int32(clamping: value)
    // These options are wishes: a socket without them works.
    _ = unsafe setsockopt(fd, level, option, &number, socklen_t(MemoryLayout<Int32>.size))
  }

  private static func pendingError(_ fd: Int32) -> Int32 {
    var value: Int32 = 0
    var count = socklen_t(MemoryLayout<Int32>.size)
    return unsafe getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &count) == 0 ? value : errno
  }

  private func apply(_ options: Options) {
    let fd = descriptor.raw
    let tcp = Int32(IPPROTO_TCP)
    Self.set(fd, tcp, TCP_NODELAY, 1)
    Self.set(fd, SOL_SOCKET, SO_KEEPALIVE, 1)
    Self.set(fd, tcp, TCP_KEEPIDLE, options.keepAliveIdleSeconds)
    Self.set(fd, tcp, TCP_KEEPINTVL, options.keepAliveIntervalSeconds)
    Self.set(fd, tcp, TCP_KEEPCNT, options.keepAliveProbes)
  }

  /// Makes reads that are told to wait do so inside recv(2), each for this long at most. That saves the poll(2) of each
  /// wake-up; a wakeup does not end such a wait.
  package mutating func allowWaiting(limitMillis: Int) {
    // Wishes, like all options: where one fails, recv says EAGAIN at once, and the caller polls.
    var limit = timeval(tv_sec: limitMillis / 1000, tv_usec: limitMillis % 1000 * 1000)
    let size = socklen_t(MemoryLayout<timeval>.size)
    guard unsafe setsockopt(descriptor.raw, SOL_SOCKET, SO_RCVTIMEO, &limit, size) == 0 else { return }
    let flags = fcntl(descriptor.raw, F_GETFL)
    if flags >= 0 { _ = fcntl(descriptor.raw, F_SETFL, flags & ~O_NONBLOCK) }
  }

  /// One recv(2). An empty buffer is our bug: its answer could not be told from the end.
  /// - Parameter waits: whether to wait for bytes, as long as `allowWaiting` said; `wouldBlock` where none came.
  package mutating func read(
    into buffer: UnsafeMutableRawBufferPointer, waits: Bool = false
  ) throws(IOError) -> Transfer {
    precondition(buffer.count > 0)
    let got = unsafe SystemCall.receive(descriptor.raw, buffer, waits: waits)
    if got > 0 { return .bytes(got) }
    if got == 0 { return .endOfStream }
    if got == -Int(EAGAIN) { return .wouldBlock(.readable) }
    throw .system(action: "read from", subject: "\(peer)", errno: Int32(-got))
  }

  /// One send(2), perhaps of a part.
  package mutating func write(_ bytes: UnsafeRawBufferPointer) throws(IOError) -> Transfer {
    if unsafe bytes.isEmpty { return .bytes(0) }
    let sent = unsafe SystemCall.send(descriptor.raw, bytes)
    if sent >= 0 { return .bytes(sent) }
    if sent == -Int(EAGAIN) { return .wouldBlock(.writable) }
    throw .system(action: "send to", subject: "\(peer)", errno: Int32(-sent))
  }

  /// Ends our side; the peer reads to the end. A peer that is gone already is no error.
  package mutating func finishWriting() { _ = shutdown(descriptor.raw, Int32(SHUT_WR)) }

  package var localAddress: SocketAddress? {
    let number = descriptor.raw
    return unsafe SocketAddress.ofSocket { unsafe getsockname(number, $0, $1) }
  }
}
