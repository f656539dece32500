import Glibc
import TestSupport
import Testing

/// The figures of `--stats` about topics and lanes.
private struct LaneFigures {
  struct Lane {
    var gaps = 0
    var reconnects = 0
    var events = 0
    var wanted = 0
    var live = 0
  }

  let topics: [String: Any]
  let lanes: [Lane]

  init(file: String) throws {
    let object = try #require(try JSONLines.objects(file: file).first)
    topics = try #require(object["topics"] as? [String: Any])
    lanes = try #require(object["lanes"] as? [[String: Any]]).map { lane in
      let topics = lane["topics"] as? [String: Any]
      return Lane(
        gaps: lane["gaps"] as? Int ?? -1, reconnects: lane["reconnects"] as? Int ?? -1,
        events: lane["events"] as? Int ?? -1, wanted: topics?["wanted"] as? Int ?? -1,
        live: topics?["live"] as? Int ?? -1)
    }
  }

  func count(_ state: String) -> Int { topics[state] as? Int ?? -1 }
}

@Suite("Lanes and shards", .tags(.system))
struct LaneTests {
  let folder = TemporaryFolder()

  private static let lanes = 4
  private static let token = "5a7b-not-for-print"
  /// What is told counts as live when it was not refused for five seconds.
  private static let confirmedMicros: UInt32 = 6_000_000

  /// The hash of docs/scale.md.
  private static func hash(_ symbol: String, _ seed: UInt64) -> UInt64 {
    var z: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in symbol.utf8 { z = (z ^ UInt64(byte)) &* 0x100_0000_01B3 }
    z ^= seed
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }

  private func lineCount(_ path: String) -> Int { (Places.read(path) ?? []).count { $0 == 0x0A } }

  /// Events by the last line of progress.
  private func events(_ client: Program) -> Int {
    let words = client.errorsSoFar.split(whereSeparator: { $0 == " " || $0 == "\n" })
    guard let at = words.lastIndex(of: "events"), at > 0 else { return 0 }
    return Int(words[at - 1]) ?? 0
  }

  /// Stops a run in good order.
  private func stop(_ client: Program) throws -> Program.Ended {
    client.send(SIGINT)
    return try client.wait()
  }

  @Test("four lanes whose budgets hold exactly all topics have every one of them past all limits of the server")
  func exact() throws {
    let server = try FeedServer([
      "--answers", "seed=1", "--token", Self.token, "--limits",
      "topics=1500,changes=1500,message-topics=200,sessions=\(Self.lanes)",
    ])
    try write((0..<3000).map { "SYM\($0)" }.joined(separator: "\n"), to: folder.file("symbols"))
    try write(Self.token, to: folder.file("token"))
    let client = try start([
      "ingest", "--url", server.url, "--token-file", folder.file("token"), "--symbols-file", folder.file("symbols"),
      "--types", "Quote,Trade", "--lanes", "\(Self.lanes)", "--topics-per-lane", "1500", "--changes-per-minute",
      "1500", "--strict", "--interval", "0.1", "--to", "ndjson:" + folder.file("rows"), "--stats", folder.file("stats"),
    ])
    try waitUntil("an answer to each topic: \(client.errorsSoFar)", limitSeconds: 60) {
      if client.hasEnded { throw Trouble("the client ended: \(try client.wait())") }
      return events(client) >= 6000
    }
    usleep(Self.confirmedMicros)
    let ended = try stop(client)
    #expect(ended.exitCode == 130 && !ended.errors.contains("refused"), "\(ended)")
    let figures = try LaneFigures(file: folder.file("stats"))
    let counts = ["wanted", "live", "pending", "sent", "refused", "unplaced"].map { figures.count($0) }
    #expect(counts == [6000, 6000, 0, 0, 0, 0])
    #expect(figures.lanes.map(\.live) == [1500, 1500, 1500, 1500])
    #expect(figures.lanes.map(\.gaps) == [0, 0, 0, 0] && figures.lanes.map(\.events) == [1500, 1500, 1500, 1500])
    #expect(try topics(folder.file("rows")).count == 6000)
  }

  /// Type and symbol of each row.
  private func topics(_ path: String) throws -> Set<String> {
    Set(try JSONLines.objects(file: path).compactMap(Self.topic))
  }

  private static func topic(_ row: [String: Any]) -> String? {
    guard let type = row["eventType"] as? String, let symbol = row["eventSymbol"] as? String else { return nil }
    return type + " " + symbol
  }

  /// Symbols of a generated market.
  private func symbols(_ spec: String) throws -> [String] {
    let sample = folder.file("sample.qwr")
    let made = try quotewire("generate", spec + ",duration=3s,rate=20000", sample)
    guard made.exitCode == 0 else { throw Trouble("no sample of the market: \(made)") }
    var symbols = Set<String>()
    for row in try JSONLines.objects(try replay([sample], ["--to", "ndjson:-"]).ended.output) {
      if let symbol = row["eventSymbol"] as? String { symbols.insert(symbol) }
    }
    return symbols.sorted()
  }

  @Test("each lane in turn loses its connection and comes back with its symbols, while the others go on", .tags(.slow))
  func killed() throws {
    let spec = "seed=81,symbols=2000,zipf=0,mix=Quote:1/Trade:1"
    let symbols = try symbols(spec)
    try #require(symbols.count > 1800)
    let home = Dictionary(uniqueKeysWithValues: symbols.map { ($0, Int(Self.hash($0, 2) % UInt64(Self.lanes))) })
    let faults = (1...Self.lanes).flatMap { ["--fault", "drop-tcp=after:\($0 * 40),connection:\($0)"] }
    let server = try FeedServer(
      ["--generate", spec + ",rate=4000", "--limits", "topics=1200,changes=3000,message-topics=200"] + faults)
    try write(symbols.joined(separator: "\n"), to: folder.file("symbols"))
    let client = try start([
      "ingest", "--url", server.url, "--symbols-file", folder.file("symbols"), "--types", "Quote,Trade", "--lanes",
      "\(Self.lanes)", "--topics-per-lane", "1200", "--to", "ndjson:" + folder.file("rows"), "--stats",
      folder.file("stats"), "--record", folder.file("session.qwr"), "--interval", "0.1",
    ])
    try waitUntil("each lane is back: \(client.errorsSoFar)", limitSeconds: 120) {
      if client.hasEnded { throw Trouble("the client ended: \(try client.wait())") }
      let lines = client.errorsSoFar.split(separator: "\n")
      return lines.count { $0.contains("connecting again in") } >= Self.lanes
        && lines.last { $0.contains("lanes streaming") || $0.contains("connecting again in") }?
          .contains("\(Self.lanes)/\(Self.lanes) lanes streaming") == true
    }
    usleep(Self.confirmedMicros)
    #expect(try stop(client).exitCode == 130)
    let figures = try LaneFigures(file: folder.file("stats"))
    #expect(figures.lanes.map(\.gaps) == [1, 1, 1, 1] && figures.lanes.map(\.reconnects) == [1, 1, 1, 1])
    #expect(figures.count("live") == symbols.count * 2 && figures.count("wanted") == symbols.count * 2)
    let sizes = (0..<Self.lanes).map { lane in home.values.count { $0 == lane } }
    #expect(figures.lanes.map(\.wanted) == sizes.map { $0 * 2 })
    try judgeRows(home, sizes)
    let again = try replay([folder.file("session.qwr")], ["--to", "null:"])
    let live = try Figures(file: folder.file("stats"))
    #expect(live.isBalanced && again.figures.digest == live.digest && again.figures.gaps == Self.lanes)
  }

  /// One gap a lane, in which each other lane has events, and behind which each of its topics does.
  private func judgeRows(_ home: [String: Int], _ sizes: [Int]) throws {
    var gaps: [(lane: Int, from: Int, to: Int)] = []
    let rows = try JSONLines.objects(file: folder.file("rows"))
    for row in rows where row["eventType"] as? String == "Gap" {
      let lane = try #require(row["lane"] as? Int)
      #expect(row["reason"] as? String == "connectionLost" && row["topics"] as? Int == sizes[lane] * 2)
      gaps.append((lane, try #require(row["fromNanos"] as? Int), try #require(row["toNanos"] as? Int)))
    }
    #expect(gaps.map(\.lane).sorted() == Array(0..<Self.lanes))
    var during = [[Int]](repeating: [Int](repeating: 0, count: Self.lanes), count: gaps.count)
    var behind = [Set<String>](repeating: [], count: gaps.count)
    for row in rows {
      guard let topic = Self.topic(row), let symbol = row["eventSymbol"] as? String,
        let time = row["receivedNanos"] as? Int, let lane = home[symbol]
      else { continue }
      for (number, gap) in gaps.enumerated() {
        if time > gap.from, time < gap.to { during[number][lane] += 1 }
        if time >= gap.to, lane == gap.lane { behind[number].insert(topic) }
      }
    }
    for (number, gap) in gaps.enumerated() {
      for lane in 0..<Self.lanes {
        #expect((during[number][lane] == 0) == (lane == gap.lane), "gap of lane \(gap.lane): \(during[number])")
      }
      #expect(behind[number].count == sizes[gap.lane] * 2, "gap of lane \(gap.lane)")
    }
  }

  @Test("three processes with a shard each have every topic exactly once, by the documented hash")
  func shards() throws {
    let server = try FeedServer(["--answers", "seed=1"])
    let symbols = (0..<500).map { "SHARE\($0)" }
    try write(symbols.joined(separator: "\n"), to: folder.file("symbols"))
    let clients = try (1...3).map { shard in
      try start([
        "ingest", "--url", server.url, "--symbols-file", folder.file("symbols"), "--types", "Quote,Trade", "--shard",
        "\(shard)/3", "--lanes", "2", "--interval", "0.1", "--to", "ndjson:" + folder.file("rows\(shard)"), "--stats",
        folder.file("stats\(shard)"),
      ])
    }
    try waitUntil("an answer to each topic: \(clients.map(\.errorsSoFar))", limitSeconds: 60) {
      clients.reduce(0) { $0 + events($1) } >= 1000
    }
    var all: Set<String> = []
    for (shard, client) in zip(1...3, clients) {
      #expect(try stop(client).exitCode == 130)
      let mine = symbols.filter { Self.hash($0, 1) % 3 == UInt64(shard - 1) }
      let expected = Set(mine.flatMap { ["Quote " + $0, "Trade " + $0] })
      #expect(try topics(folder.file("rows\(shard)")) == expected && all.isDisjoint(with: expected))
      #expect(lineCount(folder.file("rows\(shard)")) == expected.count, "each topic has one answer")
      let figures = try LaneFigures(file: folder.file("stats\(shard)"))
      #expect(figures.count("wanted") == expected.count && figures.lanes.count == 2)
      all.formUnion(expected)
    }
    #expect(all.count == 1000)
  }
}
