import Bytes
import Glibc
import IO
import Market
import TestSupport
import Testing

@testable import Collect

@Suite("The cache of snapshots", .tags(.unit))
struct SnapshotCacheTests {
  private let temporary = TemporaryFolder()
  private var cache: SnapshotCache { SnapshotCache(folder: temporary.file("a/b/quotewire")) }

  private static func key(_ source: String = "ws://h/", _ symbols: [String] = ["A", "B"]) -> SnapshotKey {
    SnapshotKey(source: source, types: [.profile, .trade, .quote], symbols: symbols)
  }

  private func store(_ key: SnapshotKey, number: Double = 1) throws {
    let file = Made.file(source: key.source)
    try unsafe cache.store(Made.bytes(file, Made.snapshot(key.symbols, number: number)).span.bytes, key)
  }

  private func words(_ found: consuming SnapshotCache.Found) -> String {
    switch consume found {
    case .absent: return "absent"
    case .foreign: return "foreign"
    case .damaged(let reason): return reason
    case .whole(let kept): return "\(kept.snapshot.event(0, 0)?.event(as: Quote.self)?.bidPrice ?? 0)"
    }
  }

  @Test("an entry is found again, by feed, types in any order and symbols in theirs, and for its owner alone")
  func entries() throws {
    #expect(words(cache.look(Self.key())) == "absent")
    try store(Self.key(), number: 4)
    #expect(words(cache.look(Self.key())) == "4.0")
    for other in [Self.key("ws://i/"), Self.key("ws://h/", ["B", "A"]), Self.key("ws://h/", ["A"])] {
      #expect(cache.path(other) != cache.path(Self.key()) && words(cache.look(other)) == "absent")
    }
    try store(Self.key(), number: 5)
    #expect(words(cache.look(Self.key())) == "5.0")
    #expect(Files.mode(cache.folder) == 0o700 && Files.mode(cache.path(Self.key())) == 0o600)
    #expect(Places.names(in: cache.folder).count == 1)
  }

  @Test("an entry that lies under another's name is no answer")
  func foreign() throws {
    try store(Self.key())
    let other = Self.key("ws://i/")
    try Files.write(try #require(Places.read(cache.path(Self.key()))), to: cache.path(other))
    #expect(words(cache.look(other)) == "foreign")
  }

  @Test("a damaged entry is named with its file and reason")
  func damaged() throws {
    try store(Self.key())
    let path = cache.path(Self.key())
    var bytes = try #require(Places.read(path))
    bytes[100] ^= 1
    try Files.write(bytes, to: path)
    #expect(words(cache.look(Self.key())) == "the cache's file \(path) is damaged (its checksum is wrong)")
    try Files.write([], to: path)
    #expect(words(cache.look(Self.key())).contains("cut off after 0 bytes"))
  }

  @Test("the lock is one process's and goes with its value")
  func lock() throws {
    func isFree() throws -> Bool {
      let lock = try cache.lock(Self.key())
      return lock != nil
    }
    do {
      let held = try cache.lock(Self.key())
      let isHeld = held != nil
      #expect(try isHeld && !isFree())
      #expect(try cache.lock(Self.key("ws://i/")) != nil)
      _ = consume held
    }
    #expect(try isFree())
    #expect(Files.mode(String(cache.path(Self.key()).dropLast(9)) + ".lock") == 0o600)
  }

  @Test("beyond the limit the oldest entries go with their locks, and so does what dead writers left")
  func prune() throws {
    for i in 0..<SnapshotCache.maximumEntries {
      let key = Self.key("ws://\(i)/")
      try store(key)
      _ = try cache.lock(key)
      // Older than what comes next, whatever the clock's resolution.
      var times = [timespec(tv_sec: 1_000_000 + i, tv_nsec: 0), timespec(tv_sec: 1_000_000 + i, tv_nsec: 0)]
      unsafe utimensat(AT_FDCWD, cache.path(key), &times, 0)
    }
    // No process has the largest number.
    try Files.write("torn", to: cache.path(Self.key("ws://5/")) + ".tmp-4194305")
    try Files.write("alive", to: cache.path(Self.key("ws://5/")) + ".tmp-\(getpid())")
    try store(Self.key("ws://new/"))
    let names = Places.names(in: cache.folder)
    #expect(names.count { $0.hasSuffix(".snapshot") } == SnapshotCache.maximumEntries)
    #expect(names.count { $0.hasSuffix(".lock") } == SnapshotCache.maximumEntries - 1)
    #expect(words(cache.look(Self.key("ws://0/"))) == "absent")
    #expect(words(cache.look(Self.key("ws://1/"))) == "1.0" && words(cache.look(Self.key("ws://new/"))) == "1.0")
    #expect(names.filter { $0.contains(".tmp-") }.map { $0.hasSuffix("-\(getpid())") } == [true])
  }

  @Test(
    "the folder is that of the XDG specification, which takes absolute paths alone",
    arguments: [
      ("/c", "/h", "/c/quotewire"), (nil, "/h", "/h/.cache/quotewire"), ("", "/h", "/h/.cache/quotewire"),
      ("c", "/h", "/h/.cache/quotewire"), (nil, nil, nil), ("c", "h", nil), ("/c", nil, "/c/quotewire"),
    ] as [(String?, String?, String?)])
  func folder(cacheHome: String?, home: String?, folder: String?) {
    #expect(SnapshotCache.standardFolder(cacheHome: cacheHome, home: home) == folder)
  }
}
