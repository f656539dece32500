import Bytes
package import IO
import Rings

/// The server: one thread of its own for all clients. Ends when it is let go.
package final class HTTPService {
  package typealias Page = @Sendable (_ path: String) -> HTTPResponse?

  /// Where it listens, with the port that the system chose.
  package let address: SocketAddress
  private let stop: Wakeup
  private let thread: Handover<WorkerThread>

  /// Listens and serves. `page` is called on the server's thread; nil becomes 404.
  package init(
    on wanted: SocketAddress, limits: HTTPLimits = HTTPLimits(), page: @escaping Page
  ) throws(IOError) {
    let stop = try Wakeup()
    let server = try HTTPLoop(Listener(on: wanted), stop, limits, page)
    address = server.listener.address
    self.stop = stop
    let handover = Handover(server)
    do {
      thread = Handover(
        try WorkerThread("qw-http") {
          var mine = handover.take()
          mine.run()
        })
    } catch { throw .limitExceeded(what: "threads: \(error)", limit: 1) }
  }

  deinit {
    stop.signal()
    thread.take().join()
  }
}

/// The loop of the server's thread.
struct HTTPLoop: ~Copyable {
  var listener: Listener
  private var poller: Poller
  private var clients: [UInt64: HTTPConnection] = [:]
  private var nextToken: UInt64 = 2
  private let limits: HTTPLimits
  private let page: HTTPService.Page
  /// After the system refused a connection (no descriptors) the listener rests, so that the loop does not spin.
  private var restsUntil: MonotonicNanos?

  private static let listenerToken: UInt64 = 0
  private static let stopToken: UInt64 = 1
  private static let restNanos: Int64 = 100_000_000

  init(_ listener: consuming Listener, _ stop: Wakeup, _ limits: HTTPLimits, _ page: @escaping HTTPService.Page)
    throws(IOError)
  {
    let made = try Poller()
    try made.add(listener, token: Self.listenerToken)
    try made.add(stop, token: Self.stopToken)
    poller = made
    self.listener = listener
    self.limits = limits
    self.page = page
  }

  /// Serves until the stop wakeup is signalled, or the system cannot wait any more.
  mutating func run() {
    do throws(IOError) { while try round() {} } catch { clients.removeAll() }
  }

  private mutating func round() throws(IOError) -> Bool {
    var deadline = restsUntil ?? .distantFuture
    for client in clients.values { deadline = min(deadline, client.deadline) }
    try poller.wait(until: deadline)
    let now = MonotonicNanos.now()
    if let rest = restsUntil, now >= rest {
      restsUntil = nil
      try poller.add(listener, token: Self.listenerToken)
    }
    for event in poller.events {
      switch event.token {
      case Self.stopToken: return false
      case Self.listenerToken: try accept(now)
      default: try serve(event.token, now)
      }
    }
    for token in Array(clients.keys) where clients[token].map({ now >= $0.deadline }) == true { try serve(token, now) }
    return true
  }

  private mutating func accept(_ now: MonotonicNanos) throws(IOError) {
    let connection: TCPConnection
    do throws(IOError) {
      guard let next = try listener.accept() else { return }
      connection = next
    } catch {
      try poller.remove(listener)
      restsUntil = now.advanced(byNanos: Self.restNanos)
      return
    }
    let client = HTTPConnection(ByteStream(plain: connection), limits, now: now)
    if clients.count >= limits.maximumConnections {
      client.refuse(503, "too many connections; try again later", now: now)
      return
    }
    let token = nextToken
    nextToken += 1
    try poller.add(client.stream, token: token, for: .readable)
    clients[token] = client
  }

  private mutating func serve(_ token: UInt64, _ now: MonotonicNanos) throws(IOError) {
    guard let client = clients[token] else { return }
    let takesAnyName = !listener.address.isLoopback
    client.turn(now) { takesAnyName || Self.isOurs($0.host) ? page($0.path) : Self.foreign }
    if client.isGone {
      clients[token] = nil
    } else if client.wanted != client.watched {
      client.watched = client.wanted
      try poller.update(client.stream, token: token, for: client.wanted)
    }
  }

  private static let foreign = HTTPResponse(
    status: 403, "ask by an IP address or as localhost: another host name may be a page that wants to read along\n")

  /// A web page elsewhere can let its own name point here and would then be allowed to read the answers (DNS
  /// rebinding); a name that cannot be pointed anywhere keeps that out.
  static func isOurs(_ host: String) -> Bool {
    if host.isEmpty { return true }
    guard let endpoint = try? Endpoint(parsing: host, defaultPort: 80) else { return false }
    return endpoint.host.lowercased() == "localhost" || SocketAddress(numeric: endpoint.host, port: 0) != nil
  }
}
