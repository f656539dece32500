package import DXLink
package import IO
package import WebSocket

/// What a lane needs to know to connect, subscribe and live through outages.
package struct LaneSettings: Sendable {
  package var url: FeedURL
  /// Needed for wss.
  package var tls: TLSContext?
  package var connector = ClientConnector()
  /// How long the server may take to answer the WebSocket upgrade.
  package var upgradeLimitMillis = 10_000
  /// How long our side waits for the server's Close when it ends in good order.
  package var closeLimitMillis = 1_000
  /// What to offer about compressed messages (permessage-deflate); nil: nothing.
  package var deflate: DeflateSupport?
  package var session = Session.Options()
  package var subscriptions: [Subscription] = []
  package var token: TokenSource = .none
  /// Attempts in a row after a loss; nil: for ever once a connection stood, none before.
  package var reconnect: ReconnectLimit?
  package var backoff = Backoff(seed: 1)
  /// Longest message taken from the feed, in bytes, inflated or as it came. Real ones stay below 64 KiB.
  package var maximumMessageBytes = 1 << 20
  /// Sentences about malformed messages that are said; more are only counted.
  package var maximumComplaints = 20
  /// Refused topics that are listed by name at the end.
  package var maximumListedTopics = 100
  /// Microseconds that bytes may gather before they are read, so that one wake-up serves many frames.
  package var batchMicros = 0
  /// Microseconds for which the lane looks for bytes again and again before it sleeps: latency for a core's time.
  package var spinMicros = 0
  /// Longest sleep on a quiet connection, in nanoseconds, where somebody looks whether the lane turns; nil: no limit.
  package var longestWaitNanos: Int64?
  /// Takes the DOM snapshots.
  package var dom: DOMReceiver?
  package var userAgent = "quotewire"
  /// Recorded with each session.
  package var productVersion = ""

  /// How long a server has to refuse topics before they count as live.
  package static let confirmSeconds = 5.0

  /// What the two options take, in microseconds.
  package static let batchRange = 0...10_000
  package static let spinRange = 0...10_000

  package init(url: FeedURL) { self.url = url }

  package var conversationLimits: Conversation.Limits {
    var limits = Conversation.Limits()
    limits.maximumFrameBytes = maximumMessageBytes
    limits.maximumMessageBytes = maximumMessageBytes
    limits.maximumQueuedBytes = 16 << 20
    return limits
  }
}

/// Where the feed's token comes from. A file is read again for each connection and when the server wants a fresh one.
package enum TokenSource: Sendable {
  case none
  case value(String)
  case file(String)
  /// From an account that renews it; lanes ask it themselves.
  case renewed(any TokenRenewal)
  /// Asked for each connection and when the server wants a fresh one, on the lane's thread, which waits for it.
  case ask(@Sendable () throws(IOError) -> String?)

  /// Longest token file, in bytes.
  static let maximumBytes = 64 << 10

  package func read() throws(IOError) -> String? {
    switch self {
    case .none, .renewed: return nil
    case .value(let token): return token
    case .ask(let ask): return try ask()
    case .file(let path):
      let bytes = try File.contents(of: path, limitBytes: Self.maximumBytes)
      let text = String(decoding: bytes, as: UTF8.self)
      let token = text.split { $0.isWhitespace }.first.map(String.init) ?? ""
      if token.isEmpty { throw .unusableFile(path: path, reason: "it holds no token") }
      return token
    }
  }
}

/// How a lane ended.
package struct LaneOutcome: Sendable {
  package enum End: Sendable, Equatable {
    /// Asked to end: time, limit or signal.
    case drained
    /// The server said that there is no more.
    case endOfFeed
    /// The feed refused us (token, TLS, protocol): trying again gives the same answer.
    case refused(String)
    /// Connections failed or were lost, and no attempt is left.
    case failed(String)
  }

  package var end: End
  /// Where the topics stood when the last connection ended.
  package var topics = TopicCounts()
  /// Topics that the server refused, up to `LaneSettings.maximumListedTopics`.
  package var refusedTopics: [Subscription] = []
  package var gaps = 0
  package var filledGaps = 0
  package var reconnects = 0
}
