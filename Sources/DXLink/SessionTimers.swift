package import Bytes
import Market

// The feed channel and everything that happens by the clock.

extension Session {
  mutating func requestChannel(_ now: MonotonicNanos) {
    channelState = .requested(deadline: now.advanced(bySeconds: options.answerSeconds))
    send(.channelRequest(channel: channel, ChannelService(options.contract)), now)
  }

  mutating func channelOpened(_ now: MonotonicNanos) {
    guard case .requested = channelState else { return }
    channelState = .open
    channelOpenedAt = now
    typesTold = 0
    book.forgetTold()
    watch = TopicWatch()
    if !isReadyTold {
      isReadyTold = true
      actions.append(.ready)
    }
    sendFeedSetup(now)
    tellSubscriptions(now)
    requestDOMChannels(now)
  }

  mutating func takeChannelNumber() -> Int {
    lastChannelNumber += 2
    return lastChannelNumber
  }

  mutating func channelClosed(_ now: MonotonicNanos) {
    switch channelState {
    case .open, .requested: break
    case .none, .waiting: return
    }
    if channelState == .open, now.seconds(since: channelOpenedAt) >= Self.channelForgivenSeconds { channelAttempt = 0 }
    channelAttempt += 1
    book.forgetTold()
    watch = TopicWatch()
    if channelAttempt > options.channelAttempts {
      return fail(.channelRefused(attempts: channelAttempt, lastError: lastChannelError))
    }
    // A number is used once only.
    channel = takeChannelNumber()
    channelState = .waiting(until: now.advanced(bySeconds: options.channelBackOffSeconds * Double(channelAttempt)))
  }

  /// FEED_SETUP with the field lists of all types that the channel was not told yet. A later one adds to the first.
  private mutating func sendFeedSetup(_ now: MonotonicNanos) {
    let types = book.wantedTypes.filter { typesTold & 1 << UInt32($0.index) == 0 }
    for type in types { typesTold |= 1 << UInt32(type.index) }
    send(
      .feedSetup(
        channel: channel,
        FeedSetup(
          acceptAggregationPeriod: options.aggregationPeriodSeconds, acceptDataFormat: .compact,
          acceptEventFields: options.fieldLists.typeFields(types))), now)
  }

  mutating func tellSubscriptions(_ now: MonotonicNanos) {
    guard channelState == .open, book.sendableCount > 0, !isHeld(now) else { return }
    if book.wantedTypes.contains(where: { typesTold & 1 << UInt32($0.index) == 0 }) { sendFeedSetup(now) }
    while book.sendableCount > 0 {
      let room = paceClock.room(now)
      if room == 0 { return }
      let start = outgoing.count
      let items = book.writeChunk(
        channel: channel, maximumBytes: options.pace.maximumBytes, maximumItems: room, now: now,
        to: &outgoing)
      if items == 0 { return }
      actions.append(.send(range: start..<outgoing.count, isSecret: false))
      lastSent = now
      paceClock.sent(items: items, now)
      noteTold(now)
    }
  }

  mutating func expectServer(keepaliveSeconds: Double) {
    keepalive = KeepaliveTimes(ownSeconds: options.keepaliveSeconds, serverSeconds: keepaliveSeconds)
  }

  private var keepaliveDeadline: MonotonicNanos { lastSent.advanced(byNanos: keepalive.nanos) }
  private var silenceDeadline: MonotonicNanos { lastReceived.advanced(byNanos: keepalive.silenceNanos) }

  /// When `advance` has something to do, if nothing else happens before. Changes nothing: it is asked for with every
  /// read, and a session that cannot change would be copied for that.
  package var nextDeadline: MonotonicNanos {
    mutating get {
      if state == .idle || state == .over { return .distantFuture }
      var next = min(min(answerDeadline, dom.deadline), min(keepaliveDeadline, silenceDeadline))
      switch channelState {
      case .requested(let deadline): next = min(next, deadline)
      case .waiting(let until): next = min(next, until)
      case .open: next = min(next, topicsDeadline)
      case .none: break
      }
      return next
    }
  }

  /// Does what is due at this time.
  package mutating func advance(now: MonotonicNanos) {
    if state == .idle || state == .over { return }
    if now >= answerDeadline { return answerMissing(now) }
    if now >= silenceDeadline { return timeOut(.silence(seconds: keepalive.silenceSeconds), "nothing received", now) }
    switch channelState {
    case .requested(let deadline) where now >= deadline:
      return timeOut(.noChannel(seconds: options.answerSeconds), "no CHANNEL_OPENED", now)
    case .waiting(let until) where now >= until: requestChannel(now)
    case .open:
      advanceTopics(now)
      tellSubscriptions(now)
    default: break
    }
    advanceDOM(now)
    if now >= keepaliveDeadline { send(.keepalive, now) }
  }

  private mutating func answerMissing(_ now: MonotonicNanos) {
    if isTokenWanted { return fail(token == nil ? .tokenNeeded : .tokenExpired) }
    if state == .setupSent { return timeOut(.noSetup(seconds: options.answerSeconds), "no SETUP", now) }
    timeOut(.noAuthState(seconds: options.answerSeconds), "no AUTH_STATE", now)
  }

  private mutating func timeOut(_ failure: SessionFailure, _ what: String, _ now: MonotonicNanos) {
    send(.error(channel: 0, ErrorNotice(code: ErrorNotice.timeout, message: what)), now)
    fail(failure)
  }
}

/// How long the two sides may be silent.
struct KeepaliveTimes {
  /// After this time of our own silence a KEEPALIVE goes out.
  let nanos: Int64
  /// After so long a silence of the server the connection counts as lost.
  let silenceSeconds: Double
  let silenceNanos: Int64

  /// - Parameters: what each side announced as its time-out.
  init(ownSeconds: Double, serverSeconds: Double) {
    nanos = Self.nanos(max(1, min(ownSeconds, serverSeconds)) * Session.keepaliveFraction)
    silenceSeconds = serverSeconds * Session.watchdogFactor
    silenceNanos = Self.nanos(silenceSeconds)
  }

  private static func nanos(_ seconds: Double) -> Int64 {
    MonotonicNanos(rawValue: 0).advanced(bySeconds: seconds).rawValue
  }
}
