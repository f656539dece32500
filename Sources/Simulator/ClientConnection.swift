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
  private let recording: RecordingSource?
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
  private var playback: Playback?
  private var paced: PacedFeed?
  private let answers: AnswerFeed?
  private let history: HistoryFeed?
  private var playbackDue = MonotonicNanos.distantFuture
  private var hasMoreToPlay = false
  private var hasMoreToGreet = false
  private var ready: Readiness = []
  private var blockedOn: Readiness?
  private var phaseDeadline: MonotonicNanos
  var links = LinkFaults()
  /// Lasting values that wait for room, when conflating.
  var stale: Set<LatestEvents.Key> = []
  private var lastFlush: MonotonicNanos
  private var liveEnded = false

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
  private var queueLimit: Int {
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

  /// Whether something of this client's own waits for its subscription to be quiet.
  private var mayBegin: Bool {
    guard playback == nil, paced == nil, session.mayHaveData, !links.isStalled else { return false }
    switch configuration.feed {
    case .generator, .answers, .history: return false
    case .recording, .paced: return true
    }
  }

  /// When the client's subscription has been quiet for long enough.
  private var settled: MonotonicNanos? {
    session.lastSubscription?.advanced(byNanos: configuration.limits.settleMillis * 1_000_000)
  }

  private func begin(_ now: MonotonicNanos) {
    switch configuration.feed {
    case .paced(let spec): paced = PacedFeed(spec, now: now)
    case .recording(_, let speed, let isLooped):
      if let recording { playback = try? Playback(recording, speed: speed, isLooped: isLooped, now: now) }
      if playback == nil { session.close(CloseCode.internalError.rawValue, "the recording is gone") }
    case .generator, .answers, .history: break
    }
  }

  private func play(_ now: MonotonicNanos) {
    hasMoreToPlay = false
    playbackDue = .distantFuture
    if mayBegin, let settled, now >= settled { begin(now) }
    guard playback != nil || paced != nil || history != nil, session.mayHaveData, !links.isStalled else { return }
    let target = links.isWaiting(for: faults) ? 1 : Self.playbackTargetBytes
    guard conversation.queuedBytes < Self.playbackTargetBytes, out.byteCount < target else {
      hasMoreToPlay = true
      return
    }
    let refused = playback?.framesRefused ?? 0
    let outcome =
      paced?.step(now, &session, &out, targetBytes: target)
      ?? playback?.step(now, &session, &out, targetBytes: target)
      ?? history?.step(now, &session, &out, targetBytes: target)
    stats.add(.framesUnreadable, (playback?.framesRefused ?? 0) - refused)
    switch outcome {
    case .more?: hasMoreToPlay = true
    case .waiting(let due)?: playbackDue = due
    case .over?: session.close(EndOfFeed.closeCode, EndOfFeed.reason)
    case nil: break
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

  // MARK: Live feed

  private func greet(_ now: MonotonicNanos) {
    hasMoreToGreet = false
    if let history {
      if session.mayHaveData { history.begin(session.takeNewTopics(), now, &session, &out) }
      return
    }
    guard let live, answers == nil, session.mayHaveData else {
      let fresh = session.takeNewTopics()
      if let answers, session.mayHaveData { answer(fresh, answers) }
      return
    }
    var greeted = 0
    // A snapshot has thousands of rows; no more are made than the client takes away.
    while greeted < Self.greetingsPerTurn, out.byteCount + conversation.queuedBytes <= queueLimit / 2 {
      guard let new = session.takeNewTopics(atMost: 1).first else { return }
      greeted += 1
      guard let channel = session.channels[new.topic.channel], channel.contract != .stream else { continue }
      live.greet(new.topic, fromTime: new.fromTime) { event in
        session.gather(event, new.topic.type, channel, live.store, &out)
      }
    }
    hasMoreToGreet = greeted == Self.greetingsPerTurn && !session.newTopics.isEmpty
  }

  /// Snapshots of the DOM channels. A client that lags misses some, and gets the newest when it has caught up.
  private func sendDOM(_ now: MonotonicNanos) {
    guard let live, session.closing == nil, !session.domChannels.isEmpty else { return }
    for topic in session.takeNewDOM() { live.watchDOM(topic) }
    if links.isStalled || out.byteCount + conversation.queuedBytes > queueLimit / 2 { return }
    session.sendDOM(now, &out) { live.dom($0, depth: $1) }
  }

  /// Subscriptions that are given their first values in one turn.
  private static let greetingsPerTurn = 64

  private func answer(_ fresh: [NewTopic], _ answers: AnswerFeed) {
    for new in fresh {
      guard let channel = session.channels[new.topic.channel] else { continue }
      answers.answer(new.topic) { session.gather($0, new.topic.type, channel, answers.store, &out) }
    }
    session.flush(&out)
  }

  /// Takes an event of the live feed, unless the client lags too far behind.
  func take(live event: EventRef, _ texts: TextStore) {
    guard phase == .open, session.mayHaveData, !links.isStalled else { return }
    guard out.byteCount + conversation.queuedBytes > queueLimit else {
      return session.gather(event, texts, &out)
    }
    guard let type = event.type, session.wants(event, texts) else { return }
    if configuration.slowClients == .disconnect {
      stats.add(.slowClients)
      out = MessageQueue()
      return session.close(CloseCode.policyViolation.rawValue, "too slow")
    }
    if LiveFeed.isLasting(type) {
      stale.insert(LatestEvents.Key(type: type, symbol: event.symbol.rawValue))
    } else {
      stats.add(.eventsSkipped)
    }
  }

  private func flushLive(_ now: MonotonicNanos) {
    guard let live else { return }
    if !stale.isEmpty, out.byteCount + conversation.queuedBytes <= queueLimit / 2 {
      for key in stale { live.repeatLatest(key) { session.gather($0, live.store, &out) } }
      stale.removeAll()
    }
    session.flushDue(since: lastFlush, now, &out)
    lastFlush = now
    guard live.isOver, session.mayHaveData, !liveEnded else { return }
    liveEnded = true
    session.flush(&out)
    session.close(EndOfFeed.closeCode, EndOfFeed.reason)
  }
}
