import Bytes
import Market
import Metrics
import Rings
import TestSupport
import Testing

@testable import Watch

/// Events of a lane as its thread would hand them over.
struct Feed: ~Copyable {
  var batch = EventBatch(capacity: 256)
  var texts = TextTable()

  mutating func quote(_ symbol: String, bid: Double, ask: Double, received: Int64 = 0, bidTime: Int64 = 0) {
    var quote = Quote()
    quote.head.symbol = texts.intern(symbol) ?? TextID(rawValue: 0)
    quote.bidPrice = bid
    quote.askPrice = ask
    quote.bidSize = 3
    quote.receivedNanos = received
    quote.bidTime = bidTime
    _ = batch.append(quote)
  }

  mutating func trade(_ symbol: String, price: Double) {
    var trade = Trade()
    trade.head.symbol = texts.intern(symbol) ?? TextID(rawValue: 0)
    trade.price = price
    trade.size = 40
    _ = batch.append(trade)
  }
}

@Suite("What a lane notes", .tags(.unit))
struct LaneWatchTests {
  @Test("the table has the last quote and trade of each symbol, and counts by symbol and type")
  func figures() throws {
    var feed = Feed()
    feed.quote("A", bid: 1, ask: 2)
    feed.trade("B", price: 9)
    feed.quote("A", bid: 1.5, ask: 2.5)
    feed.trade("A", price: 2)
    let watch = LaneWatch(wantsSymbols: true, measuresLag: true)
    watch.take(feed.batch, feed.texts.store)
    let rows = try #require(watch.symbols).rows
    #expect(rows.map(\.name) == ["A", "B"] && rows.map(\.events) == [3, 1])
    #expect(rows[0].bid == 1.5 && rows[0].ask == 2.5 && rows[0].bidSize == 3 && rows[0].last == 2)
    #expect(rows[1].last == 9 && rows[1].lastSize == 40 && rows[1].bid.isNaN)
    #expect(watch.types[EventType.quote.index].events == 2 && watch.types[EventType.trade.index].events == 2)
    #expect(watch.types[EventType.quote.index].lastArrival != nil)
    #expect(watch.types[EventType.summary.index] == TypeFigures())
  }

  @Test("symbols beyond the limit are counted together")
  func limit() {
    var feed = Feed()
    for name in ["A", "B", "C", "A", "C"] { feed.trade(name, price: 1) }
    var table = SymbolTable(limit: 2)
    let store = feed.texts.store
    feed.batch.forEach { event in table.take(event, .trade, store) }
    #expect(table.rows.map(\.events) == [2, 1] && table.eventsBeyond == 2)
  }

  @Test("lag is arrival minus the event's own time; events without one, and old ones, have none; never negative")
  func lag() {
    var feed = Feed()
    let now: Int64 = 1_772_461_800_000
    feed.quote("A", bid: 1, ask: 2, received: now * 1_000_000, bidTime: now - 2)
    feed.quote("A", bid: 1, ask: 2, received: now * 1_000_000, bidTime: now + 5)
    feed.quote("A", bid: 1, ask: 2, received: now * 1_000_000)
    feed.quote("A", bid: 1, ask: 2, received: now * 1_000_000, bidTime: now - 3_600_001)
    let watch = LaneWatch(wantsSymbols: false, measuresLag: true)
    watch.take(feed.batch, feed.texts.store)
    let snapshot = watch.lag.snapshot()
    #expect(snapshot.count == 2 && snapshot.percentile(50) == 0)
    #expect(snapshot.max == 2_000_000)
    let replay = LaneWatch(wantsSymbols: false, measuresLag: false)
    replay.take(feed.batch, feed.texts.store)
    #expect(replay.lag.snapshot().count == 0 && replay.symbols == nil)
  }
}

@Suite("Alarms about quiet feeds", .tags(.unit))
struct StaleAlarmTests {
  private func time(_ seconds: Double) -> MonotonicNanos { MonotonicNanos(rawValue: Int64((1000 + seconds) * 1e9)) }

  @Test("a type that goes quiet is told once, counted, and told again when it comes back")
  func quiet() {
    var alarms = StaleAlarms([.quote: 5, .trade: 60])
    var lasts = [MonotonicNanos?](repeating: nil, count: EventType.count)
    #expect(alarms.advance(time(0), lastArrivals: lasts) == [])
    lasts[EventType.quote.index] = time(1)
    #expect(alarms.advance(time(6), lastArrivals: lasts) == [])
    #expect(alarms.advance(time(6.5), lastArrivals: lasts) == ["no Quote event has come for 5.5 s"])
    #expect(alarms.advance(time(9), lastArrivals: lasts) == [])
    #expect(alarms.standing == ["no Quote event for 8 s (allowed: 5 s)"])
    lasts[EventType.quote.index] = time(11)
    #expect(alarms.advance(time(11), lastArrivals: lasts) == ["Quote events come again, after 10 s"])
    #expect(alarms.standing.isEmpty)
    #expect(alarms.types[0].alarms == 1 && alarms.types[0].staleSeconds == 10)
    // A type that never came at all is quiet since the beginning.
    #expect(alarms.advance(time(61), lastArrivals: lasts).contains("no Trade event has come for 61 s"))
  }

  @Test("without limits nothing is ever stale")
  func none() {
    var alarms = StaleAlarms([:])
    #expect(alarms.advance(time(1e6), lastArrivals: Array(repeating: nil, count: EventType.count)).isEmpty)
  }
}
