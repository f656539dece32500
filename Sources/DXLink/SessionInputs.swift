package import Bytes

// What happens to a session.

extension Session {
  /// The WebSocket is open: everything starts anew, the wishes stay.
  package mutating func connected(now: MonotonicNanos) {
    actions.removeAll(keepingCapacity: true)
    outgoing.removeAll()
    state = .setupSent
    tokenWasSent = false
    isTokenWanted = false
    isReauthenticating = false
    isReadyTold = false
    expectServer(keepaliveSeconds: Self.defaultKeepaliveSeconds)
    serverVersion = nil
    aggregationPeriodSeconds = nil
    dataFormat = nil
    lastReceived = now
    channel = 1
    lastChannelNumber = 1
    dom.forget()
    channelState = .none
    channelAttempt = 0
    lastChannelError = nil
    paceClock = PaceClock(options.pace)
    watch = TopicWatch()
    answerDeadline = now.advanced(bySeconds: options.answerSeconds)
    send(
      .setup(
        Setup(
          version: options.version, keepaliveTimeout: options.keepaliveSeconds,
          acceptKeepaliveTimeout: options.keepaliveSeconds)), now)
  }

  /// The connection is gone.
  package mutating func disconnected() {
    state = .idle
    dom.forget()
    channelState = .none
    actions.removeAll(keepingCapacity: true)
    outgoing.removeAll()
    book.forgetTold()
    watch = TopicWatch()
  }

  /// Any byte at all arrived: the server lives.
  package mutating func receivedAnything(now: MonotonicNanos) { lastReceived = now }

  package mutating func received(_ message: SessionMessage, now: MonotonicNanos) {
    lastReceived = now
    if state == .idle || state == .over { return }
    switch message {
    case .setup(let setup): received(setup, now)
    case .authState(let authState): received(authState, now)
    case .error(let channel, let notice): received(notice, on: channel, now)
    case .channelOpened(let number, _) where number == channel: channelOpened(now)
    case .channelClosed(let number) where number == channel: channelClosed(now)
    case .feedConfig(let number, let config) where number == channel:
      aggregationPeriodSeconds = config.aggregationPeriod ?? aggregationPeriodSeconds
      dataFormat = config.dataFormat ?? dataFormat
    case .domConfig(let number, let config): if let place = dom.place(number) { domConfigured(place, config) }
    case .channelOpened(let number, _): if let place = dom.place(number) { domOpened(place, now) }
    case .channelClosed(let number): if let place = dom.place(number) { domClosed(place, now) }
    default: break  // Late messages of old channels, unknown types and what only servers receive are ignored.
    }
  }

  private mutating func received(_ setup: Setup, _ now: MonotonicNanos) {
    serverVersion = setup.version
    let seconds = setup.keepaliveTimeout ?? Self.defaultKeepaliveSeconds
    // A time-out of nothing or of never would let us flood the server or wait for ever.
    expectServer(keepaliveSeconds: seconds.isFinite ? max(1, min(seconds, 3600)) : Self.defaultKeepaliveSeconds)
    if state == .setupSent {
      state = .authWait
      answerDeadline = now.advanced(bySeconds: options.answerSeconds)
    }
  }

  private mutating func received(_ authState: AuthState, _ now: MonotonicNanos) {
    switch authState.state {
    case .authorized:
      answerDeadline = .distantFuture
      isTokenWanted = false
      isReauthenticating = false
      if state != .authorized {
        state = .authorized
        requestChannel(now)
      }
    case .unauthorized:
      switch state {
      // The server's first word: a token is needed, which is no failure.
      case .setupSent, .authWait:
        if token == nil { fail(.tokenNeeded) } else { authenticate(now) }
      case .authenticating: fail(.tokenRefused)
      case .authorized: if isReauthenticating { fail(.tokenRefused) } else { tokenExpired(now) }
      case .idle, .over: break
      }
    case .other: break
    }
  }

  private mutating func authenticate(_ now: MonotonicNanos) {
    guard let token else { return }
    if state == .authorized { isReauthenticating = true } else { state = .authenticating }
    tokenWasSent = true
    isTokenWanted = false
    answerDeadline = now.advanced(bySeconds: options.answerSeconds)
    send(.auth(token: token), now, isSecret: true)
  }

  /// UNAUTHORIZED on a living connection: a token that was not sent yet, or one that the owner fetches now.
  private mutating func tokenExpired(_ now: MonotonicNanos) {
    if isTokenWanted || isReauthenticating { return }
    if token != nil, !tokenWasSent { return authenticate(now) }
    isTokenWanted = true
    answerDeadline = now.advanced(bySeconds: options.answerSeconds)
    actions.append(.wantsToken)
  }

  /// A fresh token. On a living connection it is sent at once, and channels and subscriptions stay.
  package mutating func updateToken(_ token: String, now: MonotonicNanos) {
    self.token = token
    tokenWasSent = false
    if state == .authorized { authenticate(now) }
  }

  private mutating func received(_ notice: ErrorNotice, on number: Int, _ now: MonotonicNanos) {
    errors.add(notice, channel: number)
    if number == channel { lastChannelError = errors.kept.last?.notice }
    if channelState == .open, number == channel || number == 0 { noteRefusal(notice, now) }
    if let place = dom.place(number), let kept = errors.kept.last?.notice { domRefused(place, kept) }
    switch notice.code {
    case ErrorNotice.unsupportedProtocol: fail(.unsupportedProtocol(errors.kept.last?.notice.message ?? ""))
    case ErrorNotice.unauthorized where state == .authenticating || isReauthenticating: fail(.tokenRefused)
    case ErrorNotice.unauthorized where state == .authorized: tokenExpired(now)
    default: break
    }
  }

  /// Changes wishes; the messages go out at the pace. Gives what was refused.
  package mutating func changeSubscriptions(
    add: [Subscription] = [], remove: [Subscription] = [], now: MonotonicNanos
  ) -> [(subscription: Subscription, refusal: SubscriptionRefusal)] {
    var refused: [(subscription: Subscription, refusal: SubscriptionRefusal)] = []
    for subscription in remove { if book.remove(subscription) { noteRoom(now) } }
    for subscription in add {
      do throws(SubscriptionRefusal) { try book.add(subscription) } catch { refused.append((subscription, error)) }
    }
    tellSubscriptions(now)
    return refused
  }

  /// Ends the session in good order; the connection is the caller's to close.
  package mutating func close(now: MonotonicNanos) {
    if state == .idle || state == .over { return }
    switch channelState {
    case .open, .requested: send(.channelCancel(channel: channel), now)
    case .none, .waiting: break
    }
    cancelDOM(now)
    channelState = .none
    state = .over
  }
}
