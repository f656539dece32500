import Bytes
import DXLink
import Market
import TestSupport
import Testing

/// What a server would hold, from the messages alone.
private struct ServerSet {
  var items: [String: Int64?] = [:]

  static func key(_ item: SubscriptionItem) -> String { "\(item.typeName)|\(item.symbol)|\(item.source ?? "")" }

  mutating func apply(_ text: String) throws -> FeedSubscription {
    guard case .feedSubscription(_, let message) = try read(text) else { throw FeedError.notAnObject(offset: 0) }
    if message.reset { items = [:] }
    for item in message.remove { items[Self.key(item)] = nil }
    for item in message.add { items[Self.key(item)] = .some(item.fromTime) }
    return message
  }
}

private let noTime = MonotonicNanos(rawValue: 0)

@Suite("The subscription book", .tags(.unit))
struct SubscriptionBookTests {
  private func drain(_ book: inout SubscriptionBook, bytes: Int = 8192, items: Int = 200) -> [String] {
    var chunks: [String] = []
    while true {
      var out = ByteWriter()
      if book.writeChunk(channel: 1, maximumBytes: bytes, maximumItems: items, now: noTime, to: &out) == 0 {
        #expect(out.count == 0)
        return chunks
      }
      chunks.append(out.string)
    }
  }

  @Test("the first chunk of a connection resets, the others do not")
  func reset() throws {
    var book = SubscriptionBook()
    for i in 0..<5 { try book.add(Subscription(.quote, "S\(i)")) }
    book.forgetTold()
    let chunks = drain(&book, items: 2)
    #expect(
      chunks == [
        #"{"type":"FEED_SUBSCRIPTION","channel":1,"reset":true,"add":[{"type":"Quote","symbol":"S0"},"#
          + #"{"type":"Quote","symbol":"S1"}]}"#,
        #"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Quote","symbol":"S2"},"#
          + #"{"type":"Quote","symbol":"S3"}]}"#,
        #"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Quote","symbol":"S4"}]}"#,
      ])
    book.forgetTold()
    #expect(drain(&book).count == 1)
  }

  @Test("a removal carries the start time, an update is an add, and what cancels out is not told")
  func forms() throws {
    var book = SubscriptionBook()
    try book.add(Subscription(.candle, "A{=1d}", fromTime: 5))
    try book.add(Subscription(.order, "A", source: "NTV"))
    #expect(
      drain(&book) == [
        #"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Candle","symbol":"A{=d}","fromTime":5},"#
          + #"{"type":"Order","symbol":"A","source":"NTV"}]}"#
      ])
    try book.add(Subscription(.candle, "A{=D}", fromTime: 5))
    #expect(drain(&book).isEmpty)
    try book.add(Subscription(.candle, "A{=d}", fromTime: 9))
    #expect(
      drain(&book) == [
        #"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Candle","symbol":"A{=d}","fromTime":9}]}"#
      ])
    try book.add(Subscription(.quote, "B"))
    book.remove(Subscription(.quote, "B"))
    #expect(drain(&book).isEmpty)
    book.remove(Subscription(.candle, "A{=1d}"))
    book.remove(Subscription(.order, "A"))
    try book.add(Subscription(.quote, "C"))
    #expect(
      drain(&book) == [
        #"{"type":"FEED_SUBSCRIPTION","channel":1,"remove":[{"type":"Candle","symbol":"A{=d}","fromTime":9}],"#
          + #""add":[{"type":"Quote","symbol":"C"}]}"#
      ])
    #expect(book.wantedTypes == [.quote, .order] && book.wantedCount == 2)
  }

  static let refusals: [(Contract, Subscription, SubscriptionRefusal)] = [
    (.auto, Subscription(.quote, ""), .emptySymbol),
    (.ticker, Subscription(.quote, "*"), .wildcard(.ticker)),
    (.history, Subscription(.quote, "*"), .wildcard(.history)),
    (.auto, Subscription(.candle, "A{=d}", source: "x", fromTime: 1), .sourceAndTime),
    (.auto, Subscription(.quote, String(repeating: "x", count: 513)), .tooLong(bytes: 513, limit: 512)),
  ]

  @Test("wishes that no server could fulfil are refused", arguments: refusals)
  func refusal(contract: Contract, subscription: Subscription, refusal: SubscriptionRefusal) {
    var book = SubscriptionBook(contract: contract)
    #expect(throws: refusal) { try book.add(subscription) }
    #expect(book.wantedCount == 0)
  }

  @Test("the wildcard goes on the wire where the contract takes it", arguments: [Contract.auto, .stream])
  func wildcard(contract: Contract) throws {
    var book = SubscriptionBook(contract: contract)
    try book.add(Subscription(.quote, Subscription.wildcard))
    #expect(drain(&book).first?.contains(#""symbol":"*""#) == true)
  }

  @Test("a full book refuses new wishes and takes them again when others went")
  func limit() throws {
    var book = SubscriptionBook(maximumTopics: 2)
    try book.add(Subscription(.quote, "A"))
    try book.add(Subscription(.quote, "B"))
    #expect(throws: SubscriptionRefusal.bookFull(limit: 2)) { try book.add(Subscription(.quote, "C")) }
    try book.add(Subscription(.quote, "A"))
    book.remove(Subscription(.quote, "A"))
    _ = drain(&book)
    try book.add(Subscription(.quote, "C"))
  }

  @Test("contracts without history send neither source nor start time", arguments: [Contract.ticker, .stream])
  func plainContracts(contract: Contract) throws {
    var book = SubscriptionBook(contract: contract)
    try book.add(Subscription(.candle, "A{=d}", fromTime: 5))
    #expect(
      drain(&book) == [#"{"type":"FEED_SUBSCRIPTION","channel":1,"add":[{"type":"Candle","symbol":"A{=d}"}]}"#])
  }

  @Test("chunks are as long as the limit allows, and not a byte longer")
  func exactLimit() throws {
    for limit in 200..<330 {
      var book = SubscriptionBook()
      for i in 0..<12 { try book.add(Subscription(.quote, "SYMBOL\(i)")) }
      book.forgetTold()
      let chunks = drain(&book, bytes: limit)
      for (i, chunk) in chunks.enumerated() {
        #expect(chunk.utf8.count <= limit)
        guard i + 1 < chunks.count, case .feedSubscription(_, let next) = try read(chunks[i + 1]) else { continue }
        // One item more would have been too long.
        let alone = text(.feedSubscription(channel: 1, FeedSubscription(add: [next.add[0]])))
        let more = chunk.utf8.count + alone.utf8.count
        let frame = text(.feedSubscription(channel: 1, FeedSubscription())).utf8.count + ",\"add\":[]".utf8.count
        #expect(more - frame + 1 > limit)
      }
    }
  }

  @Test("random changes, chunks and reconnects lead the server to the wanted set", .tags(.property), arguments: 1...20)
  func model(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var book = SubscriptionBook()
    var wanted: [String: Int64?] = [:]
    var server = ServerSet()
    var mustReset = false
    for _ in 0..<2000 {
      let type = [EventType.quote, .candle, .order].randomElement(using: &random) ?? .quote
      let base = "S\(random.next() % 20)"
      var wish = Subscription(type, type == .candle ? base + "{=d}" : base)
      if type == .order { wish.source = ["NTV", "dex"].randomElement(using: &random) }
      if type == .candle { wish.fromTime = Int64(random.next() % 3) }
      let key = ServerSet.key(
        SubscriptionItem(typeName: type.name, symbol: wish.symbol, source: wish.source, fromTime: wish.fromTime))
      switch random.next() % 10 {
      case 0...3:
        try book.add(wish)
        wanted[key] = .some(wish.fromTime)
      case 4...6:
        book.remove(wish)
        wanted[key] = nil
      case 7...8:
        var out = ByteWriter()
        let items = Int(random.next() % 6) + 1
        let wrote = book.writeChunk(channel: 1, maximumBytes: 300, maximumItems: items, now: noTime, to: &out)
        if wrote == 0 { continue }
        let message = try server.apply(out.string)
        #expect(message.reset == mustReset, "seed \(seed)")
        mustReset = false
        #expect(message.add.count + message.remove.count == wrote && wrote <= items && out.count <= 300)
      default:
        if random.next() % 20 == 0 {
          book.forgetTold()
          mustReset = true
        }
      }
    }
    for chunk in drain(&book) { _ = try server.apply(chunk) }
    // A book with nothing wanted has nothing to say after a reconnect, and the new server holds nothing.
    if mustReset && wanted.isEmpty { server.items = [:] }
    #expect(server.items == wanted, "seed \(seed)")
    #expect(book.wantedCount == wanted.count && book.pendingCount == 0)
  }

  @Test("fifty thousand wishes go out in messages within both limits, each once")
  func many() throws {
    var book = SubscriptionBook()
    for i in 0..<50_000 { try book.add(Subscription(i % 2 == 0 ? .quote : .trade, "SYM\(i / 2)")) }
    book.forgetTold()
    var server = ServerSet()
    var items = 0
    for chunk in drain(&book) {
      #expect(chunk.utf8.count <= 8192)
      let message = try server.apply(chunk)
      #expect(message.add.count <= 200)
      items += message.add.count
    }
    #expect(items == 50_000 && server.items.count == 50_000)
  }
}

@Suite("The pace of subscriptions", .tags(.unit))
struct PaceTests {
  private func at(_ millis: Int64) -> MonotonicNanos { MonotonicNanos(rawValue: 7_000_000_000 + millis * 1_000_000) }

  @Test("no more chunks than allowed go out within an interval")
  func interval() {
    var clock = PaceClock(Pace(maximumItems: 10, chunksPerInterval: 2, intervalMillis: 100))
    for start: Int64 in [0, 100, 250] {
      for _ in 0..<2 {
        #expect(clock.room(at(start)) == 10)
        clock.sent(items: 10, at(start))
      }
      #expect(clock.room(at(start)) == 0)
      #expect(clock.nextTime == at(start + 100))
      #expect(clock.room(at(start + 99)) == 0)
    }
  }

  @Test("no 60 seconds see more changes than allowed")
  func minute() {
    var clock = PaceClock(
      Pace(maximumItems: 40, chunksPerInterval: 1, intervalMillis: 1000, changesPerMinute: 100))
    var sent: [(Int64, Int)] = []
    var now: Int64 = 0
    while now < 300_000 {
      let room = clock.room(at(now))
      if room > 0 {
        clock.sent(items: room, at(now))
        sent.append((now, room))
      } else {
        #expect(clock.nextTime > at(now))
      }
      now += 500
    }
    for (start, _) in sent {
      let inMinute = sent.filter { $0.0 >= start && $0.0 < start + 60_000 }.reduce(0) { $0 + $1.1 }
      #expect(inMinute <= 100)
    }
    #expect(sent.reduce(0) { $0 + $1.1 } == 500)
    #expect(sent.prefix(3).map(\.1) == [40, 40, 20])
  }
}
