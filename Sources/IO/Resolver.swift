package import Bytes
import Glibc
import Synchronization

/// Host names to addresses, by getaddrinfo, in the order in which the system wants them tried (RFC 6724).
///
/// getaddrinfo takes no deadline, so it runs on a thread of its own that is abandoned when the limit is over: it ends
/// by itself when the name service answers. Numeric addresses and `localhost` entries of the hosts file need no DNS.
package enum Resolver {
  /// Addresses beyond this many are ignored.
  package static let maximumAddresses = 16
  /// At most this many look-ups may run, abandoned ones included.
  package static let maximumLookups = 16

  private static let running = Atomic<Int>(0)

  /// - Parameters:
  ///   - deadline: no later than this, whatever `limitMillis` says.
  ///   - stop: ends the wait with `IOError.stopped`.
  package static func resolve(
    _ endpoint: Endpoint, limitMillis: Int, deadline: MonotonicNanos = .distantFuture, stop: Wakeup? = nil
  ) throws(IOError) -> [SocketAddress] {
    if let numeric = SocketAddress(numeric: endpoint.host, port: endpoint.port) { return [numeric] }
    let lookup = try Lookup(endpoint)
    guard running.add(1, ordering: .relaxed).newValue <= maximumLookups else {
      running.subtract(1, ordering: .relaxed)
      throw .unknownHost(
        host: endpoint.host, reason: "\(maximumLookups) earlier look-ups are still unanswered", temporary: true)
    }
    try start(lookup)
    let until = min(deadline, MonotonicNanos.now().advanced(byNanos: Int64(limitMillis) &* 1_000_000))
    switch try Wait.descriptor(lookup.done.descriptor, .readable, until: until, wakeup: stop) {
    case .woken: throw .stopped(phase: "looking up", subject: endpoint.host)
    case .timedOut: throw .timedOut(phase: "looking up", subject: endpoint.host, limitMillis: limitMillis)
    case .ready: return try lookup.answer.withLock { $0 }.get()
    }
  }

  private static func start(_ lookup: Lookup) throws(IOError) {
    var thread = pthread_t()
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    defer { unsafe pthread_attr_destroy(&attributes) }
    // The thread owns one reference until it has answered.
    let passed = unsafe Unmanaged.passRetained(lookup)
    let failed = unsafe pthread_create(
      &thread, &attributes,
      { argument in
        // The reference passed above.
        let lookup = unsafe Unmanaged<Lookup>.fromOpaque(argument!).takeRetainedValue()
        lookup.run()
        Resolver.running.subtract(1, ordering: .relaxed)
        lookup.done.signal()
        return nil
      }, passed.toOpaque())
    if failed != 0 {
      unsafe passed.release()
      running.subtract(1, ordering: .relaxed)
      throw .system(action: "start", subject: "the look-up of \(lookup.endpoint.host)", errno: failed)
    }
  }
}

/// One question and, later, its answer; held by the asker and by the thread that waits for the name service.
private final class Lookup: Sendable {
  let endpoint: Endpoint
  let done: Wakeup
  let answer: Mutex<Result<[SocketAddress], IOError>>

  init(_ endpoint: Endpoint) throws(IOError) {
    self.endpoint = endpoint
    done = try Wakeup()
    answer = Mutex(.success([]))
  }

  func run() {
    let result = ask()
    answer.withLock { $0 = result }
  }

  private func ask() -> Result<[SocketAddress], IOError> {
    var hints = unsafe addrinfo()
    unsafe hints.ai_family = AF_UNSPEC
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    unsafe hints.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG
    var list: UnsafeMutablePointer<addrinfo>?
    var code = unsafe getaddrinfo(endpoint.host, "\(endpoint.port)", &hints, &list)
    if code == EAI_NONAME || code == EAI_BADFLAGS {
      // A machine with nothing but loopback has no configured family: ask again without that condition.
      unsafe hints.ai_flags = AI_NUMERICSERV
      code = unsafe getaddrinfo(endpoint.host, "\(endpoint.port)", &hints, &list)
    }
    guard code == 0 else {
      let system = code == EAI_SYSTEM ? ErrnoText.sentence(errno) : unsafe String(cString: gai_strerror(code))
      let temporary = code == EAI_AGAIN || code == EAI_SYSTEM || code == EAI_FAIL || code == EAI_MEMORY
      return .failure(.unknownHost(host: endpoint.host, reason: system, temporary: temporary))
    }
    defer { unsafe freeaddrinfo(list) }
    var addresses: [SocketAddress] = []
    var next = unsafe list
    while let entry = unsafe next, addresses.count < Resolver.maximumAddresses {
      // The list is live until freeaddrinfo.
      if let raw = unsafe entry.pointee.ai_addr,
        let address = unsafe SocketAddress(raw, count: Int(entry.pointee.ai_addrlen)), !addresses.contains(address)
      {
        addresses.append(address)
      }
      unsafe next = entry.pointee.ai_next
    }
    guard !addresses.isEmpty else {
      return .failure(
        .unknownHost(host: endpoint.host, reason: "it has neither an IPv4 nor an IPv6 address", temporary: false))
    }
    return .success(addresses)
  }
}
