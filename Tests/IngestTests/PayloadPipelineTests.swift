import Bytes
import DXLink
import Market
import Rings
import Sinks
import TestSupport
import Testing

@testable import Ingest

/// A pipeline with one sink whose ring the test reads.
private struct Rig: ~Copyable {
  let stop: StopFlag
  var pipeline: PayloadPipeline
  var decoder = FeedDecoder()
  var consumer: RecordConsumer
  let counters = SinkCounters()
  private(set) var came: [String] = []

  init(limit: Int? = nil, batchRecords: Int = 4096, texts: TextStore.Limits = .init()) throws {
    stop = try StopFlag(limit: limit)
    pipeline = PayloadPipeline(stop: stop, wantsDigest: true, batchRecords: batchRecords, limits: texts)
    var ring = RecordRing(capacity: 1 << 14)
    pipeline.connect([RingPort(ring.takeProducer(), .drop, counters)])
    consumer = ring.takeConsumer()
  }

  /// Accepts a message and says whether it was well-formed.
  @discardableResult
  mutating func accept(_ text: String, at millis: Int64 = 0, delivers: Bool = true) -> Bool {
    let arrival = Arrival(wall: wall(millis), monotonic: MonotonicNanos(rawValue: 0))
    var isGood = true
    do throws(FeedError) {
      _ = try unsafe Padded(text).withBytes { b throws(FeedError) in
        try unsafe pipeline.accept(b, arrival, &decoder)
      }
    } catch { isGood = false }
    if delivers { pipeline.deliver() }
    read()
    return isGood
  }

  private mutating func read() {
    var new: [String] = []
    let texts = pipeline.textStore
    _ = unsafe consumer.drain { record in
      let event = unsafe EventRef(record)
      let symbol = unsafe texts.withText(event.symbol.rawValue) { b in unsafe String(decoding: b, as: UTF8.self) }
      if event.gap != nil {
        new.append("gap")
      } else if let quote = event.event(as: Quote.self) {
        new.append("\(symbol) \(Int(quote.bidPrice)) \(Int(quote.askPrice))")
      } else {
        new.append(symbol)
      }
    }
    came += new
  }

  mutating func gap(_ gap: Gap) {
    pipeline.accept(gap)
    read()
  }

  mutating func finish() {
    pipeline.finish()
    read()
  }

  /// The totals with the decoder's own.
  mutating func totals() -> PipelineTotals {
    pipeline.add(decoder.counters)
    return pipeline.totals
  }

  var digest: String? { pipeline.digest.map { Digest.text(Digest.total([($0, pipeline.textStore)])) } }
}

@Suite("Payload pipeline", .tags(.unit))
struct PayloadPipelineTests {
  /// A config and random quotes in messages of random length.
  private func messages(_ seed: UInt64) -> [String] {
    var random = SeededRandom(seed: seed)
    return [Wire.config]
      + (0..<40).map { _ in
        Wire.quotes(
          (0..<Int.random(in: 1...30, using: &random)).map { _ in
            (
              "S\(Int.random(in: 0..<9, using: &random))", Int.random(in: 0..<99, using: &random),
              Int.random(in: 0..<99, using: &random)
            )
          })
      }
  }

  @Test("events and digest do not depend on the size of the batch", .tags(.property), arguments: [2, 3, 7, 64])
  func batchSize(records: Int) throws {
    for seed in UInt64(1)...10 {
      var wide = try Rig()
      var narrow = try Rig(batchRecords: records)
      for message in messages(seed) {
        wide.accept(message)
        narrow.accept(message)
      }
      check(wide.came.count > 100 && narrow.came == wide.came, "seed \(seed)")
      check(wide.digest != nil && narrow.digest == wide.digest, "seed \(seed)")
    }
  }

  @Test("the digest tells other values, another order of a symbol and a missing event; arrival times do not matter")
  func digest() throws {
    func digest(_ messages: [String], _ millis: Int64 = 0) throws -> String? {
      var rig = try Rig()
      for (i, message) in ([Wire.config] + messages).enumerated() { rig.accept(message, at: millis * Int64(i)) }
      return rig.digest
    }
    let base = [Wire.quote("A", 1), Wire.quote("A", 2), Wire.quote("B", 3)]
    #expect(try digest(base) == digest(base, 17))
    #expect(try digest(base) == digest([base[0], base[2], base[1]]), "symbols are independent")
    #expect(try digest(base) != digest([base[1], base[0], base[2]]))
    #expect(try digest(base) != digest([base[0], base[1]]))
    #expect(try digest(base) != digest([base[0], Wire.quote("A", 9), base[2]]))
  }

  @Test("everything is counted")
  func counts() throws {
    var rig = try Rig()
    let other = #"{"type":"FEED_DATA","channel":1,"data":["Nonsense",["A",1]]}"#
    let all = [
      Wire.config, Wire.quotes([("A", 1, 2), ("B", 3, 4)]), Wire.quote("A", 5), #"{"type":"KEEPALIVE","channel":0}"#,
      other,
    ]
    for message in all { check(rig.accept(message)) }
    let totals = rig.totals()
    #expect(totals.frames == 5 && totals.messages == 5)
    #expect(totals.bytes == all.reduce(0) { $0 + $1.utf8.count })
    #expect(totals.events == 3 && totals.decodedRows == 3)
    #expect(totals.eventsByType[EventType.quote.index] == 3 && totals.eventsByType.reduce(0, +) == 3)
    #expect(totals.unknownTypes == 1 && totals.malformedRows == 0 && totals.malformedMessages == 0)
    check(rig.came == ["A 1 2", "B 3 4", "A 5 6"])
  }

  @Test(
    "a limit cuts exactly, in the middle of a message too, and the rest is counted",
    arguments: [1, 2, 7, 9, 10, 11, 39, 40], [2, 3, 4096])
  func limit(limit: Int, records: Int) throws {
    var rig = try Rig(limit: limit, batchRecords: records)
    rig.accept(Wire.config)
    for m in 0..<4 { rig.accept(Wire.quotes((0..<10).map { ("S", m * 10 + $0, 0) })) }
    let totals = rig.totals()
    #expect(totals.events == limit)
    #expect(totals.beyondLimit == 40 - limit)
    #expect(totals.decodedRows == 40)
    check(rig.came == (0..<limit).map { "S \($0) 0" })
    check(rig.counters.accepted == limit)
    check(rig.stop.isDraining)
    #expect(totals.eventsByType[EventType.quote.index] == limit)
  }

  @Test("a limit above what comes ends nothing")
  func limitAbove() throws {
    var rig = try Rig(limit: 3)
    rig.accept(Wire.config)
    rig.accept(Wire.quote("A", 1))
    check(!rig.stop.isDraining && rig.totals().beyondLimit == 0)
  }

  static let malformedTexts = [
    "", "nonsense", "{}", "[]", #"{"type":"FEED_DATA","channel":1,"data":["Quote",[1,"A",2]"#,
    #"{"type":"FEED_DATA","channel":1,"data":["Quote",[1,"A",2,3,"A",4,5,"A",6]]}}"#, "{\"type\":\"KEEPALIVE\"\u{0}}",
  ]

  @Test(
    "a malformed message gives nothing, is counted, and the good ones around it are kept",
    arguments: malformedTexts, [2, 4096])
  func malformed(text: String, records: Int) throws {
    var rig = try Rig(batchRecords: records)
    rig.accept(Wire.config)
    rig.accept(Wire.quote("A", 1))
    check(!rig.accept(text))
    rig.accept(Wire.quote("B", 2))
    let totals = rig.totals()
    #expect(totals.malformedMessages == 1)
    #expect(totals.messages == 4 && totals.events == 2 && totals.decodedRows == 2)
    check(rig.came == ["A 1 2", "B 2 3"])
  }

  @Test("a malformed row costs itself alone")
  func malformedRow() throws {
    var rig = try Rig()
    rig.accept(Wire.config)
    check(rig.accept(#"{"type":"FEED_DATA","channel":1,"data":["Quote",[2,"A",1,{},"B",1,4,"C",3]]}"#))
    let totals = rig.totals()
    #expect(totals.malformedRows == 1 && totals.malformedMessages == 0 && totals.events == 2)
    check(rig.came == ["A 1 2", "C 3 4"])
  }

  @Test("a full table of texts costs rows, which are counted")
  func refusedTexts() throws {
    var rig = try Rig(texts: TextStore.Limits(maximumTexts: 2, maximumBytes: 100))
    rig.accept(Wire.config)
    rig.accept(Wire.quotes([("A", 1, 2), ("B", 1, 2), ("C", 1, 2), ("A", 3, 4)]))
    check(rig.came == ["A 1 2", "B 1 2", "A 3 4"])
    check(rig.totals().refusedTexts == 1)
  }

  @Test("the events of several messages go on together, and a gap mark or the end takes them along")
  func together() throws {
    var rig = try Rig()
    rig.accept(Wire.config)
    rig.accept(Wire.quote("A", 1), delivers: false)
    rig.accept(Wire.quote("B", 2), delivers: false)
    check(rig.came.isEmpty)
    check(!rig.accept("nonsense", delivers: false))
    rig.gap(Gap(reason: .silence, lane: 0, fromNanos: 1, toNanos: 2))
    check(rig.came == ["A 1 2", "B 2 3", "gap"])
    rig.accept(Wire.quote("C", 3), delivers: false)
    rig.finish()
    check(rig.came.last == "C 3 4")
    check(rig.totals().events == 3 && rig.counters.accepted == 3)
  }

  @Test("a batch that grows long goes on by itself")
  func long() throws {
    var rig = try Rig()
    rig.accept(Wire.config)
    for n in 0..<300 { rig.accept(Wire.quote("A", n), delivers: false) }
    check(rig.came == (0..<256).map { "A \($0) \($0 + 1)" })
  }

  @Test("a gap mark stands between the events, for every sink")
  func gaps() throws {
    var rig = try Rig()
    rig.accept(Wire.config)
    rig.accept(Wire.quote("A", 1))
    rig.gap(Gap(reason: .silence, lane: 0, fromNanos: 1, toNanos: 2))
    rig.accept(Wire.quote("A", 2))
    check(rig.came == ["A 1 2", "gap", "A 2 3"])
    check(rig.totals().events == 2)
  }
}
