import Books
import Market
import Snapshots
import TestSupport
import Testing

@Suite("A book", .tags(.unit))
struct BookTests {
  private static let buy = Side(name: "BUY") ?? .first
  private static let sell = Side(name: "SELL") ?? .first

  private static func order(_ index: Int64, _ side: Side, _ price: Double, _ size: Double) -> BookOrder {
    BookOrder(index: index, side: side, price: price, size: size)
  }

  private static func book(_ limits: BookLimits = BookLimits()) -> Book {
    Book(.order, TextID(rawValue: 1), source: .null, limits: limits)
  }

  private static func bids(_ book: Book) -> [PriceLevel] {
    (0..<book.ladder.bidCount).compactMap { book.ladder.bid($0) }
  }

  @Test("orders at one price are one level, and the best level comes first on both sides")
  func levels() {
    let book = Self.book()
    var counts = BookCounts()
    for (index, price) in [(1, 10.0), (2, 11.0), (3, 10.0), (4, 9.5)] as [(Int64, Double)] {
      _ = book.take(Self.order(index, Self.buy, price, 100), [], &counts)
      _ = book.take(Self.order(index + 10, Self.sell, price + 5, 7), [], &counts)
    }
    #expect(Self.bids(book).map(\.price) == [11, 10, 9.5] && Self.bids(book).map(\.size) == [100, 200, 100])
    #expect(Self.bids(book).map(\.count) == [1, 2, 1])
    #expect((0..<3).compactMap { book.ladder.ask($0)?.price } == [14.5, 15, 16])
    #expect(book.ladder.bid(3) == nil && book.ladder.ask(-1) == nil)
  }

  @Test(
    "a size of 0, of NaN, or REMOVE ends an order; the end of an unknown one is counted and changes nothing",
    arguments: [0.0, -0.0, .nan, 5.0])
  func ends(_ size: Double) {
    let book = Self.book()
    var counts = BookCounts()
    _ = book.take(Self.order(1, Self.buy, 10, 100), [], &counts)
    let isRemoved = size == 5
    let end = BookOrder(index: 1, side: Self.buy, price: 10, size: size, isRemoved: isRemoved)
    let flags: EventFlags = isRemoved ? .removeEvent : []
    #expect(book.take(end, flags, &counts) == .update)
    #expect(book.orderCount == 0 && book.ladder.bidCount == 0 && counts.unknownRemovals == 0)
    _ = book.take(end, flags, &counts)
    #expect(book.orderCount == 0 && counts.unknownRemovals == 1 && counts.applied == 2)
  }

  @Test("sizes that come and go leave no residue at their level")
  func residue() {
    let book = Self.book()
    var counts = BookCounts()
    _ = book.take(Self.order(0, Self.buy, 10, 0.1), [], &counts)
    for index in 1...1000 as ClosedRange<Int64> {
      _ = book.take(Self.order(index, Self.buy, 10, Double(index) * 0.3 + 1e6), [], &counts)
    }
    for index in 1...1000 as ClosedRange<Int64> { _ = book.take(Self.order(index, Self.buy, 10, 0), [], &counts) }
    #expect(Self.bids(book) == [PriceLevel(price: 10, size: 0.1, count: 1)])
  }

  @Test("the feed may cross a book; the levels stay as it says")
  func crossed() {
    let book = Self.book()
    var counts = BookCounts()
    _ = book.take(Self.order(1, Self.buy, 12, 1), [], &counts)
    _ = book.take(Self.order(2, Self.sell, 11, 1), [], &counts)
    #expect(book.ladder.bid()?.price == 12 && book.ladder.ask()?.price == 11)
  }

  @Test("nothing of a transaction is seen before its end")
  func transaction() {
    let book = Self.book()
    var counts = BookCounts()
    #expect(book.take(Self.order(1, Self.buy, 10, 1), .txPending, &counts) == .none)
    #expect(book.take(Self.order(2, Self.sell, 11, 1), .txPending, &counts) == .none)
    #expect(book.orderCount == 0 && book.heldCount == 2)
    #expect(book.take(Self.order(3, Self.sell, 12, 1), [], &counts) == .update)
    #expect(book.orderCount == 3 && book.heldCount == 0 && counts.held == 0)
  }

  @Test("a snapshot replaces the book when it ends, and a new BEGIN makes the unfinished one void")
  func snapshot() {
    let book = Self.book()
    var counts = BookCounts()
    _ = book.take(Self.order(1, Self.buy, 10, 1), [], &counts)
    #expect(book.state == .absent)
    _ = book.take(Self.order(2, Self.buy, 11, 1), .snapshotBegin, &counts)
    _ = book.take(Self.order(3, Self.buy, 12, 1), [], &counts)
    #expect(book.ladder.bid()?.price == 10 && book.state == .loading)
    _ = book.take(Self.order(4, Self.buy, 13, 1), .snapshotBegin, &counts)
    #expect(counts.void == 2)
    let marker = BookOrder(index: 0, side: .first, price: .nan, size: .nan, isRemoved: true)
    #expect(book.take(marker, [.removeEvent, .snapshotEnd], &counts) == .snapshot)
    #expect(Self.bids(book).map(\.price) == [13] && book.state == .complete)
    book.interrupt(&counts)
    #expect(book.state == .loading && book.orderCount == 1)
  }

  @Test("what goes beyond a limit is refused, counted, and said of the book until its next snapshot")
  func limits() {
    var limits = BookLimits()
    limits.maximumOrders = 2
    limits.maximumHeld = 3
    let book = Self.book(limits)
    var counts = BookCounts()
    for index in 1...3 as ClosedRange<Int64> { _ = book.take(Self.order(index, Self.buy, 10, 1), [], &counts) }
    #expect(book.orderCount == 2 && book.missing == 1 && counts.refused == 1)
    for index in 1...5 as ClosedRange<Int64> { _ = book.take(Self.order(index, Self.buy, 9, 1), .txPending, &counts) }
    #expect(book.heldCount == 0 && book.take(Self.order(6, Self.buy, 9, 1), [], &counts) == .none)
    #expect(book.orderCount == 2 && counts.events == 9 && counts.applied == 2 && counts.void == 7)
    let empty = BookOrder(index: 0, side: .first, price: .nan, size: .nan, isRemoved: true)
    #expect(book.take(empty, [.snapshotBegin, .snapshotEnd, .removeEvent], &counts) == .snapshot)
    #expect(book.missing == 0 && book.orderCount == 0 && book.state == .empty)
  }

  @Test("a change is told for the depth that it reaches")
  func change() {
    let book = Self.book()
    var counts = BookCounts()
    for index in 1...5 as ClosedRange<Int64> {
      _ = book.take(Self.order(index, Self.buy, Double(index), 1), [], &counts)
    }
    #expect(book.ladder.takeChange(depth: 1) && !book.ladder.takeChange(depth: 5))
    _ = book.take(Self.order(1, Self.buy, 1, 9), [], &counts)
    #expect(!book.ladder.takeChange(depth: 4))
    _ = book.take(Self.order(2, Self.buy, 2, 9), [], &counts)
    #expect(book.ladder.takeChange(depth: 4))
  }

  @Test("each spread of a spread book has its own levels, and one snapshot for all")
  func spreads() {
    let book = Book(.spreadOrder, TextID(rawValue: 1), source: .null)
    var counts = BookCounts()
    let (a, b) = (Text(id: TextID(rawValue: 7)), Text(id: TextID(rawValue: 8)))
    _ = book.take(Self.order(1, Self.buy, 10, 1), .snapshotBegin, spread: a, &counts)
    _ = book.take(Self.order(2, Self.buy, 20, 1), .snapshotEnd, spread: b, &counts)
    #expect(book.ladders.map(\.spread) == [.null, a, b])
    #expect(book.ladders.map { $0.bid()?.price } == [nil, 10, 20])
    // An order that goes over to the other spread, and one that ends without naming its spread.
    _ = book.take(Self.order(1, Self.buy, 10, 1), [], spread: b, &counts)
    _ = book.take(Self.order(2, Self.buy, 0, 0), [], &counts)
    #expect(book.ladders.map { $0.bid()?.price } == [nil, nil, 10])
  }

  @Test("the source comes from the event, else from the index")
  func sources() throws {
    var events = EventBatch(capacity: 8)
    var order = Order()
    order.head.symbol = TextID(rawValue: 1)
    order.size = 1
    order.index = 0x4E54_5600_0000_0001
    _ = events.append(order)
    order.source = try #require(OrderSource.text(ofIndex: 0x6E74_7600_0000_0001))
    _ = events.append(order)
    order.source = .null
    order.index = 1 << 48 | 5
    _ = events.append(order)
    var books = BookSet()
    events.forEach { _ = books.take($0) }
    let sources = books.books.map(\.source)
    #expect(sources.count == 3 && sources[0] == OrderSource.text(ofIndex: 0x4E54_5600_0000_0009))
    #expect(sources[0].inlineCount == 3 && sources[1] == order.source || sources[1].inlineCount == 3)
    #expect(sources[2].isNull && OrderSource.builtInName(ofIndex: order.index) == "COMPOSITE_BID")
    #expect(OrderSource.builtInName(ofIndex: 7 << 48) == nil && OrderSource.text(ofIndex: 5) == nil)
  }
}
