import Bytes
import Ingest
import Market
import Recording

/// Recordings of a feed, whose replay gives the same events as the feed gave, in the same order.
///
/// ```swift
/// let recording = Recording("day.qwr")
/// for try await quote in recording.events(Quote.self, speed: .max) {
///   print(quote.eventSymbol, quote.bidPrice, quote.askPrice)
/// }
/// ```
///
/// Several files are merged by the time of arrival. A recording that is torn or damaged gives what can be read, and
/// then an error of the kind ``QuotewireError/Kind/recording`` that says so.
public struct Recording: Sendable {
  /// How fast a replay goes.
  public enum Speed: Sendable, Hashable {
    /// As fast as the loop takes the events.
    case max
    /// So many times as fast as it was recorded; above 0.
    case times(Double)
  }

  /// The files, `.qwr`.
  public let paths: [String]
  /// Sentences about the files for people, from any thread; nil for nobody.
  public var log: (@Sendable (String) -> Void)?

  /// Recordings of these files, at most 512. Nothing is opened before a loop asks for its first event.
  public init(_ paths: String...) { self.paths = paths }

  /// Recordings of these files, at most 512. Nothing is opened before a loop asks for its first event.
  public init(paths: [String]) { self.paths = paths }

  /// Events of one type.
  ///
  /// - Parameters:
  ///   - type: such as `Quote.self`.
  ///   - symbols: those to give; nil for all.
  ///   - speed: how fast.
  ///   - from: the first arrival to give: nanoseconds since 1970-01-01 UTC; nil for no bound.
  ///   - to: the last arrival to give: nanoseconds since 1970-01-01 UTC; nil for no bound.
  ///   - buffer: what waits for the loop. A replay at full speed wants the policy `wait`.
  public func events<E: TypedEvent>(
    _ type: E.Type, symbols: [String]? = nil, speed: Speed = .max, from: Int? = nil, to: Int? = nil,
    buffer: EventBuffer = EventBuffer()
  ) -> EventSequence<E> {
    let replay = Replay(recording: self, types: [E.eventType], symbols: symbols, speed, from, to, buffer)
    return EventSequence { () throws(QuotewireError) in try replay.start() }
  }

  /// Events of several types, in the order in which they came.
  ///
  /// The parameters are those of ``events(_:symbols:speed:from:to:buffer:)``.
  public func events(
    types: [EventType], symbols: [String]? = nil, speed: Speed = .max, from: Int? = nil, to: Int? = nil,
    buffer: EventBuffer = EventBuffer()
  ) -> EventSequence<AnyEvent> {
    let replay = Replay(recording: self, types: types, symbols: symbols, speed, from, to, buffer)
    return EventSequence { () throws(QuotewireError) in try replay.start() }
  }

  /// What a loop over recordings asks for.
  private struct Replay: Sendable {
    let types: [EventType]
    let settings: ReplaySettings
    let symbols: Set<String>?
    let buffer: EventBuffer
    let log: (@Sendable (String) -> Void)?

    init(
      recording: Recording, types: [EventType], symbols: [String]?, _ speed: Speed, _ from: Int?, _ to: Int?,
      _ buffer: EventBuffer
    ) {
      self.types = types
      self.symbols = symbols.map { Set($0) }
      self.buffer = buffer
      log = recording.log
      var settings = ReplaySettings(files: recording.paths)
      settings.run.wantsDigest = false
      settings.start = from.map { WallNanos(rawValue: Int64($0)) }
      settings.stop = to.map { WallNanos(rawValue: Int64($0)) }
      if case .times(let factor) = speed { settings.speed = .factor(factor) }
      self.settings = settings
    }

    func start() throws(QuotewireError) -> Feed {
      let queue = try FeedRequest.makeQueue(types, buffer)
      var settings = settings
      if settings.files.isEmpty { throw QuotewireError(.configuration, "no recording is given") }
      let symbols = symbols
      settings.ports = { texts in [QueuePort(queue, texts, symbols: symbols)] }
      let feed = try Feed(queue, types: types, log: log)
      try feed.start(.replay(settings)) { _ in }
      return feed
    }
  }
}
