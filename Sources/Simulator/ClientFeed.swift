import Bytes
import DXLink
import Market
import Rings
import WebSocket

/// What a client is sent: its own playback, answers or history, and its part of the live feed.
extension ClientConnection {
  /// Whether something of this client's own waits for its subscription to be quiet.
  var mayBegin: Bool {
    guard playback == nil, paced == nil, session.mayHaveData, !links.isStalled else { return false }
    switch configuration.feed {
    case .generator, .answers, .history: return false
    case .recording, .paced: return true
    }
  }

  /// When the client's subscription has been quiet for long enough.
  var settled: MonotonicNanos? {
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

  func play(_ now: MonotonicNanos) {
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

  // MARK: Live feed

  func greet(_ now: MonotonicNanos) {
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
  func sendDOM(_ now: MonotonicNanos) {
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

  func flushLive(_ now: MonotonicNanos) {
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
