import Ingest

/// A client at one moment.
public struct ClientStatus: Sendable {
  /// One for each loop that runs.
  public let feeds: [FeedStatus]

  /// The connections of all loops.
  public var lanes: [LaneStatus] { feeds.flatMap(\.lanes) }
}

/// A loop over events, its connections and its buffer, at one moment.
public struct FeedStatus: Sendable {
  /// The types that it asked for.
  public let types: [EventType]
  /// Its connections; empty in the first moment.
  public let lanes: [LaneStatus]
  /// Events that wait in the buffer.
  public let waiting: Int
  /// Events that were taken out of the buffer for the loop.
  public let taken: Int
  /// Events that were dropped because the buffer was full.
  public let dropped: Int
  /// Events whose place a newer one took.
  public let conflated: Int

  init(types: [EventType], lanes: [LaneStatus], _ figures: EventQueue.Figures) {
    self.types = types
    self.lanes = lanes
    waiting = figures.waiting
    taken = figures.taken
    dropped = figures.dropped
    conflated = figures.conflated
  }
}

/// A connection at one moment.
public struct LaneStatus: Sendable {
  /// What a connection does.
  public enum State: Sendable, Hashable {
    /// It has not begun.
    case starting
    /// It looks the host up and connects.
    case connecting
    /// It opens the session.
    case handshaking
    /// Events may come.
    case streaming
    /// It waits before it connects again.
    case waiting
    /// It does nothing more.
    case ended
  }

  /// Counted from 0.
  public let number: Int
  /// What it does.
  public let state: State
  /// Messages that came.
  public let messages: Int
  /// Bytes of these messages.
  public let bytes: Int
  /// Events that were decoded.
  public let events: Int
  /// Rows and messages that could not be read, each skipped.
  public let malformed: Int
  /// Gaps, see ``Gap``.
  public let gaps: Int
  /// Connections after the first.
  public let reconnects: Int

  init(_ number: Int, _ progress: LaneProgress) {
    self.number = number
    state =
      switch progress.state {
      case .starting: .starting
      case .connecting: .connecting
      case .handshaking: .handshaking
      case .streaming: .streaming
      case .waiting: .waiting
      case .ended: .ended
      }
    messages = progress.messages
    bytes = progress.bytes
    events = progress.events
    malformed = progress.malformed
    gaps = progress.gaps
    reconnects = progress.reconnects
  }
}

/// The status of a client, again and again: what ``Client/statuses(every:)`` gives. Ends when the task is cancelled.
public struct StatusSequence: AsyncSequence, Sendable {
  /// A status.
  public typealias Element = ClientStatus
  /// It does not fail.
  public typealias Failure = Never

  let client: Client
  let interval: Duration

  /// Gives the first status at once.
  public func makeAsyncIterator() -> Iterator { Iterator(client: client, interval: interval) }

  /// Sleeps between one status and the next.
  public struct Iterator: AsyncIteratorProtocol {
    let client: Client
    let interval: Duration
    private var isFirst = true

    init(client: Client, interval: Duration) {
      self.client = client
      self.interval = interval
    }

    /// The next status; nil once the task is cancelled.
    public mutating func next(isolation actor: isolated (any Actor)? = #isolation) async -> ClientStatus? {
      if !isFirst { try? await Task.sleep(for: interval) }
      isFirst = false
      return Task.isCancelled ? nil : client.status
    }
  }
}
