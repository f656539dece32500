import BenchmarkKit
import DXLink
import Market

/// Payloads to events.
enum DecodeSuite {
  static var all: [Benchmark] {
    var all = [
      decode("decode/compact-mix", MarketInput.mix, isFull: false),
      decode("decode/full-mix", MarketInput.mix, isFull: true),
      amongOthers,
    ]
    for type in EventType.allCases {
      all.append(decode("decode/compact-\(type.name)", "\(type.name):1", isFull: false))
    }
    for type in EventType.allCases {
      all.append(decode("decode/full-\(type.name)", "\(type.name):1", isFull: true))
    }
    return all
  }

  /// As `decode/compact-Quote`, with many more symbols in the table than come.
  private static let amongOthers = Benchmark(
    "decode/compact-Quote-among-500,000", input: "Quote:1, FEED_DATA only, behind 500,000 other symbols (smoke: 1,000)",
    allocations: 0, timeShare: 0.15
  ) { size in
    let market = try MarketInput("Quote:1", size)
    let loop = try DecodeLoop(market, otherSymbols: size == .smoke ? 1_000 : 500_000)
    var units = market.dataUnits
    units.events = loop.eventCount
    return market.work(units) { try loop.pass(market) }
  }

  private static func decode(_ name: String, _ mix: String, isFull: Bool) -> Benchmark {
    let share = mix == MarketInput.mix ? 1 : 0.15
    return Benchmark(name, input: "\(mix), FEED_DATA only", allocations: 0, timeShare: share) { size in
      let market = isFull ? try MarketInput(full: mix, size) : try MarketInput(mix, size)
      let loop = try DecodeLoop(market)
      var units = market.dataUnits
      units.events = loop.eventCount
      return market.work(units) { try loop.pass(market) }
    }
  }
}

/// A decoder in steady state: it has seen every payload once, so that schemas and symbols are known.
final class DecodeLoop {
  private var decoder = FeedDecoder()
  private var batch = EventBatch(capacity: 1 << 14)
  private var texts = TextTable()
  private(set) var eventCount = 0

  /// Whether frames that the decoder refuses are part of the input and no failure.
  private let takesRefusals: Bool

  /// - Parameter otherSymbols: how many symbols that never come are in the table before.
  init(_ market: MarketInput, takesRefusals: Bool = false, otherSymbols: Int = 0) throws(FeedError) {
    self.takesRefusals = takesRefusals
    for i in 0..<otherSymbols { _ = texts.intern("OTHER\(i)") }
    for i in 0..<market.payloads.count {
      _ = try unsafe Self.decode(market.payloads[i], &decoder, &batch, &texts, takesRefusals)
    }
    let before = decoder.counters.rowsDecoded
    _ = try pass(market)
    eventCount = decoder.counters.rowsDecoded - before
  }

  /// All FEED_DATA. What it gives depends on all events.
  func pass(_ market: MarketInput) throws(FeedError) -> UInt64 {
    try Self.decode(market, &decoder, &batch, &texts, takesRefusals)
  }

  /// With everything at hand, so that a frame costs no check that nobody else is at it.
  private static func decode(
    _ market: MarketInput, _ decoder: inout FeedDecoder, _ batch: inout EventBatch, _ texts: inout TextTable,
    _ takesRefusals: Bool
  ) throws(FeedError) -> UInt64 {
    var sum: UInt64 = 0
    for i in market.data {
      sum = Fold.add(sum, try unsafe decode(market.payloads[i], &decoder, &batch, &texts, takesRefusals))
    }
    return sum
  }

  private static func decode(
    _ payload: UnsafeRawBufferPointer, _ decoder: inout FeedDecoder, _ batch: inout EventBatch,
    _ texts: inout TextTable, _ takesRefusals: Bool
  ) throws(FeedError) -> UInt64 {
    var sum: UInt64 = 0
    do throws(FeedError) {
      _ = try unsafe decoder.decode(payload, receivedNanos: 0, batch: &batch, texts: &texts) { full in
        sum = fold(sum, full)
        full.removeAll()
      }
    } catch {
      if !takesRefusals { throw error }
    }
    sum = fold(sum, batch)
    batch.removeAll()
    return sum
  }

  /// Two words of each event: its symbol and type, and a field. With loads of its own, because generic ones in another
  /// module cost more than decoding a quote.
  static func fold(_ sum: UInt64, _ batch: borrowing EventBatch) -> UInt64 {
    unsafe batch.withRecords { records in
      guard let base = records.baseAddress else { return sum }
      var sum = sum
      var at = 0
      // Whole events, by the batch's invariant.
      while at < records.count {
        let event = unsafe base + at
        let head = unsafe event.load(as: UInt64.self)
        sum = unsafe Fold.add(sum, head ^ event.load(fromByteOffset: 32, as: UInt64.self))
        at &+= (1 &+ Int(truncatingIfNeeded: head &>> 38 & 1)) &* EventRecord.byteCount
      }
      return sum
    }
  }
}
