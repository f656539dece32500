import Bytes
import Market
import TestSupport
import Testing

@testable import DXLink

@Suite("The window of snapshots", .tags(.unit))
struct SnapshotWindowTests {
  private func at(_ seconds: Double) -> MonotonicNanos {
    MonotonicNanos(rawValue: 5_000_000_000).advanced(bySeconds: seconds)
  }

  @Test("room comes by an end or by time, the oldest first")
  func room() {
    var window = SnapshotWindow(limit: 2, limitSeconds: 30)
    window.begin(7, at(0))
    window.begin(8, at(10))
    #expect(window.count == 2 && !window.hasRoom && window.nextDeadline == at(30))
    #expect(!window.end(9) && window.end(7) && !window.end(7) && window.hasRoom && window.nextDeadline == at(40))
    // One that is asked for again begins anew.
    window.begin(8, at(20))
    #expect(window.count == 1 && window.nextDeadline == at(50))
    #expect(!window.expire(at(49.9)) && window.expire(at(50)) && window.count == 0)
    #expect(window.nextDeadline == .distantFuture)
  }

  private func candle(_ number: Int) -> Subscription { Subscription(.candle, "S\(number){=d}", fromTime: 5) }

  /// Symbols of the next message.
  private func told(_ book: inout SubscriptionBook, _ seconds: Double) throws -> [String] {
    var out = ByteWriter()
    guard book.writeChunk(channel: 1, maximumBytes: 8192, maximumItems: 200, now: at(seconds), to: &out) > 0 else {
      return []
    }
    guard case .feedSubscription(_, let message) = try read(out.string) else { return ["?"] }
    return message.add.map(\.symbol)
  }

  @Test("candles wait for the snapshots before them, other topics do not")
  func gate() throws {
    var book = SubscriptionBook(window: SnapshotWindow(limit: 2, limitSeconds: 30))
    for number in 0..<5 { try book.add(candle(number)) }
    try book.add(Subscription(.quote, "Q"))
    try book.add(Subscription(.candle, "LIVE{=d}"))
    #expect(try told(&book, 0) == ["S0{=d}", "S1{=d}", "Q", "LIVE{=d}"])
    #expect(try told(&book, 1) == [] && book.counts.pending == 3)
    book.snapshotEnded(.candle, "S1{=1d}")
    #expect(try told(&book, 2) == ["S2{=d}"])
    // A removal makes room as an end does; one that waits has none to give.
    book.remove(candle(4))
    #expect(try told(&book, 3) == [])
    book.remove(candle(0))
    #expect(try told(&book, 4) == ["S3{=d}"])
    #expect(book.counts.pending == 0 && book.counts.sent == 5 && book.window?.count == 2)
  }

  @Test("a snapshot that never ends holds the others up for its time only")
  func expiry() throws {
    var book = SubscriptionBook(window: SnapshotWindow(limit: 1, limitSeconds: 30))
    for number in 0..<3 { try book.add(candle(number)) }
    #expect(try told(&book, 0) == ["S0{=d}"])
    book.expireSnapshots(at(29))
    #expect(try told(&book, 29) == [])
    book.expireSnapshots(at(30))
    #expect(try told(&book, 30) == ["S1{=d}"])
    // A new connection begins with an empty window, and asks for all again.
    book.forgetTold()
    #expect(try told(&book, 31) == ["S0{=d}"])
    book.snapshotEnded(.candle, "S0{=d}")
    #expect(try told(&book, 32) == ["S1{=d}"])
  }
}
