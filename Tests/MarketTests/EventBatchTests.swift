import Market
import TestSupport
import Testing

@Suite("Event batch")
struct EventBatchTests {
  private static func types(_ batch: borrowing EventBatch) -> [EventType?] {
    var types: [EventType?] = []
    batch.forEach { types.append($0.type) }
    return types
  }

  @Test("behaves like an array of events with roll-back, full or not", arguments: 1...30 as ClosedRange<UInt64>)
  func model(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var batch = EventBatch(capacity: Int.random(in: 2...40, using: &random))
    var model: [EventType] = []
    for _ in 0..<600 {
      switch random.next() % 12 {
      case 0:
        batch.removeAll()
        model = []
      case 1:
        let mark = batch.mark
        let before = model
        for _ in 0..<3 { _ = unsafe batch.append(EventType(index: Int(random.next() % 18)) ?? .quote) }
        batch.rollBack(to: mark)
        model = before
      default:
        let type = EventType(index: Int(random.next() % 18)) ?? .quote
        let held = model.reduce(0) { $0 + $1.recordCount }
        let fits = held + type.recordCount <= batch.capacity
        let didAppend = unsafe batch.append(type) != nil
        check(didAppend == fits, "seed \(seed)")
        if fits { model.append(type) }
      }
      check(batch.eventCount == model.count, "seed \(seed)")
      check(batch.recordCount == model.reduce(0) { $0 + $1.recordCount }, "seed \(seed)")
      check(batch.isEmpty == model.isEmpty, "seed \(seed)")
      guard Self.types(batch) == model else {
        Issue.record("seed \(seed): other events")
        return
      }
    }
  }

  @Test("an event claimed where another was has its defaults again", arguments: EventType.allCases)
  func defaultsAgain(type: EventType) {
    var batch = EventBatch(capacity: 2)
    if let event = unsafe batch.append(type) {
      unsafe event.initializeMemory(as: UInt8.self, repeating: 0xAB, count: type.recordCount * 128)
    }
    batch.removeAll()
    _ = unsafe batch.append(type)
    let bytes = unsafe batch.withRecords { b in unsafe [UInt8](b) }
    #expect(bytes == Schema.of(type).template)
  }

  @Test("a struct that goes in comes out as it was, and as no other type")
  func structs() {
    var batch = EventBatch(capacity: 8)
    var quote = Quote()
    quote.bidPrice = 171.25
    quote.head.symbol = TextID(rawValue: 9)
    var candle = Candle()
    candle.sequence = 77
    candle.head.eventFlags = .snapshotEnd
    check(batch.append(quote) && batch.append(candle))
    var seen = 0
    batch.forEach { event in
      seen += 1
      if event.type == .quote {
        #expect(event.event(as: Quote.self)?.bidPrice == 171.25)
        #expect(event.symbol.rawValue == 9 && event.recordCount == 1)
        #expect(event.event(as: Candle.self) == nil)
      } else {
        #expect(event.event(as: Candle.self)?.sequence == 77)
        #expect(event.flags == .snapshotEnd && event.recordCount == 2)
        #expect(event.event(as: Quote.self) == nil)
      }
      unsafe event.withBytes { b in #expect(b.count == event.recordCount * 128) }
    }
    #expect(seen == 2)
  }

  @Test("an error from the body ends the walk")
  func bodyThrows() {
    struct Stop: Error {}
    var batch = EventBatch(capacity: 8)
    for _ in 0..<5 { _ = unsafe batch.append(.trade) }
    var seen = 0
    do throws(Stop) {
      try batch.forEach { (_) throws(Stop) in
        seen += 1
        if seen == 2 { throw Stop() }
      }
    } catch { seen += 100 }
    #expect(seen == 102)
  }
}
