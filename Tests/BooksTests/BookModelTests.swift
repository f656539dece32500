import Books
import Glibc
import Market
import TestSupport
import Testing

/// Random events into books and into the model. The figures come from the environment for long runs:
/// `QUOTEWIRE_BOOK_UPDATES=10000000 QUOTEWIRE_BOOK_CHECK_EVERY=200 swift test --filter BookModelTests`.
@Suite("Books and the brute-force model", .tags(.property))
struct BookModelTests {
  private static func figure(_ name: String, _ standard: Int) -> Int {
    guard let text = unsafe getenv(name) else { return standard }
    return unsafe Int(String(cString: text)) ?? standard
  }

  /// Two symbols from three sources each.
  private static let keys: [(symbol: TextID, source: Text)] = (0..<BookEvents.bookCount).map { number in
    var name = Array("S\(number % 3)".utf8)
    let source = unsafe name.withUnsafeMutableBytes { unsafe Text(inline: UnsafeRawBufferPointer($0)) }
    return (TextID(rawValue: UInt32(1 + number / 3)), source)
  }

  private static func event(_ row: BookModel.Row, _ key: (symbol: TextID, source: Text)) -> Order {
    var order = Order()
    order.head.symbol = key.symbol
    order.head.eventFlags = row.flags
    order.source = key.source
    order.index = row.order.index
    order.side = row.order.side
    order.price = row.order.price
    order.size = row.order.size
    order.count = Int64(row.order.count)
    return order
  }

  private static func difference(_ book: Book?, _ model: BookModel) -> String? {
    guard let book else { return model.store.isEmpty ? nil : "there is no book" }
    if book.orderCount != model.store.count { return "\(book.orderCount) orders instead of \(model.store.count)" }
    for (name, level) in [("BUY", book.ladder.bid), ("SELL", book.ladder.ask)] {
      let wanted = model.levels(name)
      for (rank, want) in wanted.enumerated() where level(rank) != want {
        return "\(name) level \(rank): \(level(rank).map { "\($0)" } ?? "none") instead of \(want)"
      }
      if let more = level(wanted.count) { return "\(name): one level too many, \(more)" }
    }
    var wrong: String?
    book.forEachOrder { order in
      if !Self.isSame(order, model.store[order.index]) { wrong = "order \(order.index)" }
    }
    return wrong
  }

  /// NaN is NaN here.
  private static func isSame(_ a: BookOrder, _ b: BookOrder?) -> Bool {
    guard let b else { return false }
    return a.index == b.index && a.side == b.side && a.count == b.count && a.size == b.size
      && (a.price == b.price || a.price.isNaN && b.price.isNaN)
  }

  @Test(
    "after each commit, or each so many, a book has the model's orders and levels, restarts and losses included",
    arguments: [(1 as UInt64, 12_000, 1), (2, 12_000, 1), (3, 100_000, 50)])
  func model(_ seed: UInt64, _ standardUpdates: Int, _ standardEvery: Int) throws {
    // A long run is the last one's.
    let updates = standardEvery > 1 ? Self.figure("QUOTEWIRE_BOOK_UPDATES", standardUpdates) : standardUpdates
    let every = standardEvery > 1 ? Self.figure("QUOTEWIRE_BOOK_CHECK_EVERY", standardEvery) : standardEvery
    var events = BookEvents(seed: seed)
    var random = SeededRandom(seed: seed ^ 0xB00C)
    let models = (0..<BookEvents.bookCount).map { _ in BookModel() }
    var books = BookSet()
    var batch = EventBatch(capacity: 4)
    var (commits, checks) = (0, 0)
    for number in 0..<updates {
      if random.next() % 20_000 == 0 {
        books.interrupt()
        for model in models { model.interrupt() }
      }
      let (which, row) = events.next()
      let goesOn = models[which].take(row)
      batch.removeAll()
      _ = batch.append(Self.event(row, Self.keys[which]))
      var effect: (book: Book, effect: Book.Effect)?
      batch.forEach { effect = books.take($0) }
      try #require((effect != nil) == goesOn, "seed \(seed), update \(number)")
      guard goesOn else { continue }
      commits += 1
      guard commits % every == 0 else { continue }
      checks += 1
      let wrong = Self.difference(effect?.book, models[which])
      try #require(wrong == nil, "seed \(seed), update \(number), book \(which): \(wrong ?? "")")
    }
    for (which, model) in models.enumerated() {
      let key = Self.keys[which]
      let book = books.books.first { $0.symbol == key.symbol && $0.source == key.source }
      #expect(Self.difference(book, model) == nil, "seed \(seed), book \(which)")
    }
    let counts = books.counts
    #expect(counts.events == updates && counts.refused == 0)
    #expect(counts.applied + counts.unknownRemovals + counts.void + counts.held == updates)
    #expect(counts.snapshots > updates / 4000 && counts.unknownRemovals > 0 && (counts.void > 0 || updates < 100_000))
    if updates > 1_000_000 {
      print("\(updates) updates, \(commits) commits, \(checks) checks, \(counts.snapshots) snapshots: all equal")
    }
  }
}
