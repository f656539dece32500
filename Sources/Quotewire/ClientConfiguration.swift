extension Client {
  /// How to reach a feed, and how to live with it.
  public struct Configuration: Sendable {
    /// The feed: `wss://HOST/PATH`, or `ws://` for this machine.
    public var url: String
    /// What to prove ourselves with.
    public var token = Token.none
    /// Connections of each loop, which share its symbols; 1 to 64. All events of a symbol come over one of them, in
    /// their order.
    public var lanes = 1
    /// A PEM file with the authorities to trust for `wss://`; nil for those of the system.
    public var authorityFile: String?
    /// Whether `ws://` to other machines is allowed, which anyone on the way can read, tokens included.
    public var allowsPlaintext = false
    /// What to do when a connection fails or is lost.
    public var reconnect = Reconnect.standard
    /// The time-out that we announce to the server, in seconds; at least 1.
    public var keepaliveSeconds = 60.0
    /// How long each step may take until events may come (name service, TCP, TLS, WebSocket, session), in seconds;
    /// 0.1 to 3,600.
    public var answerSeconds = 10.0
    /// How the feed merges events.
    public var contract = Contract.auto
    /// How many fields of each type to ask for. A field that was not asked for keeps its default.
    public var fields = Fields.all
    /// For how long the server shall gather events of a symbol into one, in seconds; nil leaves it to the server.
    public var aggregationSeconds: Double? = 0
    /// Whether to offer the server to compress messages; needs zlib on this machine.
    public var compresses = false
    /// For how long bytes may gather before they are read, in microseconds, 0 to 10,000: less CPU for more latency.
    public var batchMicros = 0
    /// Sentences about connections for people, from any thread; nil for nobody. They hold no token.
    public var log: (@Sendable (String) -> Void)?

    /// The public demo feed of dxFeed, which needs no account and gives delayed data.
    public static let demoURL = "wss://demo.dxfeed.com/market-data/dxlink-ws"

    /// A configuration with the default of everything else.
    public init(url: String = Configuration.demoURL) { self.url = url }
  }

  /// What to prove ourselves with.
  public enum Token: Sendable {
    /// Nothing: the feed takes anybody.
    case none
    /// This token.
    case value(String)
    /// The token in this file, read again for each connection and when the server wants a fresh one.
    case file(String)
    /// Asked for each connection and when the server wants a fresh token. The connection waits for it for
    /// ``Client/Configuration/answerSeconds``; an error, or no answer, ends the loop.
    case provider(@Sendable () async throws -> String)
    /// A tastytrade account: its login as `quotewire login` stored it in this file, or, for nil, where that program
    /// looks (environment, systemd credential, its own file). Quote tokens are renewed at 80 % of their life on the
    /// living connections, with one thread for all loops of the client. The feed's address comes with them, unless
    /// ``Client/Configuration/url`` names another one than ``Client/Configuration/demoURL``.
    case account(file: String?)
  }

  /// What to do when a connection fails or is lost.
  public enum Reconnect: Sendable, Hashable {
    /// Try for ever once a connection stood, never before.
    case standard
    /// End at the first failure.
    case never
    /// Try so often in a row.
    case attempts(Int)
    /// Try for ever.
    case forever
  }

  /// How the feed merges events.
  public enum Contract: Sendable, Hashable {
    /// The server's choice for each type.
    case auto
    /// The latest events alone.
    case ticker
    /// Every event.
    case stream
    /// Events with an index, from their snapshot on.
    case history
  }

  /// How many fields of each type to ask for.
  public enum Fields: Sendable, Hashable {
    /// All of them.
    case all
    /// Of quotes prices and sizes, of trades time, price, size and volume; all of other types.
    case lean
  }
}
