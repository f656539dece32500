import Bytes
import DXLink
import Market
import Rings

/// A generator that runs in real time for all clients of a server.
///
/// New subscriptions of types of which only the latest matters get a value at once; candle subscriptions get a snapshot
/// of their own; books and series start a new snapshot for everybody, as a real server may at any time, books at once
/// and series with their next event.
final class LiveFeed {
  /// Events made in one call at most, so that a feed that fell behind does not hold up the clients.
  static let eventsPerStep = 20_000
  /// More than most events take in a message.
  private static let eventBytes = 512
  /// Clients are given what came up in steps of this time.
  static let stepNanos: Int64 = 10_000_000
  /// Rows of a candle snapshot made for one client.
  static let maximumCandleRows = 2_000

  private var generator: Generator
  private var latest = LatestEvents()
  private var held = EventBatch(capacity: 4)
  private var heldNanos: Int64?
  private var extra = EventBatch(capacity: 8192)
  private let start: MonotonicNanos
  private let simulatedStart = Generator.startSeconds * 1_000_000_000
  private let factor: Double
  private var bySymbol: [String: Int] = [:]
  private var dom: DOMFeed
  private(set) var isOver = false
  /// Events are left whose time has come.
  private(set) var isBehind = false

  /// `factor` is the speed; nil for as fast as a step may be.
  init(_ spec: GenerateSpec, factor: Double?, now: MonotonicNanos) throws(SimulatorError) {
    generator = try Generator(spec)
    dom = DOMFeed(spec)
    start = now
    self.factor = factor ?? .infinity
    for (i, symbol) in generator.symbols.enumerated() { bySymbol[symbol] = i }
    generator.dropStartingSnapshots()
  }

  var store: TextStore { generator.texts.store }

  static func isLasting(_ type: EventType) -> Bool {
    switch type {
    case .quote, .trade, .tradeETH, .summary, .profile, .greeks, .theoPrice, .underlying, .configuration: true
    default: false
    }
  }

  /// When the next step is due.
  func deadline(_ now: MonotonicNanos) -> MonotonicNanos {
    isOver ? .distantFuture : isBehind ? now : now.advanced(byNanos: Self.stepNanos)
  }

  /// Events that fit into so many bytes, which wait for each client: in one step at most, or a feed that is late itself
  /// would take its clients for slow. One without a pace keeps `eventsPerStep`.
  func eventsPerStep(queuedBytes: Int) -> Int {
    factor.isFinite ? max(1, min(Self.eventsPerStep, queuedBytes / Self.eventBytes)) : Self.eventsPerStep
  }

  /// Lends events whose time has come, so many at most.
  func advance(to now: MonotonicNanos, limit: Int = eventsPerStep, _ body: (EventRef) -> Void) {
    isBehind = false
    let elapsed = Double(now.nanos(since: start)) * factor
    let until = elapsed < 9e18 ? simulatedStart + Int64(elapsed) : Int64.max
    for _ in 0..<limit {
      if heldNanos == nil {
        held.removeAll()
        heldNanos = generator.next(into: &held)
      }
      guard let nanos = heldNanos else {
        isOver = true
        return
      }
      guard nanos <= until else { return }
      held.forEach { event in
        keep(event)
        dom.keep(event)
        body(event)
      }
      heldNanos = nil
    }
    isBehind = factor.isFinite
  }

  private func keep(_ event: EventRef) {
    guard let type = event.type, Self.isLasting(type) else { return }
    latest.keep(event, LatestEvents.Key(type: type, symbol: event.symbol.rawValue))
  }

  /// The last value again, for a client that could not be sent every one.
  func repeatLatest(_ key: LatestEvents.Key, _ body: (EventRef) -> Void) { _ = latest.with(key, body) }

  /// Somebody opened a DOM channel: the symbol's books are kept from a snapshot on.
  func watchDOM(_ topic: DOMTopic) {
    guard dom.hasOrders, let i = bySymbol[topic.symbol], !generator.isOption(i) else { return }
    if dom.watch(generator.symbolID(i)) { generator.restartSnapshots(.order, i, source: nil) }
  }

  /// The depth of the market now; nil for an unknown symbol, or while its books are not whole.
  func dom(_ topic: DOMTopic, depth: Int) -> DOMSnapshot? {
    guard let i = bySymbol[topic.symbol] else { return nil }
    if dom.hasOrders && !generator.isOption(i) {
      return dom.snapshot(generator.symbolID(i), topic, depth: depth, time: generator.millis, store)
    }
    return generator.makeDOM(i, depth: depth)
  }

  /// What a new subscription is owed at once.
  func greet(_ topic: Subscriptions.Topic, fromTime: Int64?, _ body: (EventRef) -> Void) {
    extra.removeAll()
    if topic.type == .candle {
      guard let base = CandleSymbol(topic.symbol)?.base, let i = bySymbol[base] else { return }
      generator.makeCandleSnapshot(
        topic.symbol, on: i, fromTime: fromTime, limit: Self.maximumCandleRows, into: &extra)
      return extra.forEach(body)
    }
    guard let i = bySymbol[topic.symbol] else { return }
    guard Self.isLasting(topic.type) else { return generator.restartSnapshots(topic.type, i, source: topic.source) }
    let key = LatestEvents.Key(type: topic.type, symbol: generator.symbolID(i).rawValue)
    if latest.with(key, body) { return }
    guard generator.makeInitial(topic.type, i, into: &extra) else { return }
    extra.forEach { event in
      keep(event)
      body(event)
    }
  }
}
