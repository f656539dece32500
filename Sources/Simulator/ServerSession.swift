package import Bytes
package import DXLink
import Market

/// The server's side of one dxLink connection, without sockets and clocks: messages come in, messages go out.
///
///     payload ─► receive ─► out          events ─► deliver ─► flush ─► out
///     time ────► tick ────► out
///
/// Messages take effect strictly in their order, so a client may send everything in one go; nothing is acknowledged
/// that a real server does not acknowledge. Wrong messages give an ERROR and the connection goes on; what ends it
/// stands in `closing`.
package struct ServerSession: ~Copyable {
  package static let version = "1.0-quotewire/1.0"

  package struct Options: Sendable {
    /// The one good token; nil for a server that needs none.
    package var token: String?
    /// For how long a token is taken, in nanoseconds; nil for a wrong one. Instead of the one good token.
    package var tokenLife: (@Sendable (String) -> Int64?)?
    package var userId = "simulator"
    /// Silence of ours that we announce, when the client has no wish.
    package var keepaliveSeconds = 60.0
    /// Fields of types for which the client names none.
    package var fields = FieldLists.standard
    /// Sends ERROR TIMEOUT before closing on a silent client, as the specification says; real servers do not.
    package var announcesTimeout = false
    /// How long after its subscription a symbol's events begin, in milliseconds.
    package var answerDelayMillis: Int64 = 0
    package var limits = ServerLimits()
    /// What all clients of a server share; nil for a session alone.
    package var budget: SubscriptionBudget?
    /// Counts the connections of each token; nil where they have no limit.
    package var sessions: TokenSessions?
    /// Whether there is something that DOM channels can show.
    package var servesDOM = false
    package init() {}
  }

  /// Why the connection shall end.
  package struct Closing: Equatable, Sendable {
    package var code: UInt16
    package var reason: String
  }

  /// Tokens that may be wrong before the connection ends: some clients answer every UNAUTHORIZED with the same token.
  package static let maximumWrongTokens = 5

  /// Channel numbers that one connection may use up, as a multiple of the channels open at a time.
  static let channelLives = 100

  package let options: Options
  package let faults: FaultPlan
  package private(set) var closing: Closing?
  package internal(set) var counters = SessionCounters()
  /// When the subscription changed last.
  package internal(set) var lastSubscription: MonotonicNanos?
  /// Topics that came since the last call of `takeNewTopics`.
  var newTopics: [NewTopic] = []
  /// Topics that take effect later.
  var waiting = WaitingTopics()
  var subscriptions: Subscriptions
  var channels: [Int: FeedChannel] = [:]
  var domChannels: [Int: DOMChannel] = [:]
  /// Channels that were set up since the last call of `takeNewDOM`.
  var newDOM: [Int] = []
  var message = DataMessage()
  var batched: [Int: BatchedMessages] = [:]
  var changes = ChangeWindow()
  private var usedChannels: Set<Int> = []
  private var reader = MessageReader(maximumBytes: 1 << 20)
  private var isSetUp = false
  private var isAuthorized: Bool
  private var place: TokenSessions.Place?
  private var wrongTokens = 0
  private var authorizedUntil = MonotonicNanos.distantFuture
  private var clientTimeoutNanos: Int64
  private var ownTimeoutNanos: Int64
  private var lastReceived: MonotonicNanos
  private var lastSent: MonotonicNanos

  package init(_ options: Options, faults: FaultPlan = FaultPlan([], connection: 0), now: MonotonicNanos) {
    self.options = options
    self.faults = faults
    subscriptions = Subscriptions(options.budget)
    isAuthorized = options.token == nil && options.tokenLife == nil && !faults.has(.refuseToken)
    clientTimeoutNanos = options.limits.setupTimeoutMillis * 1_000_000
    ownTimeoutNanos = Int64(options.keepaliveSeconds * 1e9)
    lastReceived = now
    lastSent = now
  }

  package var mayHaveData: Bool { isAuthorized && !subscriptions.isEmpty && closing == nil }
  package var subscriptionCount: Int { subscriptions.count }

  // MARK: Time

  /// When `tick` has something to do next.
  package var deadline: MonotonicNanos {
    let silence = lastReceived.advanced(byNanos: clientTimeoutNanos)
    if !isSetUp { return silence }
    if faults.has(.silent) { return min(silence, waiting.nextDue, authorizedUntil) }
    return min(silence, waiting.nextDue, authorizedUntil, lastSent.advanced(byNanos: ownTimeoutNanos / 2))
  }

  /// Tells that something was sent: it counts as a sign of life.
  package mutating func sent(at now: MonotonicNanos) { lastSent = now }

  package mutating func tick(_ now: MonotonicNanos, _ out: inout MessageQueue) {
    guard closing == nil else { return }
    if now >= lastReceived.advanced(byNanos: clientTimeoutNanos) {
      counters.timeouts += 1
      if !isSetUp {
        fail(0, ErrorNotice.timeout, "No SETUP came in time", &out)
        return close(1000, "Bye")
      }
      if options.announcesTimeout { fail(0, ErrorNotice.timeout, "Nothing came for the announced time", &out) }
      return close(1000, "Bye")
    }
    if now >= authorizedUntil { revoke(&out) }
    guard isSetUp, !faults.has(.silent), now >= lastSent.advanced(byNanos: ownTimeoutNanos / 2) else { return }
    lastSent = now
    out.append(.keepalive)
  }

  /// Asks for the connection's end; the first wish counts, but for a fault's.
  package mutating func close(_ code: UInt16, _ reason: String, overrides: Bool = false) {
    if closing == nil || overrides { closing = Closing(code: code, reason: reason) }
  }

  // MARK: Messages

  /// Takes one text message. `payload` has `Padding` around it.
  package mutating func receive(_ payload: UnsafeRawBufferPointer, now: MonotonicNanos, _ out: inout MessageQueue) {
    guard closing == nil else { return }
    lastReceived = now
    counters.messages += 1
    let message: SessionMessage
    do throws(FeedError) {
      message = try unsafe reader.read(payload)
    } catch {
      return fail(0, ErrorNotice.invalidMessage, error.description, &out)
    }
    if case .setup(let setup) = message { return take(setup, &out) }
    if case .keepalive = message { return }
    if case .error = message {
      counters.errorsReceived += 1
      return
    }
    guard isSetUp else { return fail(0, ErrorNotice.badAction, "SETUP has to come first", &out) }
    take(message, now, &out)
  }

  private mutating func take(_ message: SessionMessage, _ now: MonotonicNanos, _ out: inout MessageQueue) {
    switch message {
    case .auth(let token): take(token: token, now, &out)
    case .channelRequest(let channel, let service): request(channel, service, &out)
    case .channelCancel(let channel):
      guard channels[channel] != nil || domChannels[channel] != nil else { return unknown(channel, &out) }
      drop(channel)
      out.append(.channelClosed(channel: channel))
    case .feedSetup(let channel, let setup):
      guard channels[channel] != nil else { return unknown(channel, &out) }
      configure(channel, setup, &out)
    case .domSetup(let channel, let setup):
      guard domChannels[channel] != nil else { return unknown(channel, &out) }
      setUpDOM(channel, setup, &out)
    case .feedSubscription(let channel, let change):
      guard channels[channel] != nil else { return unknown(channel, &out) }
      subscribe(channel, change, now, &out)
    case .unknown(let channel, let name):
      fail(channel, ErrorNotice.badAction, "Unknown message type '\(name.prefix(64))'", &out)
    default:
      fail(0, ErrorNotice.badAction, "This message is for the server to send", &out)
    }
  }

  mutating func fail(_ channel: Int, _ code: String, _ text: String, _ out: inout MessageQueue) {
    counters.errorsSent += 1
    out.append(.error(channel: channel, ErrorNotice(code: code, message: text)))
  }

  private mutating func unknown(_ channel: Int, _ out: inout MessageQueue) {
    // A cancelled channel's late messages are the client's right; nothing is to be said about them.
    if usedChannels.contains(channel) { return }
    if !isAuthorized { return fail(channel, ErrorNotice.unauthorized, "Not authorized", &out) }
    fail(channel, ErrorNotice.badAction, "Channel \(channel) is not open", &out)
  }

  private mutating func take(_ setup: Setup, _ out: inout MessageQueue) {
    let number = setup.version.prefix { $0 != "-" }
    guard let version = Double(String(number)) ?? Double(String(number.prefix(3))), version > 0, version < 2 else {
      fail(0, ErrorNotice.unsupportedProtocol, "Version '\(setup.version.prefix(64))' is not supported", &out)
      return close(1000, "Bye")
    }
    let isFirst = !isSetUp
    isSetUp = true
    clientTimeoutNanos = Self.nanos(setup.keepaliveTimeout ?? 60)
    let ownSeconds = setup.acceptKeepaliveTimeout.map { Double(Self.nanos($0)) / 1e9 } ?? options.keepaliveSeconds
    ownTimeoutNanos = Self.nanos(ownSeconds)
    out.append(
      .setup(Setup(version: Self.version, keepaliveTimeout: ownSeconds, acceptKeepaliveTimeout: ownSeconds)))
    guard isFirst else { return }
    // Clients must not take this first UNAUTHORIZED for a failure: it asks for a token.
    out.append(.authState(state))
  }

  /// Seconds that a peer named, kept between a tenth of a second and a day.
  private static func nanos(_ seconds: Double) -> Int64 {
    seconds.isFinite ? Int64(min(max(seconds, 0.1), 86_400) * 1e9) : 60_000_000_000
  }

  private var state: AuthState {
    isAuthorized ? AuthState(.authorized, userId: options.userId) : AuthState(.unauthorized)
  }

  private mutating func take(token: String, _ now: MonotonicNanos, _ out: inout MessageQueue) {
    isAuthorized = !faults.has(.refuseToken) && (options.token == nil || options.token == token)
    authorizedUntil = .distantFuture
    if let tokenLife = options.tokenLife {
      let nanos = tokenLife(token)
      isAuthorized = isAuthorized && nanos != nil
      if isAuthorized, let nanos { authorizedUntil = now.advanced(byNanos: nanos) }
    }
    if isAuthorized, let sessions = options.sessions, place?.token != token {
      place = sessions.place(token)
      if place == nil {
        isAuthorized = false
        fail(0, ErrorNotice.unauthorized, "Too many sessions with this token: the limit is \(sessions.limit)", &out)
      }
    }
    out.append(.authState(state))
    if isAuthorized {
      wrongTokens = 0
      return
    }
    wrongTokens += 1
    if wrongTokens >= Self.maximumWrongTokens {
      fail(0, ErrorNotice.unauthorized, "Too many wrong tokens", &out)
      close(1000, "Bye")
    }
  }

  private mutating func request(_ channel: Int, _ service: ChannelService, _ out: inout MessageQueue) {
    guard isAuthorized else { return fail(channel, ErrorNotice.unauthorized, "Not authorized", &out) }
    guard channel > 0, channel % 2 == 1 else {
      return fail(channel, ErrorNotice.badAction, "Protocol violation with an even channel usage.", &out)
    }
    guard !usedChannels.contains(channel) else {
      return fail(channel, ErrorNotice.badAction, "Channel \(channel) was used before", &out)
    }
    let limit = options.limits.maximumChannels
    guard channels.count + domChannels.count < limit, usedChannels.count < limit * Self.channelLives else {
      return fail(channel, ErrorNotice.badAction, "Too many channels: the limit is \(limit)", &out)
    }
    usedChannels.insert(channel)
    if options.servesDOM, service.service == ChannelService.domName { return openDOM(channel, service, &out) }
    guard service.service == "FEED" else {
      fail(channel, ErrorNotice.badAction, "Unsupported service: '\(service.service.prefix(64))'", &out)
      return out.append(.channelClosed(channel: channel))
    }
    guard let contract = service.contract else {
      fail(channel, ErrorNotice.badAction, "A FEED channel needs a contract: AUTO, TICKER, STREAM or HISTORY", &out)
      return out.append(.channelClosed(channel: channel))
    }
    channels[channel] = FeedChannel(number: channel, contract: contract)
    out.append(.channelOpened(channel: channel, ChannelService(contract, subFormat: "LIST")))
  }

  private mutating func drop(_ channel: Int) {
    channels[channel] = nil
    domChannels[channel] = nil
    batched[channel] = nil
    if message.channel == channel { message.discard() }
    subscriptions.removeAll(channel: channel)
    newTopics.removeAll { $0.topic.channel == channel }
    waiting.removeAll { $0.channel == channel }
  }

  // MARK: What faults do

  /// Takes the authorization back, as when a token expires.
  package mutating func revoke(_ out: inout MessageQueue) {
    isAuthorized = false
    authorizedUntil = .distantFuture
    out.append(.authState(state))
  }

  /// Closes the lowest channel without being asked.
  package mutating func closeLowestChannel(_ out: inout MessageQueue) {
    guard let channel = channels.keys.min() else { return }
    drop(channel)
    out.append(.channelClosed(channel: channel))
  }
}

/// What one session counted.
package struct SessionCounters: Sendable, Equatable {
  package var messages = 0
  package var errorsSent = 0
  package var errorsReceived = 0
  package var timeouts = 0
  package var events = 0
  package var dataMessages = 0
  package var domSnapshots = 0
  package var refusedTopics = 0
  package init() {}
}
