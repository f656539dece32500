import Bytes
import DXLink
import IO
import JSON
import Market
import Recording
import Sinks
import WebSocket

// One connection of a lane, from the first packet to the last.

/// How a connection ended.
enum ConnectionEnd {
  case drained
  case endOfFeed
  case refused(String)
  /// `stood`: whether the feed channel was open.
  case lost(Gap.Reason, String, stood: Bool)
}

extension Lane {
  /// While conflation holds events back, the lane looks after them this often.
  static var settleNanos: Int64 { 20_000_000 }

  mutating func runConnection() -> ConnectionEnd {
    let url: FeedURL
    do throws(PassRefusal) { url = try takePass()?.url ?? settings.url } catch { return error.end }
    var link: WebSocketLink
    do throws(LinkError) {
      link = try WebSocketLink(
        to: url, tls: settings.tls, connector: settings.connector,
        limitMillis: settings.upgradeLimitMillis, limits: settings.conversationLimits, checksText: false,
        userAgent: settings.userAgent, deflate: settings.deflate, stop: stop.wakeup)
    } catch {
      if stop.isDraining { return .drained }
      var why = "\(error)"
      if case .webSocket = error { why = "no WebSocket at \(url): \(error); check --url" }
      guard error.helpsToReconnect || error.isPassing else { return .refused(why) }
      return .lost(.connectionLost, why, stood: false)
    }
    do {
      if let token = try settings.token.read() {
        lastToken = token
        session.updateToken(token, now: .now())
      }
    } catch { return .refused("\(error)") }
    progress.enter(.handshaking)
    sessionNumber += 1
    if sessionNumber == 1 && settings.deflate != nil && link.conversation.compression == nil {
      say("lane \(number): the server does not compress (permessage-deflate), frames come as they are")
    }
    decoder.reset()
    recording?.accept(
      SessionStart(session: sessionNumber, url: url.description, version: settings.productVersion), .now(),
      isStopping: isStopping)
    var stood = false
    closingDeadline = nil
    session.connected(now: .now())
    pipeline.watchSymbols(false)
    let end = converse(&link, &stood).map { withoutToken($0) }
    outcome.topics = session.topicCounts
    outcome.refusedTopics = session.refusedTopics(atMost: settings.maximumListedTopics)
    session.disconnected()
    showTopics()
    recording?.accept(
      SessionEnd(session: sessionNumber, closeCode: link.conversation.closeCode.rawValue, reason: end.words), .now(),
      isStopping: isStopping)
    pipeline.add(link.wire)
    link.end(limitMillis: settings.closeLimitMillis)
    return end
  }

  /// The duty cycle of a connection: act, write, read, interpret, wait.
  private mutating func converse(_ link: inout WebSocketLink, _ stood: inout Bool) -> ConnectionEnd {
    var plan = WaitPlan(
      batchMicros: settings.batchMicros, spinMicros: settings.spinMicros, receiveMillis: WebSocketLink.waitLimitMillis)
    var waits = false
    // Messages may have come in one piece with the answer to the upgrade.
    if link.buffer.readableCount > 0 {
      lastArrival = .now()
      let end = interpret(&link, &stood)
      closeRead()
      if let end { return end }
    }
    do throws(LinkError) {
      while true {
        if let subscriptionPlan { follow(subscriptionPlan) }
        if let renewal { follow(renewal) }
        if inbox != nil { takeInbox() }
        if let end = perform(&link, &stood) { return end }
        if link.conversation.hasQueued { try link.write() }
        if stop.isDraining { return drain(&link) }
        let got = try link.read(waits: waits)
        waits = false
        let readAt = MonotonicNanos.now()
        progress.turn()
        if got > 0 {
          lastArrival = Arrival(wall: .now(), monotonic: readAt)
          session.receivedAnything(now: readAt)
          let end = interpret(&link, &stood)
          closeRead()
          if let end { return end }
        }
        if let closing = closingDeadline, readAt >= closing { return Self.notUTF8(stood) }
        if readAt >= session.nextDeadline { advanceSession(readAt) }
        if session.hasActions || link.mayHoldMore { continue }
        switch wait(&plan, got: got, readAt: readAt, isSending: link.conversation.hasQueued) {
        case .read: continue
        case .pause(let nanos): Pause.sleep(nanos: nanos)
        case .receive: waits = true
        case .poll(let deadline):
          switch try link.wait(until: deadline, wakeup: wakeup) {
          case .ready: break
          case .woken: clearWakeup()
          case .timedOut: advanceSession(.now())
          }
        }
      }
    } catch {
      // What had arrived before the loss is interpreted still.
      let end = interpret(&link, &stood)
      closeRead()
      if let end { return end }
      if closingDeadline != nil { return Self.notUTF8(stood) }
      return .lost(.connectionLost, "connection lost: \(error)", stood: stood)
    }
  }

  /// What is done once for all messages of a read.
  private mutating func closeRead() {
    pipeline.deliver()
    if pipeline.hasFilled { noteFilled() }
    pipeline.settle()
    recording?.publish()
    pipeline.show(in: progress)
    if session.watchesSnapshots { tellEndedSnapshots() }
  }

  private mutating func wait(
    _ plan: inout WaitPlan, got: Int, readAt: MonotonicNanos, isSending: Bool
  ) -> WaitPlan.Step {
    let now = got > 0 ? MonotonicNanos.now() : readAt
    var deadline = min(session.nextDeadline, closingDeadline ?? .distantFuture)
    if let subscriptionPlan { deadline = min(deadline, subscriptionPlan.nextLook) }
    if let longest = settings.longestWaitNanos { deadline = min(deadline, now.advanced(byNanos: longest)) }
    if renewal != nil { deadline = min(deadline, now.advanced(byNanos: Self.renewalLookNanos)) }
    let holdsBack = pipeline.holdsBack
    if holdsBack {
      pipeline.settle()
      deadline = min(deadline, now.advanced(byNanos: Self.settleNanos))
    }
    return plan.next(got: got, readAt: readAt, now: now, deadline: deadline, isBusy: isSending || holdsBack)
  }

  /// Does what the session asks for.
  private mutating func perform(_ link: inout WebSocketLink, _ stood: inout Bool) -> ConnectionEnd? {
    guard session.hasActions else { return nil }
    var failure: SessionFailure?
    var wantsToken = false
    var isReady = false
    var refusals: TopicRefusals?
    var aboutDOM: [String] = []
    let recording = recording
    let stopping = isStopping
    unsafe session.drainActions { action, bytes in
      switch action {
      case .send(let range, let isSecret):
        let text = unsafe UnsafeRawBufferPointer(rebasing: bytes[range])
        if !isSecret { unsafe recording?.accept(.sent, text, .now(), isStopping: stopping) }
        // A conversation that is closing takes nothing more; its end is told by `isOver`.
        try? unsafe link.conversation.send(.text, text.bytes, isSecret: isSecret)
      case .ready: isReady = true
      case .wantsToken: wantsToken = true
      case .refused(let why): refusals = why
      case .domClosed(let topic, let isGivenUp, let error):
        aboutDOM.append(DOMChannelText.closed(topic, isGivenUp, error))
      case .domLimited(let topic, let depth): aboutDOM.append(DOMChannelText.limited(topic, depth))
      case .fail(let why): failure = why
      }
    }
    recording?.publish()
    showTopics()
    if let refusals { tell(refusals) }
    for sentence in aboutDOM { complain(sentence) }
    if isReady {
      stood = true
      progress.enter(.streaming)
      renewal?.accepted(passSerial)
      if lostSince != nil { closeGap() }
    }
    if wantsToken { renewToken() }
    guard let failure else { return nil }
    try? link.conversation.close(.goingAway, reason: "")
    try? link.write()
    return end(failure, stood)
  }

  /// Interprets everything that arrived. The batch of one read ends when there is no further event.
  private mutating func interpret(_ link: inout WebSocketLink, _ stood: inout Bool) -> ConnectionEnd? {
    guard let arrival = lastArrival else { return nil }
    while true {
      if var frames = link.conversation.textFrames(&link.buffer) {
        while let payload = unsafe frames.next() { unsafe take(payload, arrival, &link) }
        link.conversation.took(frames, &link.buffer)
      }
      guard let event = link.conversation.next(&link.buffer) else { return nil }
      switch event {
      case .message(.text, let payload): unsafe take(payload, arrival, &link)
      case .message(.binary, _): complain("a binary message arrived, which dxLink does not use; it was ignored")
      case .ping, .pong: break
      case .closed: return closed(link.conversation.closeCode, link.conversation.closeReason, stood)
      case .failed:
        let why = link.conversation.failure.map { "\($0)" } ?? "unknown"
        try? link.write()
        return .lost(.protocolViolation, "the server violated the WebSocket protocol: \(why)", stood: stood)
      }
    }
  }

  /// One text message: into the recording, then into the pipeline.
  private mutating func take(_ payload: UnsafeRawBufferPointer, _ arrival: Arrival, _ link: inout WebSocketLink) {
    if let recording { unsafe recording.accept(.received, payload, arrival, isStopping: isStopping) }
    unsafe interpret(payload, arrival, &link)
  }

  private mutating func interpret(_ payload: UnsafeRawBufferPointer, _ arrival: Arrival, _ link: inout WebSocketLink) {
    do throws(FeedError) {
      if case .message(let message) = try unsafe pipeline.accept(payload, arrival, &decoder) {
        let wasReady = session.isReady
        session.received(message, now: arrival.monotonic)
        // A feed channel that the server closes is an outage too: the session asks for another one.
        if wasReady && !session.isReady { openGap(.serverClosed) }
        if !wasReady && session.isReady && lostSince != nil { closeGap() }
        if case .authState(let auth) = message, auth.state == .authorized, session.isReady { closeGap() }
        if case .domSnapshot(let channel, let snapshot) = message, let receive = settings.dom,
          let topic = session.domTopic(channel: channel)
        {
          receive(DOMUpdate(topic: topic, snapshot: snapshot, receivedNanos: arrival.wall.rawValue))
        }
        if case .error(let channel, let notice) = message {
          complain("the server says on channel \(channel): \(notice.code): \(notice.message)")
        }
      }
    } catch {
      complain("a message could not be read and was skipped: \(error)")
      guard case .json(.invalidUTF8) = error, closingDeadline == nil else { return }
      try? link.conversation.close(.invalidPayload, reason: "text is not UTF-8")
      closingDeadline = arrival.monotonic.advanced(byNanos: Int64(settings.closeLimitMillis) * 1_000_000)
    }
  }

  /// The end of a connection whose text messages are none (RFC 6455 section 8.1).
  private static func notUTF8(_ stood: Bool) -> ConnectionEnd {
    .lost(
      .protocolViolation, "the server violated the WebSocket protocol: \(WebSocketError.textNotUTF8)", stood: stood)
  }

  private func closed(_ code: CloseCode, _ reason: String, _ stood: Bool) -> ConnectionEnd {
    if closingDeadline != nil { return Self.notUTF8(stood) }
    if code == .normal && reason == EndOfFeed.reason { return .endOfFeed }
    let words = reason.isEmpty ? "\(code)" : "\(code), \"\(reason)\""
    return .lost(.serverClosed, "the server closed the connection (\(words))", stood: stood)
  }

  /// Ends the connection in good order: the channel, then the WebSocket, then TCP.
  private mutating func drain(_ link: inout WebSocketLink) -> ConnectionEnd {
    session.close(now: .now())
    unsafe session.drainActions { action, bytes in
      if case .send(let range, _) = action {
        try? unsafe link.conversation.send(.text, UnsafeRawBufferPointer(rebasing: bytes[range]).bytes)
      }
    }
    try? link.conversation.close(.normal, reason: "")
    try? link.write()
    return .drained
  }

  /// Says a sentence about the feed, up to the limit; then only the counts speak.
  mutating func complain(_ sentence: String) {
    complaints += 1
    if complaints <= settings.maximumComplaints { say("lane \(number): \(withoutToken(sentence))") }
    if complaints == settings.maximumComplaints { say("lane \(number): further such sentences are left out") }
  }
}

extension ConnectionEnd {
  /// The same end with other words.
  func map(_ change: (String) -> String) -> ConnectionEnd {
    switch self {
    case .drained, .endOfFeed: self
    case .refused(let why): .refused(change(why))
    case .lost(let reason, let why, let stood): .lost(reason, change(why), stood: stood)
    }
  }

  /// For the recording's session end.
  var words: String {
    switch self {
    case .drained: "ended by us"
    case .endOfFeed: EndOfFeed.reason
    case .refused(let why): why
    case .lost(_, let why, _): why
    }
  }
}

/// Sentences about DOM channels.
enum DOMChannelText {
  static func limited(_ topic: DOMTopic, _ depth: Int) -> String {
    "the server gives \(depth) levels a side of the DOM of \(topic.symbol), fewer than --depth asks for"
  }

  static func closed(_ topic: DOMTopic, _ isGivenUp: Bool, _ error: ErrorNotice?) -> String {
    let why = error.map { " (\($0.code): \($0.message))" } ?? ""
    let next = isGivenUp ? "it is given up; check --dom and --sources" : "it is requested again"
    return "the server closed the DOM channel of \(topic.symbol)\(why); \(next)"
  }
}

extension LinkError {
  /// Whether the failure is of this moment (nobody listens, no route) and not an answer of the feed.
  package var isPassing: Bool {
    switch self {
    case .io(.notConnected), .io(.unknownHost), .io(.timedOut), .io(.system), .ended, .endedInHandshake: true
    default: false
    }
  }
}
