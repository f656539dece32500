import Bytes
package import IO
package import Recording
package import WebSocket

/// What a server shall do.
package struct ServerConfiguration: Sendable {
  /// What clients are given.
  package enum Feed: Sendable {
    /// A recording, `path` of a `.qwr` file.
    case recording(path: String, speed: ReplaySpeed, isLooped: Bool)
    /// A generator in real time; `speed` 1 is its own rate.
    case generator(GenerateSpec, speed: ReplaySpeed)
    /// Quotes at a fixed rate, stamped with their intended times; each client has its own, and the feed ends.
    case paced(PacedSpec)
    /// One answer to each subscription, whatever the symbol.
    case answers(AnswerSpec)
    case history(HistorySpec)
  }

  /// What happens to a client of a live feed that reads too slowly. Clients of a recording are waited for.
  package enum SlowClients: String, CaseIterable, Sendable {
    case disconnect
    /// Only the latest values are kept for it; events of other types are skipped and counted.
    case conflate
  }

  package var feed: Feed
  package var address: SocketAddress
  /// PEM files; nil for a server without TLS.
  package var certificateFile: String?
  package var keyFile: String?
  package var session = ServerSession.Options()
  package var faults: [Fault] = []
  package var slowClients = SlowClients.disconnect
  /// Unpacks compressed segments of recordings.
  package var compression: (@Sendable () -> any SegmentCompression)?
  /// Compresses messages for clients that offer it (permessage-deflate); nil: for nobody.
  package var deflate: DeflateSupport?
  package var limits: ServerLimits {
    get { session.limits }
    set { session.limits = newValue }
  }

  /// Listens on the loopback address; port 0 lets the system choose.
  package init(feed: Feed, port: UInt16 = 0) {
    self.feed = feed
    guard let loopback = SocketAddress(numeric: "127.0.0.1", port: port) else { preconditionFailure("not an address") }
    address = loopback
  }
}

/// A dxLink server for many clients on one thread.
///
///     wait ─► accept, read ─► session ─► feed ─► write ─► wait
///
/// Invariant: no client can make another wait longer than a bounded step, nor make the server hold more than its
/// limits.
package struct Server: ~Copyable {
  package let configuration: ServerConfiguration
  package let stats: ServerStats
  /// Where it listens.
  package let address: SocketAddress
  private let stop: Wakeup
  private var listener: Listener
  private var poller: Poller
  private let tls: TLSContext?
  private let recording: RecordingSource?
  private var live: LiveFeed?
  private var clients: [UInt64: ClientConnection] = [:]
  private var nextToken: UInt64 = Server.firstClientToken
  private var accepted = 0

  private static let listenerToken: UInt64 = 0
  private static let stopToken: UInt64 = 1
  private static let firstClientToken: UInt64 = 2
  /// Connections accepted in one round.
  private static let acceptsPerRound = 32
  /// How long clients get to read our Close when the server stops.
  private static let farewellNanos: Int64 = 500_000_000

  /// Opens the feed and listens. `stop` ends `run`.
  package init(
    _ configuration: ServerConfiguration, stop: Wakeup, stats: ServerStats = ServerStats()
  ) throws(SimulatorError) {
    var recording: RecordingSource?
    if case .recording(let path, _, _) = configuration.feed {
      recording = try RecordingSource(path, compression: configuration.compression?())
    }
    var live: LiveFeed?
    if case .generator(let spec, let speed) = configuration.feed {
      var factor: Double?
      if case .factor(let asked) = speed { factor = asked }
      live = try LiveFeed(spec, factor: factor, now: .now())
    }
    let servesDOM = live != nil
    let tls = try Self.tls(configuration)
    let listener = try Self.listener(configuration.address)
    let poller = try Self.poller(listener, stop)
    var configuration = configuration
    configuration.session.servesDOM = servesDOM
    configuration.session.budget = SubscriptionBudget(limit: configuration.limits.maximumSubscriptionBytes)
    configuration.session.sessions = configuration.limits.sessionsPerToken.map { TokenSessions(limit: $0) }
    self.configuration = configuration
    self.stats = stats
    self.stop = stop
    self.recording = recording
    self.live = live
    self.tls = tls
    address = listener.address
    self.listener = listener
    self.poller = poller
  }

  private static func tls(_ configuration: ServerConfiguration) throws(SimulatorError) -> TLSContext? {
    guard let certificate = configuration.certificateFile, let key = configuration.keyFile else { return nil }
    do throws(IOError) {
      return try TLSContext.server(certificateFile: certificate, keyFile: key)
    } catch {
      throw .system("\(error)")
    }
  }

  private static func listener(_ address: SocketAddress) throws(SimulatorError) -> Listener {
    do throws(IOError) { return try Listener(on: address) } catch { throw .system("\(error)") }
  }

  private static func poller(_ listener: borrowing Listener, _ stop: Wakeup) throws(SimulatorError) -> Poller {
    do throws(IOError) {
      let poller = try Poller()
      try poller.add(listener, token: listenerToken)
      try poller.add(stop, token: stopToken)
      return poller
    } catch {
      throw .system("\(error)")
    }
  }

  /// Serves until `stop` is signalled.
  package mutating func run() throws(SimulatorError) {
    do throws(IOError) {
      while try round(until: deadline()) {}
      try farewell()
    } catch {
      throw .system("\(error)")
    }
  }

  /// When the next thing is due that no descriptor will tell.
  private func deadline() -> MonotonicNanos {
    let now = MonotonicNanos.now()
    var earliest = live?.deadline(now) ?? .distantFuture
    if clients.isEmpty, live != nil { earliest = now.advanced(byNanos: 100 * LiveFeed.stepNanos) }
    for client in clients.values { earliest = min(earliest, client.deadline(now)) }
    return earliest
  }

  /// One round of waiting and serving; false when the server shall stop.
  private mutating func round(until deadline: MonotonicNanos) throws(IOError) -> Bool {
    try poller.wait(until: deadline)
    let now = MonotonicNanos.now()
    for event in poller.events {
      switch event.token {
      case Self.listenerToken: try accept(now)
      case Self.stopToken: return false
      default: clients[event.token]?.isReady(event.readiness)
      }
    }
    playLive(now)
    for (token, client) in clients {
      client.turn(now)
      try settle(token, client)
    }
    return true
  }

  private mutating func accept(_ now: MonotonicNanos) throws(IOError) {
    for _ in 0..<Self.acceptsPerRound {
      let connection: TCPConnection
      do throws(IOError) {
        guard let next = try listener.accept() else { return }
        connection = next
      } catch {
        // Out of descriptors: the connection waits in the backlog until some are free.
        stats.add(.clientsRefused)
        return
      }
      var stream: ByteStream
      do throws(IOError) {
        stream = if let tls { try ByteStream(connection, tls: tls) } else { ByteStream(plain: connection) }
      } catch {
        stats.add(.handshakesFailed)
        continue
      }
      let token = nextToken
      nextToken += 1
      try poller.add(stream, token: token, for: .readable)
      let client = ClientConnection(
        stream, configuration, recording, live, stats, number: accepted, now: now,
        isRefused: clients.count >= configuration.limits.maximumClients)
      accepted += 1
      clients[token] = client
      stats.add(client.isRefused ? .clientsRefused : .clientsAccepted)
      stats.add(.clientsOpen)
    }
  }

  /// Tells the poller what a client waits for, or lets it go.
  private mutating func settle(_ token: UInt64, _ client: ClientConnection) throws(IOError) {
    if client.isGone {
      clients[token] = nil
      stats.add(.clientsOpen, -1)
      return
    }
    let wanted = client.wantedReadiness
    guard wanted != client.watchedReadiness else { return }
    client.watchedReadiness = wanted
    try poller.update(client.stream, token: token, for: wanted)
  }

  private func playLive(_ now: MonotonicNanos) {
    guard let live, !live.isOver else { return }
    let room = clients.values.first.map { $0.queueLimit / 2 } ?? .max
    live.advance(to: now, limit: live.eventsPerStep(queuedBytes: room)) { event in
      for client in clients.values { client.take(live: event, live.store) }
    }
  }

  /// Says goodbye to all clients, for a bounded time.
  private mutating func farewell() throws(IOError) {
    let end = MonotonicNanos.now().advanced(byNanos: Self.farewellNanos)
    for client in clients.values { client.sayGoodbye() }
    while !clients.isEmpty {
      let now = MonotonicNanos.now()
      if now >= end { break }
      for (token, client) in clients {
        client.turn(now)
        try settle(token, client)
      }
      if clients.isEmpty { break }
      try poller.wait(until: clients.values.contains { $0.isBusy } ? now : end)
      for event in poller.events { clients[event.token]?.isReady(event.readiness) }
      // The signal stays readable; only the end of the farewell matters now.
      if poller.events.allSatisfy({ $0.token == Self.stopToken }) { stop.clear() }
    }
    stats.add(.clientsOpen, -clients.count)
    clients.removeAll()
  }
}
