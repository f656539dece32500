import Market
import Rings
import Synchronization
import TestSupport
import Testing

@testable import Sinks

/// Makes events with symbols of one table. Each event's `eventTime` is its number, by which tests know it again.
final class EventSource {
  private var table = TextTable()
  private(set) var made = 0

  var texts: TextStore { table.store }

  func id(_ symbol: String) -> TextID {
    guard let id = table.intern(symbol) else { preconditionFailure("the table is full") }
    return id
  }

  /// The next event of a type, appended to a batch.
  func add(_ type: EventType, _ symbol: String, to batch: inout EventBatch) {
    made += 1
    switch type {
    case .quote: add(Quote(), symbol, &batch)
    case .trade: add(Trade(), symbol, &batch)
    case .greeks: add(Greeks(), symbol, &batch)
    case .profile: add(Profile(), symbol, &batch)
    case .order: add(Order(), symbol, &batch)
    default: preconditionFailure("no test needs \(type)")
    }
  }

  private func add<Event: MarketEvent>(_ event: Event, _ symbol: String, _ batch: inout EventBatch) {
    var event = event
    event.head.symbol = id(symbol)
    event.eventTime = Int64(made)
    event.receivedNanos = 1_700_000_000_000_000_000 + Int64(made)
    precondition(batch.append(event), "the batch is full")
  }

  /// A batch of these events.
  func batch(_ events: [(EventType, String)]) -> EventBatch {
    var batch = EventBatch(capacity: max(2, events.count * 2))
    for (type, symbol) in events { add(type, symbol, to: &batch) }
    return batch
  }

  func quotes(_ count: Int, _ symbol: String = "AAPL") -> EventBatch {
    batch(Array(repeating: (.quote, symbol), count: count))
  }
}

/// What came out of a ring: an event by its number, or a gap by its start.
enum Came: Equatable, Sendable {
  case event(Int)
  case gap(Int64)

  init(_ event: EventRef) {
    if let gap = event.gap {
      self = .gap(gap.fromNanos)
    } else {
      self = .event(Int(event.load(EventHead.eventTimeOffset, as: Int64.self)))
    }
  }
}

/// The reading half of a ring, and everything that was read.
final class Reading {
  private var consumer: RecordConsumer?
  private(set) var came: [Came] = []

  init(_ consumer: consuming RecordConsumer) { self.consumer = consume consumer }

  var available: Int { consumer?.available() ?? 0 }

  /// Takes what waits and says how many records that was.
  @discardableResult
  func drain(limit: Int = .max) -> Int {
    var new: [Came] = []
    let taken = unsafe consumer?.drain(limit: limit) { record in unsafe new.append(Came(EventRef(record))) }
    came += new
    return taken ?? 0
  }

  func leave() { consumer = nil }
  var isFinished: Bool { consumer?.isFinished() ?? true }
}

/// A port and the other end of its ring, both used by the test's thread.
struct PortRig {
  let port: RingPort
  let reading: Reading
  let counters = SinkCounters()

  init(_ policy: SinkPolicy, ring: Int, spill: SpillQueue? = nil) {
    var made = RecordRing(capacity: ring)
    port = RingPort(made.takeProducer(), policy, counters, spill: spill)
    reading = Reading(made.takeConsumer())
  }
}

func gap(_ number: Int64) -> Gap { Gap(reason: .serverClosed, lane: 3, fromNanos: number, toNanos: number + 5) }

extension Came {
  static func events(_ numbers: some Sequence<Int>) -> [Came] { numbers.map { .event($0) } }
}

/// Something that a thread leaves for the test.
final class Left<Value: Sendable>: Sendable {
  private let kept: Mutex<Value?> = Mutex(nil)
  var value: Value? { kept.withLock { $0 } }
  func set(_ new: Value) { kept.withLock { $0 = new } }
}
