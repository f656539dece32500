import BenchmarkKit
import Bytes
import Formats
import Market
import Rings

/// Events to text.
enum FormatSuite {
  static var all: [Benchmark] {
    [
      Benchmark("encode/csv", input: "mix, a buffer a type", allocations: 0) { size in
        try csv(MarketInput(MarketInput.mix, size))
      },
      Benchmark("encode/ndjson", input: "mix", allocations: 0) { size in
        try ndjson(MarketInput(MarketInput.mix, size))
      },
    ]
  }

  static func csv(_ market: MarketInput) throws -> Work {
    let events = try Events(market)
    let loop = CSVLoop()
    let bytes = loop.pass(events).bytes
    return market.work(units(market, events, bytes)) { loop.pass(events).digest }
  }

  static func ndjson(_ market: MarketInput) throws -> Work {
    let events = try Events(market)
    let loop = NDJSONLoop()
    let bytes = loop.pass(events).bytes
    return market.work(units(market, events, bytes)) { loop.pass(events).digest }
  }

  /// Bytes are those written.
  private static func units(_ market: MarketInput, _ events: Events, _ bytes: Int) -> Units {
    Units(frames: market.data.count, events: events.count, bytes: bytes)
  }
}

final class CSVLoop {
  private let encoders = EventType.allCases.map { CSVEncoder($0) }
  private let places: [Int]
  private var writers: [WriterBox]

  init() {
    writers = EventType.allCases.map { _ in WriterBox() }
    var places = [Int](repeating: 0, count: EventType.count)
    for (i, type) in EventType.allCases.enumerated() { places[type.index] = i }
    self.places = places
  }

  func pass(_ events: Events) -> (digest: UInt64, bytes: Int) {
    for writer in writers { writer.writer.removeAll() }
    events.forEach { event in append(event, events.texts) }
    return result
  }

  func append(_ event: EventRef, _ texts: TextStore) {
    guard let type = event.type else { return }
    let place = places[type.index]
    encoders[place].append(event, texts, to: &writers[place].writer)
  }

  /// Of what was written since the last pass began.
  var result: (digest: UInt64, bytes: Int) {
    var sum: UInt64 = 0
    var bytes = 0
    for box in writers {
      bytes += box.writer.count
      sum = Fold.add(sum, UInt64(box.writer.count))
    }
    return (sum, bytes)
  }

  func removeAll() { for box in writers { box.writer.removeAll() } }
}

final class NDJSONLoop {
  private let encoder = NDJSONEncoder()
  private let box = WriterBox()

  func pass(_ events: Events) -> (digest: UInt64, bytes: Int) {
    box.writer.removeAll()
    events.forEach { event in append(event, events.texts) }
    return (UInt64(box.writer.count), box.writer.count)
  }

  func append(_ event: EventRef, _ texts: TextStore) { encoder.append(event, texts, to: &box.writer) }

  var byteCount: Int { box.writer.count }
  func removeAll() { box.writer.removeAll() }
}
