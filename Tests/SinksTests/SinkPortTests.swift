import Market
import Rings
import TestSupport
import Testing

@testable import Sinks

/// What a port must do, in the plainest form: lists.
private struct PortModel {
  struct Waiting {
    var type: EventType
    var symbol: String
    var number: Int
  }

  let policy: SinkPolicy
  let capacity: Int
  var ring: [(number: Int, records: Int)] = []
  var waiting: [Waiting] = []
  var accepted = 0
  var dropped = 0
  var came: [Int] = []

  private var used: Int { ring.reduce(0) { $0 + $1.records } }
  private func fits(_ type: EventType) -> Bool { used + type.recordCount <= capacity }

  private mutating func put(_ type: EventType, _ number: Int) {
    ring.append((number, type.recordCount))
    accepted += 1
  }

  mutating func settle() {
    while let first = waiting.first, fits(first.type) {
      put(first.type, first.number)
      waiting.removeFirst()
    }
  }

  mutating func accept(_ type: EventType, _ symbol: String, _ number: Int) {
    if policy == .conflate { settle() }
    if waiting.isEmpty && fits(type) {
      put(type, number)
    } else if policy == .conflate && type != .greeks && type != .order {
      if let i = waiting.firstIndex(where: { $0.type == type && $0.symbol == symbol }) {
        waiting[i].number = number
        dropped += 1
      } else {
        waiting.append(Waiting(type: type, symbol: symbol, number: number))
      }
    } else {
      dropped += 1
    }
  }

  /// Takes whole events until at least `limit` records are out.
  mutating func drain(limit: Int) {
    let wanted = min(limit, used)
    var taken = 0
    while taken < wanted {
      let first = ring.removeFirst()
      came.append(first.number)
      taken += first.records
    }
  }
}

@Suite("Sink ports", .tags(.unit))
struct SinkPortTests {
  static let types: [EventType] = [.quote, .trade, .greeks, .profile, .order]

  @Test(
    "drop and conflate do what a model made of lists does", .tags(.property),
    arguments: [SinkPolicy.drop, .conflate], [4, 8, 32] as [Int])
  func model(policy: SinkPolicy, capacity: Int) {
    for seed in UInt64(1)...40 {
      var random = SeededRandom(seed: seed)
      let rig = PortRig(policy, ring: capacity)
      let source = EventSource()
      var model = PortModel(policy: policy, capacity: capacity)
      var decoded = 0
      for _ in 0..<120 {
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<5:
          var batch = EventBatch(capacity: 64)
          for _ in 0..<Int.random(in: 0...6, using: &random) {
            let type = Self.types.randomElement(using: &random) ?? .quote
            let symbol = ["A", "B", "C"].randomElement(using: &random) ?? "A"
            source.add(type, symbol, to: &batch)
            model.accept(type, symbol, source.made)
            decoded += 1
          }
          rig.port.accept(batch) { false }
        case 5..<8:
          let limit = Int.random(in: 1...capacity, using: &random)
          rig.reading.drain(limit: limit)
          model.drain(limit: limit)
        default:
          rig.port.settle()
          if policy == .conflate { model.settle() }
        }
        #expect(rig.reading.came == Came.events(model.came), "seed \(seed)")
        #expect(rig.counters.accepted == model.accepted, "seed \(seed)")
        #expect(rig.counters.dropped == model.dropped, "seed \(seed)")
        #expect(rig.port.holdsBack == !model.waiting.isEmpty, "seed \(seed)")
        #expect(decoded == model.accepted + model.dropped + model.waiting.count, "the model itself, seed \(seed)")
        if rig.reading.came != Came.events(model.came) { return }
      }
      rig.port.finish {
        rig.reading.drain()
        return false
      }
      rig.reading.drain()
      model.drain(limit: .max)
      while !model.waiting.isEmpty {
        model.settle()
        model.drain(limit: .max)
      }
      #expect(rig.reading.came == Came.events(model.came), "seed \(seed)")
      #expect(rig.counters.accepted + rig.counters.dropped == decoded, "seed \(seed)")
    }
  }

  @Test("drop keeps the first that fit and counts the others")
  func drop() {
    let rig = PortRig(.drop, ring: 4)
    let source = EventSource()
    rig.port.accept(source.quotes(6)) { false }
    rig.reading.drain()
    rig.port.accept(source.batch([(.quote, "A"), (.order, "A"), (.order, "A"), (.quote, "A")])) { false }
    rig.reading.drain()
    // The second order found one record of room; the quote behind it fitted.
    #expect(rig.reading.came == Came.events([1, 2, 3, 4, 7, 8, 10]))
    #expect(rig.counters.accepted == 7)
    #expect(rig.counters.dropped == 3)
  }

  @Test("conflate keeps the newest of each type and symbol in the order in which each began to wait")
  func conflate() {
    let rig = PortRig(.conflate, ring: 4)
    let source = EventSource()
    rig.port.accept(source.quotes(4, "X")) { false }
    rig.port.accept(
      source.batch([(.quote, "B"), (.quote, "A"), (.trade, "B"), (.quote, "B"), (.greeks, "A"), (.quote, "B")])
    ) { false }
    #expect(rig.port.holdsBack)
    #expect(rig.counters.dropped == 3)
    rig.reading.drain()
    rig.port.settle()
    #expect(!rig.port.holdsBack)
    rig.reading.drain()
    #expect(rig.reading.came == Came.events([1, 2, 3, 4, 10, 6, 7]))
    #expect(rig.counters.accepted == 7)
  }

  @Test("wait blocks until the consumer gives room back, and loses nothing", arguments: [EventType.quote, .order])
  func waits(type: EventType) {
    let rig = PortRig(.wait, ring: 4)
    let source = EventSource()
    var looks = 0
    rig.port.accept(source.batch(Array(repeating: (type, "A"), count: 50))) {
      looks += 1
      // Every third look the consumer takes one event, so that the port meets a full ring again and again.
      if looks.isMultiple(of: 3) { rig.reading.drain(limit: 1) }
      return false
    }
    #expect(looks >= 3 * (50 - 4 / type.recordCount))
    rig.reading.drain()
    #expect(rig.reading.came == Came.events(1...50))
    #expect(rig.counters.accepted == 50)
    #expect(rig.counters.dropped == 0)
  }

  @Test("what a stopped wait leaves without room is dropped and counted")
  func stopped() {
    let rig = PortRig(.wait, ring: 4)
    let source = EventSource()
    var looks = 0
    rig.port.accept(source.quotes(10)) {
      looks += 1
      return looks > 2
    }
    rig.reading.drain()
    #expect(rig.reading.came == Came.events(1...4))
    #expect(rig.counters.accepted == 4)
    #expect(rig.counters.dropped == 6)
  }

  @Test("a wait ends when the consumer has gone", arguments: [SinkPolicy.wait, .conflate])
  func consumerGone(policy: SinkPolicy) {
    let rig = PortRig(policy, ring: 4)
    let source = EventSource()
    rig.port.accept(source.batch((0..<9).map { (.quote, "S\($0)") })) {
      rig.reading.leave()
      return false
    }
    rig.reading.leave()
    rig.port.accept(gap(1)) { false }
    rig.port.finish { false }
    #expect(rig.counters.accepted == 4)
    #expect(rig.counters.dropped == 5)
    #expect(!rig.port.holdsBack)
  }

  @Test(
    "a gap mark waits for room under every policy without a disk and stands behind all that came before it",
    arguments: [SinkPolicy.wait, .drop, .conflate])
  func gaps(policy: SinkPolicy) {
    let rig = PortRig(policy, ring: 4)
    let source = EventSource()
    var looks = 0
    rig.port.accept(source.batch((1...4).map { (.quote, "S\($0)") })) { false }
    if policy == .conflate { rig.port.accept(source.batch([(.quote, "S5"), (.profile, "S6")])) { false } }
    rig.port.accept(gap(77)) {
      looks += 1
      rig.reading.drain(limit: 1)
      return false
    }
    rig.port.accept(source.batch([(.quote, "S7")])) {
      rig.reading.drain()
      return false
    }
    rig.port.finish {
      rig.reading.drain()
      return false
    }
    rig.reading.drain()
    let before = policy == .conflate ? 6 : 4
    let last = policy == .drop ? [] : [Came.event(before + 1)]
    #expect(looks > 0)
    #expect(rig.reading.came.starts(with: Came.events(1...before) + [.gap(77)]))
    #expect(Array(rig.reading.came.dropFirst(before + 1)) == last || policy == .drop)
    #expect(rig.counters.accepted + rig.counters.dropped == before + 1, "a gap mark is no event")
  }

  @Test("a worker on another thread gets every event of a waiting lane in order")
  func twoThreads() throws {
    var ring = RecordRing(capacity: 8)
    let counters = SinkCounters()
    let reading = Handover(Reading(ring.takeConsumer()))
    let collected = Left<[Came]>()
    let thread = try WorkerThread("consumer") {
      let mine = reading.take()
      while !mine.isFinished { mine.drain(limit: 3) }
      collected.set(mine.came)
    }
    do {
      let port = RingPort(ring.takeProducer(), .wait, counters)
      let source = EventSource()
      for _ in 0..<200 { port.accept(source.batch([(.quote, "A"), (.order, "A"), (.greeks, "B")])) { false } }
    }
    thread.join()
    #expect(collected.value == Came.events(1...600))
    #expect(counters.accepted == 600)
  }
}
