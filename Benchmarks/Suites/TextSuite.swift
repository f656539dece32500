import BenchmarkKit
import Bytes
import JSON
import Market
import Rings

/// Numbers and symbols.
enum TextSuite {
  static var all: [Benchmark] {
    [
      Benchmark("number/parse", input: "every number of the mix", allocations: 0) { size in
        let market = try MarketInput(MarketInput.mix, size)
        let numbers = numbers(market)
        let bytes = numbers.reduce(0) { $0 + $1.count }
        return market.work(Units(bytes: bytes, items: numbers.count)) { try parse(market, numbers) }
      },
      Benchmark("number/write", input: "every number of the mix", allocations: 0) { size in
        let market = try MarketInput(MarketInput.mix, size)
        let values = numbers(market).compactMap { unsafe Number.parseDouble(market.payloads.part($0)) }
        let out = WriterBox()
        return market.work(Units(items: values.count)) {
          out.writer.removeAll()
          for value in values { out.writer.append(shortest: value) }
          return UInt64(out.writer.count)
        }
      },
      Benchmark("text-table/known", input: "the symbol of every event of the mix, 2,000 of them", allocations: 0) {
        size in
        let market = try MarketInput(MarketInput.mix, size)
        let symbols = Payloads()
        let events = try Events(market)
        events.forEach { event in
          unsafe events.texts.withText(event.symbol.rawValue) { text in unsafe symbols.append(text) }
        }
        let loop = InternLoop()
        return market.work(Units(bytes: symbols.byteCount, items: symbols.count)) { loop.pass(symbols) }
      },
      Benchmark("text-table/new", input: "100,000 symbols into an empty table (smoke: 1,000)") { size in
        let symbols = SubscriptionSuite.symbols(size)
        let bytes = Payloads()
        for symbol in symbols { unsafe Array(symbol.utf8).withUnsafeBytes { unsafe bytes.append($0) } }
        return Work(Units(bytes: bytes.byteCount, items: bytes.count)) { InternLoop().pass(bytes) }
      },
    ]
  }

  /// Where the numbers stand in all payloads.
  private static func numbers(_ market: MarketInput) -> [Range<Int>] {
    let all = unsafe market.payloads.all
    var found: [Range<Int>] = []
    var i = 0
    var isInString = false
    while i < all.count {
      let byte = unsafe all[i]
      if byte == 0x22 { isInString.toggle() }
      let isStart = byte == 0x2D || (byte >= 0x30 && byte <= 0x39)
      guard isStart, !isInString else {
        i += 1
        continue
      }
      let start = i
      while i < all.count, unsafe isNumberByte(all[i]) { i += 1 }
      found.append(start..<i)
    }
    return found
  }

  private static func isNumberByte(_ byte: UInt8) -> Bool {
    (byte >= 0x30 && byte <= 0x39) || byte == 0x2D || byte == 0x2B || byte == 0x2E || byte == 0x45 || byte == 0x65
  }

  private static func parse(_ market: MarketInput, _ numbers: [Range<Int>]) throws -> UInt64 {
    let all = unsafe market.payloads.all
    guard let base = unsafe all.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return 0 }
    var sum: UInt64 = 0
    for range in numbers {
      // The payloads have their padding.
      guard let value = unsafe Number.parseDouble(base, range.lowerBound, range.upperBound, isPadded: true) else {
        throw BenchmarkError.failed(benchmark: "number/parse", reason: "no number at byte \(range.lowerBound)")
      }
      sum = Fold.add(sum, value.bitPattern)
    }
    return sum
  }
}

final class WriterBox {
  var writer = ByteWriter(capacity: 1 << 20)
}

private final class InternLoop {
  private var table = TextTable()

  func pass(_ texts: Payloads) -> UInt64 {
    var sum: UInt64 = 0
    for i in 0..<texts.count {
      sum = Fold.add(sum, unsafe UInt64(table.intern(texts[i])?.rawValue ?? 0))
    }
    return sum
  }
}
