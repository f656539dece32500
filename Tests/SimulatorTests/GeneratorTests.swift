import Market
import Rings
import TestSupport
import Testing

@testable import Simulator

/// One event as the tests look at it.
struct SeenEvent {
  var nanos: Int64
  var type: EventType
  var symbol: TextID
  var flags: EventFlags
  var index: Int64?
  var source: UInt64?
}

/// Runs a generator to its end, or for `limit` events, and lends each event.
func generate(
  _ text: String, limit: Int = .max, _ body: (Int64, EventRef, borrowing Generator) throws -> Void
) throws {
  var generator = try Generator(try GenerateSpec(text))
  var batch = EventBatch(capacity: 64)
  var count = 0
  while count < limit, let nanos = generator.next(into: &batch) {
    #expect(batch.eventCount == 1)
    try batch.forEach { event in try body(nanos, event, generator) }
    batch.removeAll()
    count += 1
  }
}

func digest(_ text: String) throws -> (digest: String, events: Int) {
  var generator = try Generator(try GenerateSpec(text))
  var batch = EventBatch(capacity: 64)
  var digest = Digest()
  while generator.next(into: &batch) != nil {
    batch.forEach { digest.update($0, generator.texts.store) }
    batch.removeAll()
  }
  return (Digest.text(Digest.total([(digest, generator.texts.store)])), digest.eventCount)
}

@Suite("Generator")
struct GeneratorTests {
  @Test("a small spec gives the pinned events, on every machine and in every build")
  func pinned() throws {
    let small = try digest("seed=1,symbols=40,rate=1000,mix=all,duration=3s,nan=0.006,candles=3x30")
    #expect(small.digest == "51213a4c74a161e2")
    #expect(small.events == 4113)
    let plain = try digest("seed=2,duration=1s")
    #expect(plain.digest == "c0f49800146c0cd7")
  }

  @Test("the same seed gives the same events, another seed others")
  func seeds() throws {
    let one = try digest("seed=5,duration=1s,mix=all")
    #expect(try digest("seed=5,duration=1s,mix=all") == one)
    #expect(try digest("seed=6,duration=1s,mix=all").digest != one.digest)
  }

  @Test("the types come in the shares of the mix, at the asked rate")
  func mix() throws {
    var counts: [EventType: Int] = [:]
    var total = 0
    var last: Int64 = 0
    try generate("seed=3,rate=5000,duration=10s") { nanos, event, _ in
      counts[try #require(event.type), default: 0] += 1
      total += 1
      #expect(nanos >= last)
      last = nanos
    }
    #expect(abs(total - 50_000) < 1_500)
    for (type, share) in [(EventType.quote, 0.80), (.trade, 0.12), (.greeks, 0.05), (.timeAndSale, 0.03)] {
      #expect(abs(Double(counts[type] ?? 0) / Double(total) - share) < 0.01, "\(type)")
    }
  }

  @Test("with bursts the first tenth is dense and the sixth is quiet")
  func bursts() throws {
    var tenths = [Int](repeating: 0, count: 11)
    try generate("seed=3,rate=1000,duration=10s,burst=8") { nanos, _, generator in
      tenths[Int((nanos - Generator.startSeconds * 1_000_000_000) / 1_000_000_000)] += 1
    }
    #expect(tenths[0] > 5 * tenths[2] && tenths[0] < 11 * tenths[2])
    #expect(tenths[5] * 3 < tenths[2] && tenths[5] > 0)
  }

  @Test("popular symbols come in Zipf's order")
  func zipf() throws {
    var counts: [UInt32: Int] = [:]
    var symbols: [String] = []
    var names: [UInt32: String] = [:]
    try generate("seed=9,symbols=100,rate=20000,duration=5s,mix=Quote:1,zipf=1") { _, event, generator in
      counts[event.symbol.rawValue, default: 0] += 1
      if symbols.isEmpty { symbols = generator.symbols }
      if names[event.symbol.rawValue] == nil {
        names[event.symbol.rawValue] = unsafe generator.texts.store.withText(event.symbol.rawValue) {
          unsafe String(decoding: $0, as: UTF8.self)
        }
      }
    }
    var byName: [String: Int] = [:]
    for (id, count) in counts { byName[names[id] ?? "", default: 0] += count }
    let ranked = symbols.map { byName[$0] ?? 0 }
    #expect(symbols.count == 100 && Set(symbols).count == 100)
    // Shares 1 : 1/2 : 1/4 : 1/10, with room for chance.
    for (rank, share) in [(1, 0.5), (3, 0.25), (9, 0.1)] {
      let ratio = Double(ranked[rank]) / Double(ranked[0])
      #expect(abs(ratio - share) < share * 0.12, "rank \(rank): \(ratio)")
    }
  }

  @Test("bids stay below asks and above zero, trades lie on the quote, volumes grow past ten million")
  func markets() throws {
    var quotes: [UInt32: (bid: Double, ask: Double)] = [:]
    var volumes: [UInt32: Double] = [:]
    var greatest = 0.0
    try generate("seed=4,symbols=60,rate=20000,duration=2s,mix=Quote:5/Trade:5") { _, event, _ in
      if let q: Quote = event.event() {
        #expect(q.bidPrice < q.askPrice && q.bidPrice > 0 && q.bidSize > 0 && q.askSize > 0)
        #expect(q.bidTime % 1000 == 0)
        quotes[event.symbol.rawValue] = (q.bidPrice, q.askPrice)
      }
      if let t: Trade = event.event() {
        if let volume = volumes[event.symbol.rawValue] { #expect(t.dayVolume > volume) }
        volumes[event.symbol.rawValue] = t.dayVolume
        greatest = max(greatest, t.dayVolume)
        if let quote = quotes[event.symbol.rawValue] {
          #expect(t.price > quote.bid * 0.9 - 1 && t.price < quote.ask * 1.1 + 1)
        }
      }
    }
    #expect(greatest > 1e7)
  }

  @Test("a print's index is (seconds << 32) | (ms << 22) | sequence and rises; only corrections repeat it")
  func saleIndexes() throws {
    var last: [UInt32: Int64] = [:]
    var corrections = 0
    try generate("seed=8,symbols=5,rate=50000,duration=2s,mix=TimeAndSale:1,universe=stocks") { nanos, event, _ in
      let t = try #require(event.event(as: TimeAndSale.self))
      #expect(t.index == (t.time / 1000) << 32 | (t.time % 1000) << 22 | Int64(t.sequence))
      #expect(t.sequence >= 0 && t.sequence < 1 << 22)
      #expect(t.time <= nanos / 1_000_000)
      let before = last[event.symbol.rawValue] ?? 0
      if t.type == .first {
        #expect(t.index > before)
      } else {
        corrections += 1
        #expect(t.index == before)
      }
      last[event.symbol.rawValue] = t.index
    }
    #expect(corrections > 50)
  }

  @Test("the asked share of doubles is NaN, and a few are infinite")
  func unavailable() throws {
    var doubles = 0
    var nans = 0
    var infinite = 0
    try generate("seed=8,rate=50000,duration=2s,mix=Quote:1,nan=0.05") { _, event, _ in
      let q = try #require(event.event(as: Quote.self))
      for value in [q.bidPrice, q.askPrice, q.bidSize, q.askSize] {
        doubles += 1
        nans += value.isNaN ? 1 : 0
        infinite += value.isInfinite ? 1 : 0
      }
    }
    #expect(abs(Double(nans) / Double(doubles) - 0.05) < 0.004)
    #expect(infinite > 0 && infinite < nans / 20)
  }

  @Test("every type comes, with symbols of its kind")
  func allTypes() throws {
    var seen: Set<EventType> = []
    var wrong: [String] = []
    try generate("seed=2,mix=all,rate=3000,duration=3s,candles=4x10") { _, event, generator in
      let type = try #require(event.type)
      seen.insert(type)
      let symbol = unsafe generator.texts.store.withText(event.symbol.rawValue) {
        unsafe String(decoding: $0, as: UTF8.self)
      }
      let isRight =
        switch type {
        case .candle: symbol.hasSuffix("}")
        case .greeks, .theoPrice: symbol.hasPrefix(".") && symbol.contains { $0 == "C" || $0 == "P" }
        case .underlying, .series, .optionSale: !symbol.hasPrefix(".")
        default: !symbol.isEmpty
        }
      if !isRight { wrong.append("\(type) \(symbol)") }
    }
    #expect(seen == Set(EventType.allCases))
    #expect(wrong.isEmpty, "\(wrong.prefix(5))")
  }

  @Test("a universe of options has an underlying, a single symbol works, and two hundred thousand are distinct")
  func universes() throws {
    let options = try Generator(try GenerateSpec("symbols=300,universe=options"))
    #expect(options.symbols.filter { $0.hasPrefix(".") }.count > 290)
    #expect(options.symbols.contains { !$0.hasPrefix(".") })
    for universe in GenerateSpec.Universe.allCases {
      let one = try Generator(try GenerateSpec("symbols=1,mix=Quote:1,universe=\(universe.rawValue)"))
      #expect(!one.symbols.isEmpty)
    }
    let many = try Generator(try GenerateSpec("symbols=20000"))
    #expect(many.symbols.count == 20_000 && Set(many.symbols).count == 20_000)
  }
}

@Suite("Fixed arithmetic")
struct FixedMathTests {
  @Test("logarithm, power and logistic agree with known values to 14 digits")
  func values() {
    for (x, y) in [
      (1.0, 0.0), (2.718281828459045, 1.0), (10, 2.302585092994046), (1e-9, -20.72326583694641),
      (7.5, 2.0149030205422647),
    ] {
      #expect(abs(FixedMath.ln(x) - y) <= 1e-14 * max(1, abs(y)))
      #expect(abs(FixedMath.exp(y) - x) <= 1e-13 * x)
    }
    #expect(FixedMath.logistic(0) == 0.5)
  }
}
