import Bytes
import DXLink
import IO
import Market
import Recording
import Rings
import WebSocket

/// One client of a server: socket, TLS, HTTP upgrade, WebSocket, session, and its way through the feed.
///
/// Bytes go out only while the socket takes them: `out` holds messages that are made, the conversation holds frames. A
/// recording is read on only when both are nearly empty, so a slow client slows its own playback and nothing else.
final class ClientConnection {
  enum Phase { case tls, upgrade, open, closing, draining, gone }

  var stream: ByteStream
  var watchedReadiness: Readiness = .readable
  private(set) var phase: Phase
  let isRefused: Bool
  let configuration: ServerConfiguration
  let stats: ServerStats
  let recording: RecordingSource?
  let live: LiveFeed?
  let faults: FaultPlan
  private var buffer: ReceiveBuffer
  private var handshake = ServerHandshake()
  /// Bytes of HTTP answers.
  private var raw = ByteWriter(capacity: 512)
  private var rawSent = 0
  var conversation: Conversation
  var session: ServerSession
  var out = MessageQueue()
  var playback: Playback?
  var paced: PacedFeed?
  let answers: AnswerFeed?
  let history: HistoryFeed?
  var playbackDue = MonotonicNanos.distantFuture
  var hasMoreToPlay = false
  var hasMoreToGreet = false
  private var ready: Readiness = []
  private var blockedOn: Readiness?
  private var phaseDeadline: MonotonicNanos
  var links = LinkFaults()
  /// Lasting values that wait for room, when conflating.
  var stale: Set<LatestEvents.Key> = []
  var lastFlush: MonotonicNanos
  var liveEnded = false

  /// Reads in one turn.
  private static let readsPerTurn = 16
  /// Bytes written in one turn before others get theirs.
  private static let bytesPerTurn = 1 << 20
  static let playbackTargetBytes = 64 << 10
  /// Bytes that are made into frames ahead of the socket; what waits behind them waits as messages.
  private static let framedBytes = 64 << 10

  init(
    _ stream: consuming ByteStream, _ configuration: ServerConfiguration, _ recording: RecordingSource?,
    _ live: LiveFeed?, _ stats: ServerStats, number: Int, now: MonotonicNanos, isRefused: Bool
  ) {
    phase = stream.isSecure ? .tls : .upgrade
    self.stream = stream
    self.configuration = configuration
    self.recording = recording
    self.live = live
    self.stats = stats
    self.isRefused = isRefused
    let plan = FaultPlan(configuration.faults, connection: number)
    faults = plan
    var limits = Conversation.Limits()
    limits.maximumFrameBytes = configuration.limits.maximumMessageBytes
    limits.maximumMessageBytes = configuration.limits.maximumMessageBytes
    conversation = Conversation(role: .server, limits: limits)
    buffer = ReceiveBuffer(capacity: 16 << 10, maximumCapacity: limits.receiveBufferBytes + (64 << 10))
    session = ServerSession(configuration.session, faults: plan, now: now)
    if case .answers(let spec) = configuration.feed {
      answers = AnswerFeed(spec, connection: number + 1)
    } else {
      answers = nil
    }
    if case .history(let spec) = configuration.feed { history = HistoryFeed(spec) } else { history = nil }
    phaseDeadline = now.advanced(byNanos: configuration.limits.setupTimeoutMillis * 1_000_000)
    lastFlush = now
  }

  var isGone: Bool { phase == .gone }
  /// Whether there is work that no descriptor announces.
  var isBusy: Bool {
    guard blockedOn == nil else { return false }
    switch phase {
    case .tls, .upgrade, .gone: return false
    case .open: return hasMoreToPlay || hasMoreToGreet || !links.isStalled && (!out.isEmpty || session.closing != nil)
    case .closing, .draining: return rawSent < raw.count || conversation.queuedBytes > 0
    }
  }

  func isReady(_ readiness: Readiness) {
    ready.formUnion(readiness)
    blockedOn = nil
  }

  var wantedReadiness: Readiness {
    var wanted: Readiness = mayRead ? .readable : []
    if let blockedOn { wanted.formUnion(blockedOn) }
    return wanted
  }

  /// A client whose answers nobody takes away is not read from, nor one that wants more than it can be given.
  private var mayRead: Bool {
    out.byteCount + conversation.queuedBytes <= queueLimit
      && session.newTopics.count <= configuration.limits.maximumUngreeted
  }

  /// This client's part of what may wait.
  var queueLimit: Int {
    let limits = configuration.limits
    let part = limits.maximumQueuedBytesOfAll / max(1, stats[.clientsOpen])
    return min(limits.maximumQueuedBytes, max(limits.leastQueuedBytes, part))
  }

  func deadline(_ now: MonotonicNanos) -> MonotonicNanos {
    if isBusy { return now }
    guard phase == .open else { return phaseDeadline }
    if let until = links.stalledUntil { return until }
    // What is left is told by the socket.
    if session.closing != nil { return .distantFuture }
    var earliest = min(session.deadline, playbackDue)
    if mayBegin, let settled { earliest = min(earliest, settled) }
    return earliest
  }

  // MARK: One turn

  func turn(_ now: MonotonicNanos) {
    do throws(IOError) {
      if phase == .tls { try shakeHands() }
      if ready.contains(.readable) && phase != .tls { try read(now) }
      ready = []
      advance(now)
      try write(now)
    } catch {
      // The peer is gone, or broke TLS: nothing can be said any more.
      if phase == .tls || phase == .upgrade { stats.add(.handshakesFailed) }
      finish()
    }
    let isPatient = phase == .open || phase == .gone
    if !isPatient && now >= phaseDeadline { finish() }
  }

  private func finish() { phase = .gone }

  private func shakeHands() throws(IOError) {
    switch try stream.handshake() {
    case .done:
      phase = .upgrade
      ready.insert(.readable)
      blockedOn = nil
    case .wants(let readiness): blockedOn = readiness
    }
  }

  private func read(_ now: MonotonicNanos) throws(IOError) {
    for _ in 0..<Self.readsPerTurn {
      guard mayRead, phase != .gone, buffer.makeRoom(max(4096, conversation.wantedBytes)) else { return }
      var transfer = Transfer.endOfStream
      _ = try unsafe buffer.fill { (room: UnsafeMutableRawBufferPointer) throws(IOError) -> Int in
        transfer = try unsafe stream.read(into: room)
        if case .bytes(let count) = transfer { return count }
        return 0
      }
      switch transfer {
      case .endOfStream:
        conversation.transportEnded()
        return finish()
      case .wouldBlock(let readiness):
        if readiness != .readable { blockedOn = readiness }
        return
      case .bytes: understand(now)
      }
      if !stream.mayHoldMore && !ready.contains(.readable) { return }
    }
    // More may lie there; the poller will say so again.
  }

  private func understand(_ now: MonotonicNanos) {
    if phase == .upgrade { upgrade(now) }
    guard phase == .open || phase == .closing || phase == .draining else { return }
    while let event = conversation.next(&buffer) {
      switch event {
      case .message(let kind, let payload):
        stats.add(.messagesReceived)
        // Binary messages are no part of the protocol; real servers and clients pass them over.
        if kind == .text && phase == .open { unsafe session.receive(payload, now: now, &out) }
      case .ping, .pong: break
      case .closed, .failed: beginDraining(now)
      }
    }
  }

  private func upgrade(_ now: MonotonicNanos) {
    do throws(WebSocketError) {
      let request = try unsafe buffer.withReadable { (bytes: UnsafeRawBufferPointer) throws(WebSocketError) in
        try unsafe handshake.next(bytes.bytes)
      }
      guard let request else { return }
      buffer.consume(request.headBytes)
      if isRefused {
        try ServerHandshake.refuse(status: 503, "too many clients", into: &raw)
        return beginDraining(now)
      }
      let granted = configuration.deflate?.grant(request.extensions)
      try ServerHandshake.accept(request, extensions: granted.map { [$0.words] } ?? [], into: &raw)
      if let granted { conversation.use(granted.deflate) }
      phase = .open
    } catch {
      ServerHandshake.answer(error, into: &raw)
      stats.add(.handshakesFailed)
      beginDraining(now)
    }
  }

  private func beginDraining(_ now: MonotonicNanos) {
    phase = .draining
    phaseDeadline = now.advanced(byNanos: configuration.limits.closeTimeoutMillis * 1_000_000)
  }

  // MARK: What is to be sent

  /// Events of this client that `stats` knows of.
  private var eventsStated = 0

  private func advance(_ now: MonotonicNanos) {
    guard phase == .open else { return }
    links.endStall(now)
    let errors = session.counters.errorsSent
    session.tick(now, &out)
    stats.add(.errorsSent, session.counters.errorsSent - errors)
    session.beginDue(now)
    greet(now)
    flushLive(now)
    sendDOM(now)
    play(now)
    stats.add(.events, session.counters.events - eventsStated)
    eventsStated = session.counters.events
    strikeIfDue(now)
    pump(now)
    if links.wantsDrop { return finish() }
    if let closing = session.closing, out.isEmpty, !links.isStalled {
      sayClose(CloseCode(rawValue: closing.code), closing.reason, now)
    }
  }

  func sayGoodbye() {
    guard phase == .open else { return }
    session.close(CloseCode.goingAway.rawValue, "server stops")
  }

  private func sayClose(_ code: CloseCode, _ reason: String, _ now: MonotonicNanos) {
    do throws(WebSocketError) {
      try conversation.close(code, reason: reason)
      phase = .closing
      phaseDeadline = now.advanced(byNanos: configuration.limits.closeTimeoutMillis * 1_000_000)
    } catch {
      // 1005, 1006 and their like mean an end without a Close frame.
      finish()
    }
  }

  /// Moves messages into the conversation while it takes them, past the faults of the link.
  private func pump(_ now: MonotonicNanos) {
    while !out.isEmpty, !links.isStalled, !links.wantsDrop, conversation.maySend,
      conversation.queuedBytes < min(queueLimit, Self.framedBytes)
    {
      let isData = out.isFirstData
      let sent = out.takeFirst { _, text in self.send(text, isData: isData, now) }
      if !sent { return }
      if isData { strikeIfDue(now) }
    }
  }

  // MARK: Writing

  private func write(_ now: MonotonicNanos) throws(IOError) {
    guard phase != .gone, phase != .tls, blockedOn == nil || blockedOn == .readable else { return }
    var budget = Self.bytesPerTurn
    while budget > 0 {
      let moved = try writeSome()
      if moved == 0 { break }
      budget -= moved
      stats.add(.bytesSent, moved)
      if hasMoreToPlay && conversation.queuedBytes < Self.playbackTargetBytes / 2 {
        play(now)
        pump(now)
      }
    }
    let isEmpty = raw.count == rawSent && conversation.queuedBytes == 0
    if phase == .draining && isEmpty && blockedOn == nil {
      _ = try stream.finishWriting()
      finish()
    }
  }

  /// One write of what waits; 0 when there is nothing or the socket is full.
  private func writeSome() throws(IOError) -> Int {
    let limit = faults[.split]?.number ?? .max
    let transfer: Transfer
    let isRaw = rawSent < raw.count
    if isRaw {
      transfer = try unsafe raw.withBytes { (bytes: UnsafeRawBufferPointer) throws(IOError) in
        try unsafe stream.write(UnsafeRawBufferPointer(rebasing: bytes[rawSent...].prefix(limit)))
      }
    } else {
      guard conversation.queuedBytes > 0 else { return 0 }
      transfer = try unsafe conversation.withQueued { (bytes: UnsafeRawBufferPointer) throws(IOError) in
        try unsafe stream.write(UnsafeRawBufferPointer(rebasing: bytes.prefix(limit)))
      }
    }
    switch transfer {
    case .bytes(let count):
      if isRaw { rawSent += count } else { conversation.sent(count) }
      return count
    case .wouldBlock(let readiness):
      blockedOn = readiness
      return 0
    case .endOfStream: return 0
    }
  }
}
