import Market
import Rings
import Synchronization
import TestSupport
import Testing

@testable import Quotewire

@Suite("The buffer between a feed and a loop", .tags(.unit), .timeLimit(.minutes(30)))
struct EventQueueTests {
  private static func queue(_ size: Int, _ policy: EventBuffer.Policy, _ types: [Market.EventType] = [.quote])
    -> EventQueue
  {
    EventQueue(EventBuffer(size: size, policy: policy), types: types)
  }

  private static func gap(_ to: Int64 = 2) -> Market.Gap {
    Market.Gap(reason: .connectionLost, lane: 0, fromNanos: 1, toNanos: to)
  }

  private static func accept(_ port: QueuePort, _ events: borrowing MadeEvents) {
    port.accept(events.batch, isStopping: { false })
  }

  @Test("the newest events are dropped where there is no room, counted at their place")
  func dropNewest() {
    let queue = Self.queue(4, .dropNewest)
    var made = MadeEvents()
    for i in 1...10 { made.quote("A", Double(i)) }
    let port = QueuePort(queue, made.texts.store, symbols: nil)
    Self.accept(port, made)
    var consumer = QueueConsumer(queue)
    #expect(consumer.take() == ["A 1.0", "A 2.0", "A 3.0", "A 4.0", "6 dropped"])
    Self.accept(port, made)
    #expect(consumer.take() == ["A 1.0", "A 2.0", "A 3.0", "A 4.0", "6 dropped"])
    let figures = queue.figures
    #expect(figures.waiting == 0 && figures.taken == 8 && figures.dropped == 12 && figures.conflated == 0)
  }

  @Test("the oldest events are dropped where there is no room, counted before the next one")
  func dropOldest() {
    let queue = Self.queue(4, .dropOldest)
    var made = MadeEvents()
    for i in 1...10 { made.quote("A", Double(i)) }
    Self.accept(QueuePort(queue, made.texts.store, symbols: nil), made)
    var consumer = QueueConsumer(queue)
    #expect(consumer.take() == ["6 dropped", "A 7.0", "A 8.0", "A 9.0", "A 10.0"])
    #expect(queue.figures.dropped == 6)
  }

  @Test("under conflation the newest event of each symbol waits in the place of its first; prints are dropped")
  func conflate() {
    let queue = Self.queue(4, .conflate, [.quote, .timeAndSale])
    var made = MadeEvents()
    for i in 1...5 {
      for symbol in ["A", "B"] { made.quote(symbol, Double(i)) }
    }
    for i in 1...4 { made.sale("A", Double(i)) }
    let port = QueuePort(queue, made.texts.store, symbols: nil)
    Self.accept(port, made)
    var consumer = QueueConsumer(queue)
    #expect(consumer.take() == ["A 5.0", "B 5.0", "A 1.0", "A 2.0", "2 dropped"])
    Self.accept(port, made)
    #expect(consumer.take() == ["A 5.0", "B 5.0", "A 1.0", "A 2.0", "2 dropped"])
    let figures = queue.figures
    #expect(figures.conflated == 16 && figures.dropped == 4 && figures.taken == 8)
  }

  @Test("two lanes with the same ids of texts do not stand for one another")
  func lanes() {
    let queue = Self.queue(8, .conflate)
    var first = MadeEvents()
    first.quote("A", 1)
    var second = MadeEvents()
    second.quote("B", 2)
    Self.accept(QueuePort(queue, first.texts.store, symbols: nil), first)
    Self.accept(QueuePort(queue, second.texts.store, symbols: nil), second)
    var consumer = QueueConsumer(queue)
    #expect(consumer.take() == ["A 1.0", "B 2.0"])
  }

  @Test("a gap stands between the events that came before and after it")
  func gaps() {
    let queue = Self.queue(8, .wait)
    var made = MadeEvents()
    made.quote("A", 1)
    let port = QueuePort(queue, made.texts.store, symbols: nil)
    Self.accept(port, made)
    port.accept(Self.gap(), isStopping: { false })
    Self.accept(port, made)
    port.accept(Self.gap(), isStopping: { false })
    var consumer = QueueConsumer(queue)
    #expect(consumer.take() == ["A 1.0", "gap", "A 1.0", "gap"])
    for i in 0..<(EventQueue.maximumLosses + 10) { port.accept(Self.gap(Int64(i)), isStopping: { false }) }
    #expect(consumer.take() == Array(repeating: "gap", count: EventQueue.maximumLosses))
  }

  @Test("types and symbols that nobody asked for are left out")
  func filters() {
    let queue = Self.queue(8, .wait, [.quote])
    var made = MadeEvents()
    made.quote("A", 1)
    made.sale("A", 2)
    made.quote("B", 3)
    made.quote("A", 4)
    Self.accept(QueuePort(queue, made.texts.store, symbols: ["A"]), made)
    var consumer = QueueConsumer(queue)
    #expect(consumer.take() == ["A 1.0", "A 4.0"])
  }

  @Test("a lane waits for room: nothing is lost, in a buffer of any size", arguments: [1, 3, 4, 255, 256, 1000])
  func wait(size: Int) throws {
    let queue = Self.queue(size, .wait)
    let count = 5_000
    let thread = try WorkerThread("test-lane") {
      var made = MadeEvents()
      let port = QueuePort(queue, made.texts.store, symbols: nil)
      for i in 0..<count {
        made.quote("A", Double(i))
        guard i % 100 == 99 else { continue }
        Self.accept(port, made)
        made.batch.removeAll()
      }
      queue.finish(nil)
    }
    var consumer = QueueConsumer(queue)
    var got: [String] = []
    var looks = 0
    while got.count < count, looks < 10_000_000 {
      got += consumer.take()
      looks += 1
    }
    thread.join()
    #expect(got == (0..<count).map { "A \(Double($0))" })
    #expect(queue.figures.dropped == 0)
  }

  @Test("a lane that waits goes on when the loop has gone, and when its run is abandoned")
  func released() throws {
    for isClosed in [true, false] {
      let queue = Self.queue(1, .wait)
      let isStopping = Atomic<Bool>(false)
      let flag = StopBox()
      let thread = try WorkerThread("test-lane") {
        var made = MadeEvents()
        for i in 0..<10 { made.quote("A", Double(i)) }
        QueuePort(queue, made.texts.store, symbols: nil).accept(made.batch, isStopping: { flag.isRaised })
      }
      if isClosed { queue.close() } else { flag.raise() }
      thread.join()
      isStopping.store(true, ordering: .relaxed)
      #expect(queue.figures.waiting == (isClosed ? 0 : 1))
    }
  }

  private final class StopBox: Sendable {
    private let raised = Atomic<Bool>(false)
    var isRaised: Bool { raised.load(ordering: .acquiring) }
    func raise() { raised.store(true, ordering: .releasing) }
  }

  /// One list, searched from the start.
  private struct Model {
    let size: Int
    let policy: EventBuffer.Policy
    let most: Int
    var waiting: [String] = []
    var dropped = 0
    var conflated = 0

    mutating func put(_ symbol: String, _ value: Double) {
      let word = "\(symbol) \(value)"
      if policy == .conflate, let i = waiting.firstIndex(where: { $0.hasPrefix(symbol + " ") }) {
        waiting[i] = word
        conflated += 1
        return
      }
      if waiting.count == size {
        dropped += 1
        guard policy == .dropOldest else { return }
        waiting.removeFirst()
      }
      waiting.append(word)
    }

    mutating func take() -> [String] {
      defer { waiting.removeFirst(min(most, waiting.count)) }
      return Array(waiting.prefix(most))
    }
  }

  @Test(
    "random puts and takes give what a plain list gives",
    arguments: [EventBuffer.Policy.dropNewest, .dropOldest, .conflate], [1, 5, 64, 300])
  func model(policy: EventBuffer.Policy, size: Int) {
    var random = SeededRandom(seed: 7)
    let queue = Self.queue(size, policy)
    var made = MadeEvents()
    let port = QueuePort(queue, made.texts.store, symbols: nil)
    var consumer = QueueConsumer(queue)
    let most = min(size, policy == .dropNewest ? EventQueue.takenEvents : EventQueue.takenFreshEvents)
    var model = Model(size: size, policy: policy, most: most)
    for round in 0..<400 {
      made.batch.removeAll()
      for i in 0..<Int.random(in: 0...(2 * size + 2), using: &random) {
        let symbol = "S\(Int.random(in: 0..<(size + 2), using: &random))"
        made.quote(symbol, Double(round * 1000 + i))
        model.put(symbol, Double(round * 1000 + i))
      }
      Self.accept(port, made)
      let got = consumer.take()
      #expect(got.filter { !$0.hasSuffix("dropped") } == model.take(), "seed \(random.seed), round \(round)")
      let figures = queue.figures
      #expect(
        figures.dropped == model.dropped && figures.conflated == model.conflated
          && figures.waiting == model.waiting.count)
    }
  }
}
