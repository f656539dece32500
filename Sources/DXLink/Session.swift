package import Bytes

/// The client's side of a connection as a state machine: what happened goes in, what to do comes out. Owns no socket
/// and no clock; times are passed in and never go back.
///
///     idle ─connected─► setupSent ─SETUP─► authWait ─UNAUTHORIZED: AUTH─► authenticating ─AUTHORIZED─┐
///                          └──────────────────┴──────AUTHORIZED──────────────────────────────────────┴► authorized
///     authorized: channel requested ─CHANNEL_OPENED: FEED_SETUP, FEED_SUBSCRIPTION…─► open
///
/// Order of server messages is not relied on. FEED_CONFIG is not waited for: servers may send it late.
package struct Session: ~Copyable {
  package struct Options: Sendable {
    package var version = "0.1-quotewire/1.0"
    /// Announced as our own time-out.
    package var keepaliveSeconds = 60.0
    package var contract = Contract.auto
    /// Wanted conflation period; nil leaves it to the server.
    package var aggregationPeriodSeconds: Double? = 0
    package var fieldLists = FieldLists.standard
    package var pace = Pace()
    package var maximumTopics = 100_000
    /// How long the server has to refuse topics that it was told, before they count as live; `judge` must be called
    /// when it is awaited. Nil: they are live at once, and refusals only stand in the log.
    package var confirmSeconds: Double?
    /// Wait before refused topics are asked for again, doubled with each refusal in a row up to the longest.
    package var retryFirstSeconds = 15.0
    package var retryLongestSeconds = 300.0
    /// Snapshots of candles that may be under way; nil for no limit.
    package var snapshotWindow: SnapshotWindow?
    /// How long SETUP, AUTH_STATE and CHANNEL_OPENED may take, each.
    package var answerSeconds = 10.0
    /// How often a channel that the server closed is requested again.
    package var channelAttempts = 5
    /// Wait before the n-th further request: n times this.
    package var channelBackOffSeconds = 1.0
    /// What to open DOM channels for, `ProtocolLimits.domChannels` at most.
    package var dom: [DOMTopic] = []
    /// Levels a side to ask for; 0 for all.
    package var domDepth: Int?
    /// Wanted time between two DOM snapshots; nil leaves it to the server.
    package var domPeriodSeconds: Double?
    package init() {}
  }

  enum State: Equatable, Sendable {
    case idle, setupSent, authWait, authenticating, authorized, over
  }

  enum ChannelState: Equatable, Sendable {
    case none
    case requested(deadline: MonotonicNanos)
    case open
    case waiting(until: MonotonicNanos)
  }

  package let options: Options
  package internal(set) var errors = ErrorLog()
  /// What the server's last FEED_CONFIGs said, field lists aside.
  package internal(set) var aggregationPeriodSeconds: Double?
  package internal(set) var dataFormat: DataFormat?
  /// The server's version text of its SETUP.
  package internal(set) var serverVersion: String?

  var state = State.idle
  var token: String?
  /// Whether `token` was sent on this connection already.
  var tokenWasSent = false
  /// Until when the answer to SETUP or AUTH, or a fresh token, must be there.
  var answerDeadline = MonotonicNanos.distantFuture
  var isTokenWanted = false
  var isReauthenticating = false
  var keepalive: KeepaliveTimes
  /// `Options.confirmSeconds`.
  let confirmNanos: Int64?
  var lastReceived = MonotonicNanos(rawValue: 0)
  var lastSent = MonotonicNanos(rawValue: 0)

  /// The feed channel's number; odd, never used twice on a connection.
  package internal(set) var channel = 1
  /// The last number that was given to a channel of this connection.
  var lastChannelNumber = 1
  var dom: DOMChannels
  var channelState = ChannelState.none
  var channelAttempt = 0
  var channelOpenedAt = MonotonicNanos(rawValue: 0)
  var lastChannelError: ErrorNotice?
  var isReadyTold = false
  /// Types whose fields the channel was told, by index.
  var typesTold: UInt32 = 0
  var book: SubscriptionBook
  var paceClock: PaceClock
  var watch = TopicWatch()

  var outgoing = ByteWriter(capacity: 16 << 10)
  var actions: [SessionAction] = []

  static let defaultKeepaliveSeconds = 60.0
  /// The watchdog waits this many of the server's time-outs.
  static let watchdogFactor = 1.5
  /// After this part of the time-out in silence a KEEPALIVE goes out.
  static let keepaliveFraction = 1.0 / 3.0
  /// A channel open for so long has its attempts forgiven.
  static let channelForgivenSeconds = 60.0

  package init(options: Options = Options(), token: String? = nil) {
    self.options = options
    self.token = token
    confirmNanos = options.confirmSeconds.map { MonotonicNanos(rawValue: 0).advanced(bySeconds: $0).rawValue }
    keepalive = KeepaliveTimes(ownSeconds: options.keepaliveSeconds, serverSeconds: Self.defaultKeepaliveSeconds)
    dom = DOMChannels(Array(options.dom.prefix(ProtocolLimits.domChannels)))
    book = SubscriptionBook(
      contract: options.contract, maximumTopics: options.maximumTopics, window: options.snapshotWindow)
    paceClock = PaceClock(options.pace)
  }

  // MARK: Outputs

  /// Hands out what is to be done, in order, and forgets it. The bytes are all outgoing text; a send names its range.
  package mutating func drainActions<E: Error>(
    _ body: (SessionAction, UnsafeRawBufferPointer) throws(E) -> Void
  ) throws(E) {
    defer {
      actions.removeAll(keepingCapacity: true)
      outgoing.removeAll()
    }
    try unsafe outgoing.withBytes { (bytes) throws(E) in
      for action in actions { try unsafe body(action, bytes) }
    }
  }

  /// Mutating as `nextDeadline` is, and why.
  package var hasActions: Bool { mutating get { !actions.isEmpty } }
  package var isOver: Bool { state == .over }
  /// Whether the feed channel is open.
  package var isReady: Bool { channelState == .open }
  /// Subscriptions that the server has still to be told of, at most.
  package var pendingSubscriptions: Int { book.pendingCount }
  package var wantedSubscriptions: Int { book.wantedCount }
  /// Symbols of them, as far as one type tells.
  package var wantedSymbols: Int { book.wantedSymbols }

  /// Appends a message to what is to be sent.
  mutating func send(_ message: SessionMessage, _ now: MonotonicNanos, isSecret: Bool = false) {
    let start = outgoing.count
    MessageWriter.append(message, to: &outgoing)
    actions.append(.send(range: start..<outgoing.count, isSecret: isSecret))
    lastSent = now
  }

  mutating func fail(_ failure: SessionFailure) {
    state = .over
    channelState = .none
    actions.append(.fail(failure))
  }

  /// Tells the server of a breach of the protocol that the caller found, such as text that is no JSON.
  package mutating func reportError(_ notice: ErrorNotice, channel: Int = 0, now: MonotonicNanos) {
    if state != .idle, state != .over { send(.error(channel: channel, notice), now) }
  }
}

/// What the owner of the connection shall do.
package enum SessionAction: Equatable, Sendable {
  /// Send these bytes as one text message; secret ones stay out of logs and recordings.
  case send(range: Range<Int>, isSecret: Bool)
  /// The feed channel is open for the first time on this connection; subscriptions follow.
  case ready
  /// The server closed a DOM channel; it is requested again unless it is given up. With its last ERROR if it sent one.
  case domClosed(DOMTopic, isGivenUp: Bool, ErrorNotice?)
  /// The server shows fewer levels a side than were wanted.
  case domLimited(DOMTopic, depth: Int)
  /// The server no longer takes the token: call `updateToken` within `Options.answerSeconds`.
  case wantsToken
  /// The server refused topics; they are asked for again later.
  case refused(TopicRefusals)
  /// The session is over; close the connection.
  case fail(SessionFailure)
}

/// ERROR messages of the server: all counted, the last few kept. Servers have been seen to send thousands.
package struct ErrorLog: Sendable {
  package struct Entry: Equatable, Sendable {
    package var channel: Int
    package var notice: ErrorNotice
    /// One line for people.
    package var text: String {
      (channel == 0 ? "the server says " : "the server says on channel \(channel): ")
        + "\(notice.code)\(notice.message.isEmpty ? "" : ": " + notice.message)"
    }
  }

  package private(set) var count = 0
  package private(set) var kept: [Entry] = []

  mutating func add(_ notice: ErrorNotice, channel: Int) {
    count += 1
    if kept.count == ProtocolLimits.keptErrors { kept.removeFirst() }
    let short = ErrorNotice(code: Self.cut(notice.code), message: Self.cut(notice.message))
    kept.append(Entry(channel: channel, notice: short))
  }

  private static func cut(_ text: String) -> String {
    text.utf8.count <= ProtocolLimits.keptErrorBytes
      ? text : String(decoding: text.utf8.prefix(ProtocolLimits.keptErrorBytes), as: UTF8.self)
  }
}
