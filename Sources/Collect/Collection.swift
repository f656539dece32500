package import Bytes
import DXLink
package import IO
package import Ingest
package import Market
import Rings
import Sinks
import Synchronization

/// What to collect from a feed, and how.
package struct CollectionSettings: Sendable {
  /// Subscriptions, pace and plan come from the collection; the rest is the caller's.
  package var lane: LaneSettings
  package var types: [EventType]
  package var universe: Universe
  package var lanes = 1
  /// Symbols that may be asked for and not yet answered; nil for all at once, 1 for one after the other.
  package var outstanding: Int?
  /// Ends the collection after this many seconds; nil for no end but that of its symbols.
  package var limitSeconds: Double?
  /// How long one of a few outstanding symbols may be silent before the next takes its place.
  package var answerSeconds = 5.0

  package init(lane: LaneSettings, types: [EventType], universe: Universe) {
    self.lane = lane
    self.types = CollectTypes.ordered(types)
    self.universe = universe
  }

  /// As many subscriptions a second as servers are known to take (`Pace`), but up to 1,200 of them in one go.
  static let burst = Pace(chunksPerInterval: 6, intervalMillis: 600)
  /// Where few are outstanding, that is what limits the pace.
  static let steps = Pace(chunksPerInterval: 100, intervalMillis: 100)
}

/// What the owner of a collection is asked and told while it goes on.
package struct CollectionHooks {
  /// Signalled by lanes that end.
  package var attention: Wakeup
  package var request: () -> RunRequest = { .none }
  /// Called after each wait with the symbols that are done with.
  package var tick: (_ done: Int) -> Void = { _ in }
  /// Sentences for people, from any thread.
  package var say: @Sendable (String) -> Void = { _ in }

  package init(attention: Wakeup) { self.attention = attention }
}

/// How a collection ended.
package struct Collected: ~Copyable {
  package let snapshot: Snapshot
  package let started: WallNanos
  package let ended: WallNanos
  /// A signal asked for the end.
  package let wasInterrupted: Bool
  package let seconds: Double

  consuming func intoSnapshot() -> Snapshot { snapshot }
}

/// Symbols of one lane that are done with; the last one ends the lane.
final class Tally: Sendable {
  private let open: Atomic<Int>
  private let all: Int
  private let stop: StopFlag

  init(symbols: Int, stop: StopFlag) {
    open = Atomic(symbols)
    all = symbols
    self.stop = stop
  }

  func close() { if open.wrappingSubtract(1, ordering: .relaxed).newValue == 0 { stop.drain() } }
  var done: Int { all - open.load(ordering: .relaxed) }
}

/// Asks a feed for the latest events of a universe and ends when every symbol has answered.
package enum Collection {
  private static let turnNanos: Int64 = 100_000_000

  package static func run(_ settings: CollectionSettings, _ hooks: CollectionHooks) throws(CollectError) -> Collected {
    let started = Arrival.now()
    var lanes: [CollectionLane] = []
    for (number, symbols) in shares(settings).enumerated() where !symbols.isEmpty {
      do throws(CollectError) { lanes.append(try CollectionLane(number, symbols, settings, hooks)) } catch {
        for lane in lanes { lane.stop.abandon() }
        throw error
      }
    }
    let interrupted = supervise(lanes, started.monotonic, settings.limitSeconds, hooks)
    let snapshot = try join(lanes, settings)
    let ended = Arrival.now()
    return Collected(
      snapshot: snapshot, started: started.wall, ended: ended.wall, wasInterrupted: interrupted,
      seconds: ended.monotonic.seconds(since: started.monotonic))
  }

  private static func shares(_ settings: CollectionSettings) -> [[String]] {
    let symbols = settings.universe.symbols
    if settings.lanes == 1 { return [symbols] }
    var shares = Array(repeating: [String](), count: settings.lanes)
    for symbol in symbols { shares[LanePlan.home(of: symbol, lanes: settings.lanes)].append(symbol) }
    return shares
  }

  /// Waits for the end of every lane; true when a signal asked for it.
  private static func supervise(
    _ lanes: [CollectionLane], _ started: MonotonicNanos, _ limitSeconds: Double?, _ hooks: CollectionHooks
  ) -> Bool {
    var isStopping = false
    func drain() {
      isStopping = true
      for lane in lanes { lane.stop.drain() }
    }
    let deadline = limitSeconds.map { started.advanced(bySeconds: $0) } ?? .distantFuture
    var interrupted = false
    while true {
      switch hooks.request() {
      case .none: break
      case .drain:
        interrupted = true
        drain()
      case .abandon:
        interrupted = true
        for lane in lanes { lane.stop.abandon() }
      }
      if MonotonicNanos.now() >= deadline { drain() }
      hooks.tick(lanes.reduce(0) { $0 + $1.tally.done })
      // A lane that the feed refused ends alone: the others have nothing to wait for.
      if lanes.contains(where: { $0.hasFailed }) { drain() }
      if lanes.allSatisfy({ $0.hasEnded }) { return interrupted }
      let now = MonotonicNanos.now()
      let turn = now.advanced(byNanos: turnNanos)
      _ = try? hooks.attention.wait(until: isStopping ? turn : min(deadline, turn))
      hooks.attention.clear()
    }
  }

  /// The snapshots of all lanes as one.
  private static func join(_ lanes: [CollectionLane], _ settings: CollectionSettings) throws(CollectError) -> Snapshot {
    let results = lanes.map { $0.join() }
    for result in results {
      switch result.end {
      case .drained, .endOfFeed: break
      case .refused(let why): throw .feed(why, refused: true)
      case .failed(let why): throw .feed(why, refused: false)
      }
    }
    if let only = results.first, results.count == 1 { return only.snapshot.take() }
    var all = Snapshot(types: settings.types, symbols: settings.universe.symbols)
    let positions = Dictionary(uniqueKeysWithValues: settings.universe.symbols.enumerated().map { ($1, $0) })
    for result in results {
      let part = result.snapshot.take()
      for (i, symbol) in part.symbols.enumerated() {
        guard let position = positions[symbol] else { continue }
        for type in part.types.indices {
          if let event = part.event(i, type) { _ = all.take(event, part.store, position: position, type: type) }
        }
      }
    }
    return all
  }
}
