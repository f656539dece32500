import Account
import IO
import Ingest
import Synchronization

/// A client of a dxLink feed.
///
/// ```swift
/// let client = try Client()
/// for try await quote in client.events(Quote.self, symbols: ["AAPL", "SPY"]) {
///   print(quote.eventSymbol, quote.bidPrice, quote.askPrice)
/// }
/// ```
///
/// Each loop has connections of its own; subscribe several types in one loop with
/// ``events(types:symbols:fromTime:sources:buffer:)``. A client may be used from any task, by many loops at once.
public final class Client: Sendable {
  /// What it was made with.
  public let configuration: Configuration
  private let settings: IngestSettings
  private let account: Account?
  private let feeds = Mutex(Feeds())

  private struct Feeds {
    var running: [Feed] = []
    var isClosed = false
  }

  /// Loops of one client at a time.
  public static let maximumFeeds = 64

  /// A client. Nothing is connected before a loop asks for its first event.
  ///
  /// - Throws: ``QuotewireError`` of the kind `configuration` where a setting makes no sense or a file cannot be read.
  public init(_ configuration: Configuration = Configuration()) throws(QuotewireError) {
    self.configuration = configuration
    var settings = try configuration.settings()
    account = try configuration.account(&settings.lane)
    self.settings = settings
  }

  /// Events of one type.
  ///
  /// ```swift
  /// let buffer = EventBuffer(size: 1_000, policy: .conflate)
  /// for try await trade in client.events(Trade.self, symbols: ["AAPL", "SPY"], buffer: buffer) {
  ///   print(trade.eventSymbol, trade.price, trade.size)
  /// }
  /// ```
  ///
  /// - Parameters:
  ///   - type: such as `Quote.self`.
  ///   - symbols: as the feed writes them; `*` for all, where the contract allows it and there is one lane.
  ///   - fromTime: begin of the history, for time series: milliseconds since 1970-01-01 UTC.
  ///   - sources: of order books, such as `NTV`; none for the feed's own choice.
  ///   - buffer: what waits for the loop, and what happens to more.
  public func events<E: TypedEvent>(
    _ type: E.Type, symbols: [String], fromTime: Int? = nil, sources: [String] = [],
    buffer: EventBuffer = EventBuffer()
  ) -> EventSequence<E> {
    let request = FeedRequest(
      types: [E.eventType], symbols: symbols, fromTime: fromTime, sources: sources, buffer: buffer)
    return EventSequence { () throws(QuotewireError) in try self.start(request) }
  }

  /// Events of several types, in the order in which they came.
  ///
  /// ```swift
  /// for try await event in client.events(types: [.quote, .trade], symbols: ["AAPL", "SPY"]) {
  ///   switch event {
  ///   case .quote(let quote): print(quote.eventSymbol, quote.bidPrice, quote.askPrice)
  ///   case .trade(let trade): print(trade.eventSymbol, trade.price)
  ///   default: break
  ///   }
  /// }
  /// ```
  ///
  /// The parameters are those of ``events(_:symbols:fromTime:sources:buffer:)``.
  public func events(
    types: [EventType], symbols: [String], fromTime: Int? = nil, sources: [String] = [],
    buffer: EventBuffer = EventBuffer()
  ) -> EventSequence<AnyEvent> {
    let request = FeedRequest(types: types, symbols: symbols, fromTime: fromTime, sources: sources, buffer: buffer)
    return EventSequence { () throws(QuotewireError) in try self.start(request) }
  }

  /// What its loops, connections and buffers do and have done. Loops that have ended are no longer in it.
  public var status: ClientStatus { ClientStatus(feeds: feeds.withLock { $0.running }.map(\.status)) }

  /// The status again and again.
  ///
  /// ```swift
  /// for await status in client.statuses(every: .seconds(1)) {
  ///   for lane in status.lanes { print(lane.number, lane.state, lane.events, lane.gaps, lane.reconnects) }
  /// }
  /// ```
  public func statuses(every interval: Duration) -> StatusSequence {
    StatusSequence(client: self, interval: interval)
  }

  /// Ends all loops, which see no error and no event but those taken already, and returns when every connection is
  /// closed. The client takes no new loops.
  public func close() async {
    let running = feeds.withLock { feeds in
      feeds.isClosed = true
      return feeds.running
    }
    for feed in running { feed.stop() }
    for feed in running { await feed.waitForEnd() }
  }

  private func start(_ request: FeedRequest) throws(QuotewireError) -> Feed {
    let tokens = TokenRequest(configuration.token, limitSeconds: configuration.answerSeconds)
    let queue = try request.makeQueue()
    var settings = settings
    settings.lane.token = account.map { .renewed($0) } ?? tokens.source
    // Not with a loop's own voice: the account outlives it.
    account?.start(say: configuration.log ?? { _ in })
    settings.lane.backoff = Backoff(seed: RandomBytes.next())
    settings.lane.subscriptions = try request.subscriptions()
    if !request.symbols.contains("*") {
      settings.run.texts = .feed(subscriptions: settings.lane.subscriptions.count)
    }
    settings.ports = { _, texts in [QueuePort(queue, texts, symbols: nil)] }
    let feed = try Feed(
      queue, types: request.types, log: configuration.log, tokenFailed: { tokens.hasFailed })
    let refusal = feeds.withLock { feeds -> QuotewireError? in
      if feeds.isClosed { return QuotewireError(.configuration, "the client is closed; make another one") }
      guard feeds.running.count < Self.maximumFeeds else {
        return QuotewireError(.configuration, "a client has at most \(Self.maximumFeeds) loops at a time")
      }
      feeds.running.append(feed)
      return nil
    }
    if let refusal { throw refusal }
    do throws(QuotewireError) {
      try feed.start(.live(settings)) { [self] feed in remove(feed) }
    } catch {
      remove(feed)
      throw error
    }
    return feed
  }

  private func remove(_ feed: Feed) { feeds.withLock { $0.running.removeAll { $0 === feed } } }
}
