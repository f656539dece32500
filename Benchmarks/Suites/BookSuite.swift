import BenchmarkKit
import Books
import Market

/// Orders to books.
enum BookSuite {
  static var all: [Benchmark] {
    [
      Benchmark("book/update", input: "orders of 2,000 symbols from up to five sources", allocations: 0) { size in
        let market = try MarketInput("Order:1", size)
        let events = try Events(market)
        let loop = BookLoop()
        return market.work(market.dataUnits) { loop.pass(events) }
      }
    ]
  }
}

/// Books that go on from pass to pass: each begins with a snapshot again.
final class BookLoop {
  private var books = BookSet()

  func pass(_ events: Events) -> UInt64 {
    var sum: UInt64 = 0
    events.forEach { event in
      guard let (book, effect) = books.take(event) else { return }
      let ladder = book.ladder
      let isChanged = ladder.takeChange(depth: 10)
      guard isChanged || effect == .snapshot else { return }
      sum = Self.add(sum, ladder.bid())
      sum = Self.add(sum, ladder.ask())
    }
    return sum
  }

  private static func add(_ sum: UInt64, _ level: PriceLevel?) -> UInt64 {
    guard let level else { return Fold.add(sum, 1) }
    let one = Fold.add(sum, level.price.bitPattern)
    return Fold.add(Fold.add(one, level.size.bitPattern), UInt64(bitPattern: level.count))
  }
}
