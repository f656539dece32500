import Glibc
import TestSupport
import Testing

@Suite("quotewire collect", .tags(.system))
struct CollectTests {
  let folder = TemporaryFolder()

  private var environment: [String: String] { ["XDG_CACHE_HOME": folder.file("cache")] }

  private func collect(_ server: FeedServer, _ words: String...) throws -> Program.Ended {
    try start(["collect", "--url", server.url] + words, environment: environment).wait()
  }

  private static func answers(_ spec: String = "seed=1", delayMillis: Int = 0) throws -> FeedServer {
    try FeedServer(["--answers", spec, "--answer-delay", "\(delayMillis)"])
  }

  /// A table's rows by symbol, without the header.
  private static func rows(_ text: String) -> [[Substring]] {
    text.split(separator: "\n").dropFirst().map { $0.split(separator: " ") }
  }

  /// The number of the one connection that every size of a whole answer is from; nil for anything else. `prices` has
  /// symbol, bid, ask and last.
  private static func connection(_ table: String, _ prices: [[Substring]]) -> Int? {
    let rows = rows(table)
    guard rows.count == prices.count, let number = rows.first?[3] else { return nil }
    for (row, right) in zip(rows, prices) {
      guard row.count == 8, [row[0], row[1], row[2], row[5]] == right else { return nil }
      guard row[3] == number, row[4] == number, row[6] == number, row[7] == number else { return nil }
    }
    return Int(number)
  }

  /// What is right, from a run without the cache.
  private func prices(_ server: FeedServer, _ universe: String) throws -> [[Substring]] {
    let ended = try collect(server, universe, "--no-cache")
    try #require(ended.exitCode == 0, "\(ended)")
    return Self.rows(ended.text).map { [$0[0], $0[1], $0[2], $0[5]] }
  }

  @Test("a table from the feed, the same one from the cache, another after a refresh; the cache serves without a feed")
  func story() throws {
    let server = try Self.answers()
    let right = try prices(server, "sp500")
    #expect(right.count == 503)
    let first = try collect(server, "sp500")
    #expect(first.exitCode == 0 && Self.connection(first.text, right) == 2, "\(first)")
    #expect(first.errors.contains("503 symbols collected in "))
    let second = try collect(server, "sp500", "--max-age", "1h")
    #expect(second.exitCode == 0 && second.output == first.output, "\(second)")
    #expect(second.errors.contains("503 symbols from the cache, "))
    let third = try collect(server, "sp500", "--refresh", "--parallel", "100")
    #expect(Self.connection(third.text, right) == 3, "\(third)")
    try server.kill()
    for words in [["--offline"], ["--max-age", "1h"]] {
      let cached = try start(["collect", "sp500", "--url", server.url] + words, environment: environment).wait()
      #expect(cached.exitCode == 0 && cached.output == third.output, "\(words): \(cached)")
    }
    let stale = try collect(server, "sp500", "--max-age", "0")
    #expect(stale.exitCode == 1 && stale.output.isEmpty && stale.errors.contains("collecting anew"), "\(stale)")
    let absent = try collect(server, "dow30", "--offline")
    #expect(absent.exitCode == 1 && absent.errors.contains("not in the cache"), "\(absent)")
  }

  @Test("events go to CSV and NDJSON, from the feed and from the cache alike, with Greeks of a chain")
  func sinks() throws {
    let server = try Self.answers()
    let chain = ".SPY260116{C,P}{600..610:2.5}"
    for (name, words) in [("live", ["--refresh"]), ("kept", ["--offline"])] {
      let ended = try start(
        [
          "collect", chain, "--url", server.url, "--types", "Greeks,Quote", "--to", "csv:" + folder.file(name), "--to",
          "ndjson:" + folder.file(name + ".ndjson"),
        ] + words, environment: environment
      ).wait()
      #expect(ended.exitCode == 0 && ended.output.isEmpty, "\(ended)")
    }
    let rows = try JSONLines.objects(Places.read(folder.file("live.ndjson")) ?? [])
    #expect(rows.count == 20 && rows[0]["eventSymbol"] as? String == ".SPY260116C600")
    #expect(rows.prefix(2).map { $0["eventType"] as? String } == ["Quote", "Greeks"])
    #expect(sameFiles(folder.file("live.ndjson"), folder.file("kept.ndjson")))
    let names = Places.names(in: folder.file("live"))
    #expect(
      names.contains("Quote.csv") && names.contains("Greeks.csv") && names == Places.names(in: folder.file("kept")))
    for name in names { #expect(sameFiles(folder.file("live/" + name), folder.file("kept/" + name)), "\(name)") }
  }

  @Test("symbols without an answer are named; with --strict that is exit code 4, with none at all 1")
  func missing() throws {
    let server = try Self.answers("seed=1,silent=MMM+V")
    let ended = try collect(server, "dow30", "--for", "3")
    #expect(ended.exitCode == 0 && ended.lines.count == 31, "\(ended)")
    for type in ["Quote", "Trade"] { #expect(ended.errors.contains("no \(type) from 2 of 30 symbols: MMM, V\n")) }
    #expect(
      ended.lines.first { $0.hasPrefix("MMM ") }?.split(separator: " ") == ["MMM", "?", "?", "?", "?", "?", "?", "?"])
    // An incomplete answer is kept for those who would not wait longer.
    let again = try collect(server, "dow30", "--for", "3", "--strict")
    #expect(again.exitCode == 4 && again.output == ended.output && again.errors.contains("from the cache"), "\(again)")
    let none = try collect(server, "{MMM,V}", "--for", "0.2")
    #expect(none.exitCode == 1 && none.output.isEmpty && none.errors.contains("no symbol of "), "\(none)")
  }

  @Test("a signal ends it with what has come, and nothing incomplete is kept")
  func interrupted() throws {
    let server = try Self.answers("seed=1,silent=V")
    let program = try start(["collect", "{IBM,V}", "--url", server.url, "--sequential"], environment: environment)
    // Its lock is there once it asks the feed, with its signals in place a moment later.
    try waitUntil("the lock") { Places.names(in: folder.file("cache/quotewire")).contains { $0.hasSuffix(".lock") } }
    usleep(300_000)
    program.send(SIGINT)
    let ended = try program.wait()
    #expect(ended.exitCode == 130 || ended.signal == SIGINT, "\(ended)")
    #expect(!Places.names(in: folder.file("cache/quotewire")).contains { $0.hasSuffix(".snapshot") })
  }

  @Test("a damaged entry is said and collected anew", arguments: [0, 40, 5000])
  func damaged(place: Int) throws {
    let server = try Self.answers()
    #expect(try collect(server, "dow30").exitCode == 0)
    let cache = folder.file("cache/quotewire")
    let name = try #require(Places.names(in: cache).first { $0.hasSuffix(".snapshot") })
    var bytes = try #require(Places.read(cache + "/" + name))
    if place == 0 { bytes.removeLast(3) } else { bytes[place] ^= 0x20 }
    try write(bytes, to: cache + "/" + name)
    let ended = try collect(server, "dow30")
    #expect(ended.exitCode == 0 && ended.errors.contains("is damaged (") && ended.errors.contains("collecting anew"))
    let right = try prices(server, "dow30")
    #expect(Self.connection(ended.text, right) == 2, "\(ended)")
  }

  @Test("who is killed while it collects blocks nobody: the one that waits collects itself")
  func killedOwner() throws {
    // Long enough for all to be there before it has answered.
    let server = try Self.answers(delayMillis: 3000)
    let right = try prices(server, "dow30")
    let owner = try start(["collect", "dow30", "--url", server.url], environment: environment)
    try waitUntil("the lock") { Places.names(in: folder.file("cache/quotewire")).contains { $0.hasSuffix(".lock") } }
    let waiting = try (1...3).map { _ in try start(["collect", "dow30", "--url", server.url], environment: environment)
    }
    usleep(100_000)
    #expect(try owner.kill().signal == SIGKILL)
    let ended = try waiting.map { try $0.wait() }
    for end in ended {
      #expect(end.exitCode == 0 && end.output == ended[0].output && Self.connection(end.text, right) != nil, "\(end)")
    }
    #expect(ended.count { $0.errors.contains("collected in") } == 1)
  }

  /// One of many.
  private struct Runner {
    let program: Program
    /// Takes what the cache has, however old.
    let isPlain: Bool
    /// Starts of others until it is killed; nil for one that lives.
    var killAfter: Int?
  }

  @Test("of 200 at once on one cache, some killed, none gives a torn or wrong answer, and few ask the feed")
  func many() throws {
    // Slow enough for most of them to wait for the first answers together.
    let server = try Self.answers(delayMillis: 1000)
    let right = try prices(server, "sp500")
    var random = SeededRandom(seed: 11)
    var running: [Runner] = []
    for number in 0..<200 {
      let isPlain = number % 20 != 7 && number % 10 != 3
      let age = number % 20 == 7 ? ["--refresh"] : ["--max-age", isPlain ? "1h" : "0.05"]
      let program = try start(["collect", "sp500", "--url", server.url] + age, environment: environment)
      // The first one collects, and dies of it.
      let killAfter = number == 0 ? 40 : number % 5 == 1 ? Int.random(in: 0...60, using: &random) : nil
      running.append(Runner(program: program, isPlain: isPlain, killAfter: killAfter))
      for i in running.indices {
        guard let starts = running[i].killAfter else { continue }
        if starts == 0 { running[i].program.send(SIGKILL) }
        running[i].killAfter = max(0, starts - 1)
      }
    }
    var tables = Set<[UInt8]>()
    var (whole, killed, plainCollections) = (0, 0, 0)
    for runner in running {
      if runner.killAfter != nil { runner.program.send(SIGKILL) }
      let ended = try runner.program.wait()
      if ended.signal == SIGKILL {
        killed += 1
        continue
      }
      #expect(ended.exitCode == 0 && !ended.errors.contains("damaged"), "\(ended)")
      whole += 1
      if runner.isPlain && ended.errors.contains("collected in") { plainCollections += 1 }
      tables.insert(ended.output)
    }
    var connections = Set<Int>()
    for table in tables {
      let connection = Self.connection(String(decoding: table, as: UTF8.self), right)
      #expect(connection != nil, "\(String(decoding: table, as: UTF8.self).prefix(2000))")
      connections.insert(connection ?? 0)
    }
    #expect(whole >= 150 && killed > 0 && connections.count == tables.count, "\(whole) whole, \(killed) killed")
    // Only while there is no entry yet: the first, and who takes over from one that was killed.
    #expect(plainCollections <= 1 + killed, "\(plainCollections) collections, \(killed) killed")
    #expect(tables.count < 50, "\(tables.count) collections for \(whole) answers")
    let last = try collect(server, "sp500", "--refresh")
    #expect(last.exitCode == 0)
    let names = Places.names(in: folder.file("cache/quotewire"))
    #expect(names.count == 2 && names.count { $0.hasSuffix(".snapshot") } == 1, "\(names)")
  }
}
