import Bytes
import IO
import Market
import Rings
import Synchronization
import TestSupport
import Testing

@testable import Collect

/// Sentences that were said.
private final class Said: Sendable {
  private let all = Mutex<[String]>([])
  func add(_ text: String) { all.withLock { $0.append(text) } }
  var texts: [String] { all.withLock { $0 } }
}

@Suite("Answers from the cache or from the feed", .tags(.unit))
struct CachedCollectionTests {
  private let temporary = TemporaryFolder()
  private let said = Said()
  private var cache: SnapshotCache { SnapshotCache(folder: temporary.file("quotewire")) }
  private static let key = SnapshotKey(source: "ws://h/", types: [.quote, .trade, .profile], symbols: ["A", "B"])
  private static let second: Int64 = 1_000_000_000

  /// An entry that was collected so many seconds ago.
  private func keep(
    ageSeconds: Int64, tookSeconds: Int64 = 0, number: Double, limitMillis: UInt32 = 10_000
  ) throws {
    let started = WallNanos(rawValue: WallNanos.now().rawValue - ageSeconds * Self.second)
    var file = Made.file(started: started, limitMillis: limitMillis)
    file.started = WallNanos(rawValue: started.rawValue - tookSeconds * Self.second)
    try unsafe cache.store(Made.bytes(file, Made.snapshot(["A", "B"], number: number)).span.bytes, Self.key)
  }

  /// The first bid of an answer, and whether the feed was asked; the feed's bid is 100.
  private func ask(
    _ freshness: Freshness, limitMillis: UInt32 = 10_000, cached: Bool = true, interrupted: Bool = false,
    empty: Bool = false
  ) throws(CollectError) -> (bid: Double, asked: Bool) {
    let said = said
    let collection = CachedCollection(
      cache: cached ? cache : nil, key: Self.key, freshness: freshness, limitMillis: limitMillis, say: { said.add($0) })
    var asked = false
    let answer = try collection.answer { () throws(CollectError) -> Collected in
      asked = true
      let now = WallNanos.now()
      let snapshot =
        empty ? Snapshot(types: Self.key.types, symbols: Self.key.symbols) : Made.snapshot(["A", "B"], number: 100)
      return Collected(snapshot: snapshot, started: now, ended: now, wasInterrupted: interrupted, seconds: 0)
    }
    let bid = answer.snapshot.event(0, 0)?.event(as: Quote.self)?.bidPrice ?? 0
    check((answer.ageSeconds == nil) == asked)
    if let trouble = answer.finish() { said.add(trouble) }
    return (bid, asked)
  }

  @Test("a first question is answered by the feed, the next one by the cache")
  func first() throws {
    #expect(try ask(.maximumAge(seconds: 60)) == (100, true))
    #expect(try ask(.maximumAge(seconds: 60)) == (100, false))
    #expect(try ask(.offline(maximumSeconds: nil)) == (100, false))
    #expect(said.texts.isEmpty)
  }

  @Test("within the age it is the cache's, beyond it the feed's, and that is said")
  func age() throws {
    try keep(ageSeconds: 30, number: 1)
    #expect(try ask(.maximumAge(seconds: 60)) == (1, false))
    #expect(said.texts.isEmpty)
    #expect(try ask(.maximumAge(seconds: 29)) == (100, true))
    #expect(said.texts.count == 1 && said.texts[0].contains("s old, the most is 29 s; collecting anew"))
    #expect(try ask(.maximumAge(seconds: 29)) == (100, false))
  }

  @Test("the age counts from the end of a long collection, a refresh from its beginning")
  func long() throws {
    try keep(ageSeconds: 30, tookSeconds: 100, number: 1)
    #expect(try ask(.maximumAge(seconds: 60)) == (1, false))
    try keep(ageSeconds: -1, tookSeconds: 100, number: 1)
    #expect(try ask(.refresh) == (100, true))
  }

  @Test("an age of nothing, and a refresh, are always the feed's")
  func refresh() throws {
    try keep(ageSeconds: 0, number: 1)
    #expect(try ask(.refresh) == (100, true))
    #expect(try ask(.maximumAge(seconds: 0)) == (100, true))
  }

  @Test("offline never asks the feed: old ones serve, but not beyond an age that was given")
  func offline() throws {
    try keep(ageSeconds: 100_000, number: 1)
    #expect(try ask(.offline(maximumSeconds: nil)) == (1, false))
    #expect(try ask(.offline(maximumSeconds: 200_000)) == (1, false))
    #expect { try ask(.offline(maximumSeconds: 60)) } throws: {
      "\($0)".contains("s old, the most is 60 s; without --offline")
    }
  }

  @Test("offline without an entry, with a damaged one or without a cache is an error that says so")
  func offlineWithout() throws {
    #expect { try ask(.offline(maximumSeconds: nil)) } throws: { "\($0)".contains("is not in the cache") }
    #expect { try ask(.offline(maximumSeconds: nil), cached: false) } throws: { "\($0)".contains("XDG_CACHE_HOME") }
    try keep(ageSeconds: 1, number: 1)
    try Files.write("QWSNAP01", to: cache.path(Self.key))
    #expect { try ask(.offline(maximumSeconds: nil)) } throws: { "\($0)".contains("is damaged (it is cut off") }
  }

  @Test("a damaged entry is said and collected anew, and is whole again")
  func damaged() throws {
    try keep(ageSeconds: 1, number: 1)
    var bytes = try #require(Places.read(cache.path(Self.key)))
    bytes[bytes.count / 2] ^= 0x40
    try Files.write(bytes, to: cache.path(Self.key))
    #expect(try ask(.maximumAge(seconds: 60)) == (100, true))
    #expect(said.texts.count == 1 && said.texts[0].hasSuffix("is damaged (its checksum is wrong); collecting anew"))
    #expect(try ask(.maximumAge(seconds: 60)) == (100, false))
  }

  @Test("an entry from the future is stale: a clock was set back")
  func future() throws {
    try keep(ageSeconds: -3600, number: 1)
    #expect(try ask(.maximumAge(seconds: 60)) == (100, true))
    #expect(said.texts.count == 1 && said.texts[0].contains("from the future"))
  }

  @Test("an incomplete entry serves those who would not wait longer for it")
  func incomplete() throws {
    try keep(ageSeconds: 1, number: 1, limitMillis: 5_000)
    #expect(try ask(.maximumAge(seconds: 60), limitMillis: 5_000) == (1, false))
    #expect(try ask(.maximumAge(seconds: 60), limitMillis: 1_000) == (1, false))
    #expect(try ask(.maximumAge(seconds: 60), limitMillis: 5_001) == (100, true))
    try keep(ageSeconds: 1, number: 1, limitMillis: 5_000)
    #expect(try ask(.maximumAge(seconds: 60), limitMillis: 0) == (100, true))
    try keep(ageSeconds: 1, number: 1, limitMillis: 0)
    #expect(try ask(.maximumAge(seconds: 60), limitMillis: 5_001) == (1, false))
  }

  @Test("what was interrupted or brought nothing is not kept")
  func notKept() throws {
    #expect(try ask(.maximumAge(seconds: 60), interrupted: true) == (100, true))
    #expect(try ask(.maximumAge(seconds: 60), empty: true) == (0, true))
    #expect(try ask(.maximumAge(seconds: 60)) == (100, true))
  }

  @Test("a folder that cannot be made costs the cache, not the answer")
  func unusable() throws {
    try Files.write("a file", to: temporary.file("quotewire"))
    #expect(try ask(.maximumAge(seconds: 60)) == (100, true))
    #expect(said.texts.contains { $0.contains("the cache is not used") }, "\(said.texts)")
  }

  @Test("who finds the lock taken waits, and is served what its holder collected")
  func waits() throws {
    guard let lock = try cache.lock(Self.key) else {
      Issue.record("nobody holds the lock")
      return
    }
    let held = Handover(lock)
    let cache = cache
    let file = Made.file(started: WallNanos(rawValue: WallNanos.now().rawValue))
    let bytes = Made.bytes(file, Made.snapshot(["A", "B"], number: 9))
    let holder = try WorkerThread("holder") {
      let lock = held.take()
      Pause.sleep(nanos: 20_000_000)
      try? unsafe cache.store(bytes.span.bytes, Self.key)
      _ = consume lock
    }
    #expect(try ask(.maximumAge(seconds: 60)) == (9, false))
    holder.join()
    #expect(said.texts.isEmpty)
  }

  @Test("who waits for a holder that fails collects itself")
  func holderFails() throws {
    guard let lock = try cache.lock(Self.key) else {
      Issue.record("nobody holds the lock")
      return
    }
    let held = Handover(lock)
    let holder = try WorkerThread("holder") {
      let lock = held.take()
      Pause.sleep(nanos: 20_000_000)
      _ = consume lock
    }
    #expect(try ask(.maximumAge(seconds: 60)) == (100, true))
    holder.join()
  }
}
