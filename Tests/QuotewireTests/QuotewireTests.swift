import Bytes
import IO
import Market
import Recording
import Rings
import Simulator
import Synchronization
import TestSupport
import Testing

@testable import Quotewire

/// A server for one test and clients for it.
struct Fixture {
  let server: ServerThread

  init(_ feed: ServerConfiguration.Feed, _ change: (inout ServerConfiguration) throws -> Void = { _ in }) throws {
    var configuration = ServerConfiguration(feed: feed)
    configuration.limits.setupTimeoutMillis *= Int64(Sanitizer.patience)
    try change(&configuration)
    server = try ServerThread(configuration)
  }

  /// Answers each symbol once, whatever it is.
  static func answers(_ change: (inout ServerConfiguration) throws -> Void = { _ in }) throws -> Fixture {
    try Fixture(.answers(AnswerSpec()), change)
  }

  /// A market that does not end.
  static func market(
    _ spec: String = "seed=1,symbols=20,rate=\(5000 / Sanitizer.patience),mix=Quote:4/Trade:1,period=10ms",
    _ change: (inout ServerConfiguration) throws -> Void = { _ in }
  ) throws -> Fixture {
    try Fixture(.generator(try GenerateSpec(spec, endless: true), speed: .factor(1)), change)
  }

  var url: String { "ws://127.0.0.1:\(server.address.port)/" }

  func client(_ change: (inout Client.Configuration) -> Void = { _ in }) throws -> Client {
    var configuration = Client.Configuration(url: url)
    configuration.answerSeconds *= Double(Sanitizer.patience)
    change(&configuration)
    return try Client(configuration)
  }

  /// Waits, for a bounded number of looks, until the server has no client.
  func waitUntilLeft() async throws {
    try await eventually("the server still has a client") { server.stats[.clientsOpen] == 0 }
  }
}

/// Looks again and again, a bounded number of times, whether something holds.
func eventually(
  _ complaint: String, sourceLocation: SourceLocation = #_sourceLocation, _ holds: () -> Bool
) async throws {
  for _ in 0..<2_000 * Sanitizer.patience {
    if holds() { return }
    try await Task.sleep(for: .milliseconds(10))
  }
  Issue.record(Comment(rawValue: complaint), sourceLocation: sourceLocation)
}

/// Events in the memory of a lane, as a pipeline hands them on.
struct MadeEvents: ~Copyable {
  var batch = EventBatch(capacity: 4096)
  var texts = TextTable()

  mutating func quote(_ symbol: String, _ bid: Double) {
    var event = Market.Quote()
    if let id = texts.intern(symbol) { event.head.symbol = id }
    event.bidPrice = bid
    check(batch.append(event))
  }

  mutating func sale(_ symbol: String, _ price: Double) {
    var event = Market.TimeAndSale()
    if let id = texts.intern(symbol) { event.head.symbol = id }
    event.price = price
    check(batch.append(event))
  }
}

/// What a queue gives, in words: `A 1.0` for an event, `gap`, `3 dropped`.
struct QueueConsumer {
  let queue: EventQueue
  private let block: EventBlock
  private var texts: [LaneTexts] = []

  init(_ queue: EventQueue) {
    self.queue = queue
    block = queue.makeBlock()
  }

  mutating func take() -> [String] {
    let taken = queue.take(into: block, knownLanes: texts.count)
    if let stores = taken.stores { texts += stores.dropFirst(texts.count).map { LaneTexts($0) } }
    var out: [String] = []
    func put(before offset: Int) {
      for loss in taken.losses where loss.offset == offset {
        switch loss.loss {
        case .gap: out.append("gap")
        case .dropped(let count): out.append("\(count) dropped")
        }
      }
    }
    for i in 0..<block.count {
      put(before: i)
      switch unsafe AnyEvent(from: EventRow(block.event(i), texts[block.lane(i)])) {
      case .quote(let quote): out.append("\(quote.eventSymbol) \(quote.bidPrice)")
      case .timeAndSale(let sale): out.append("\(sale.eventSymbol) \(sale.price)")
      case let other: out.append("\(other.eventType)")
      }
    }
    put(before: block.count)
    return out
  }
}
