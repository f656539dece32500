import Glibc
import TestSupport
import Testing

/// A row of `book` or of `--dom-to`.
private struct DepthRow {
  var type = ""
  var symbol = ""
  var sources: [String] = []
  var state: String?
  var isSnapshot = false
  var bids: [(price: Double, size: Double)] = []
  var asks: [(price: Double, size: Double)] = []

  init(_ object: [String: Any]) {
    type = object["eventType"] as? String ?? ""
    symbol = object["eventSymbol"] as? String ?? ""
    sources = object["sources"] as? [String] ?? []
    state = object["state"] as? String
    isSnapshot = object["snapshot"] as? Bool ?? false
    bids = Self.levels(object["bids"])
    asks = Self.levels(object["asks"])
  }

  private static func levels(_ value: Any?) -> [(price: Double, size: Double)] {
    (value as? [[String: Any]] ?? []).map { ($0["price"] as? Double ?? .nan, $0["size"] as? Double ?? .nan) }
  }

  /// Whether each side begins with its best level, has prices and sizes, and no price twice.
  var isInOrder: Bool {
    let levels = bids + asks
    return levels.allSatisfy { $0.price > 0 && $0.size > 0 }
      && zip(bids, bids.dropFirst()).allSatisfy { $0.price > $1.price }
      && zip(asks, asks.dropFirst()).allSatisfy { $0.price < $1.price }
  }

  static func all(_ file: String) throws -> [DepthRow] { try JSONLines.objects(file: file).map { DepthRow($0) } }
}

@Suite("Order books and the DOM service", .tags(.system))
struct DepthTests {
  let folder = TemporaryFolder()

  /// A market with books of AAPL and SPY.
  private static let orders = "seed=5,symbols=4,rate=2000,orders=20,mix=Order:90/Quote:10"

  private func rowCount(_ file: String) -> Int { (Places.read(file) ?? []).count { $0 == UInt8(ascii: "\n") } }

  @Test("books live are the books of their recording, byte for byte, of the sources that were chosen")
  func books() throws {
    let server = try FeedServer(["--generate", Self.orders])
    let (live, again) = (folder.file("live"), folder.file("again"))
    let choice = ["--sources", "ntv,NTV", "--depth", "4"]
    let ended = try start(
      ["book", "AAPL", "SPY", "--url", server.url, "--for", "3", "--record", folder.file("b.qwr"), "--to"]
        + ["ndjson:" + live] + choice
    ).wait()
    #expect(ended.exitCode == 0, "\(ended)")
    let rows = try DepthRow.all(live)
    #expect(rows.count > 20 && rows.allSatisfy { $0.type == "Book" && $0.isInOrder })
    #expect(Set(rows.map(\.symbol)) == ["AAPL", "SPY"] && Set(rows.flatMap(\.sources)) == ["ntv", "NTV"])
    #expect(rows.allSatisfy { $0.bids.count <= 4 && $0.asks.count <= 4 && $0.sources.count == 1 })
    #expect(rows.contains { $0.isSnapshot } && rows.contains { !$0.isSnapshot && $0.bids.count == 4 })
    let replayed = try start(["book", folder.file("b.qwr"), "--to", "ndjson:" + again] + choice).wait()
    #expect(replayed.exitCode == 0 && sameFiles(live, again), "\(replayed)")

    // A recording has more than one reader wants.
    let less = folder.file("less")
    let chosen = try quotewire(
      "book", folder.file("b.qwr"), "--symbols", "SPY", "--source", "NTV", "--depth", "1", "--to", "ndjson:" + less)
    #expect(chosen.exitCode == 0, "\(chosen)")
    let few = try DepthRow.all(less)
    #expect(!few.isEmpty && few.count < rows.count)
    #expect(few.allSatisfy { $0.symbol == "SPY" && $0.sources == ["NTV"] && max($0.bids.count, $0.asks.count) <= 1 })
  }

  @Test("a book whose server restarts begins again with a snapshot, and its recording says the same")
  func bookOutage() throws {
    var server = try FeedServer(["--generate", Self.orders])
    let port = server.port
    let client = try start([
      "book", "AAPL", "--url", server.url, "--source", "ntv", "--record", folder.file("b.qwr"), "--to", "csv:-",
    ], outputFile: folder.file("live"))
    try waitUntil("rows: \(client.errorsSoFar)") { rowCount(folder.file("live")) > 20 }
    try server.kill()
    try waitUntil("the loss: \(client.errorsSoFar)") { client.errorsSoFar.contains("connection") }
    let before = rowCount(folder.file("live"))
    server = try FeedServer(["--generate", Self.orders, "--port", port])
    try waitUntil("rows again: \(client.errorsSoFar)") { rowCount(folder.file("live")) > before + 20 }
    client.send(SIGINT)
    let ended = try client.wait()
    #expect(ended.exitCode == 130, "\(ended)")
    let replayed = try quotewire("book", folder.file("b.qwr"), "--source", "ntv", "--to", "csv:" + folder.file("again"))
    #expect(replayed.exitCode == 0 && sameFiles(folder.file("live"), folder.file("again")), "\(replayed)")
  }

  @Test(
    "DOM snapshots live are those of their recording, of books where there are orders and around quotes elsewhere",
    arguments: [Self.orders, "seed=5,symbols=4,rate=500,mix=Quote:100"])
  func dom(_ market: String) throws {
    let server = try FeedServer(["--generate", market])
    let choice = ["--dom", "AAPL,SPY", "--sources", "ntv,DEX", "--depth", "3", "--dom-period", "0.1"]
    let (live, again) = (folder.file("live"), folder.file("again"))
    let ended = try start(
      ["ingest", "--url", server.url, "--for", "3", "--dom-to", "ndjson:" + live, "--record", folder.file("d.qwr")]
        + choice
    ).wait()
    #expect(ended.exitCode == 0, "\(ended)")
    let rows = try DepthRow.all(live)
    #expect(rows.count >= 4 && Set(rows.map(\.symbol)) == ["AAPL", "SPY"])
    #expect(rows.allSatisfy { $0.type == "DOM" && $0.isSnapshot && $0.isInOrder && $0.sources == ["ntv", "DEX"] })
    #expect(rows.allSatisfy { $0.bids.count <= 3 && $0.asks.count <= 3 })
    #expect(rows.contains { $0.bids.count == 3 && $0.asks.count == 3 })
    let replayed = try quotewire("replay", folder.file("d.qwr"), "--dom-to", "ndjson:" + again)
    #expect(replayed.exitCode == 0 && sameFiles(live, again), "\(replayed)")

    // The same rows by the other command, live and of the recording, and nothing of another symbol.
    let shown = try quotewire(
      "book", "AAPL", "--dom", "--source", "ntv", "--url", server.url, "--limit", "1", "--depth", "2")
    let row = try JSONLines.objects(shown.output).map { DepthRow($0) }
    #expect(shown.exitCode == 0 && row.count == 1, "\(shown)")
    #expect(row.allSatisfy { $0.type == "DOM" && $0.symbol == "AAPL" && $0.isInOrder && $0.bids.count <= 2 })
    let old = try quotewire("book", folder.file("d.qwr"), "--dom", "--symbols", "SPY", "--to", "ndjson:-")
    let oldRows = try JSONLines.objects(old.output).map { DepthRow($0) }
    #expect(old.exitCode == 0 && oldRows.count == rows.count { $0.symbol == "SPY" }, "\(old)")
    #expect(oldRows.allSatisfy { $0.symbol == "SPY" && $0.type == "DOM" })
  }

  @Test("DOM channels are requested again after a restart of the server, and the snapshots go on")
  func domOutage() throws {
    var server = try FeedServer(["--generate", Self.orders])
    let port = server.port
    let live = folder.file("live")
    let client = try start(
      [
        "ingest", "--url", server.url, "--dom", "AAPL,SPY", "--dom-period", "0.1", "--dom-to", "ndjson:-",
        "--record", folder.file("d.qwr"),
      ], outputFile: live)
    try waitUntil("snapshots: \(client.errorsSoFar)") { rowCount(live) > 3 }
    try server.kill()
    try waitUntil("the loss: \(client.errorsSoFar)") { client.errorsSoFar.contains("connection") }
    let before = rowCount(live)
    server = try FeedServer(["--generate", Self.orders, "--port", port])
    try waitUntil("snapshots again: \(client.errorsSoFar)") { rowCount(live) > before + 5 }
    client.send(SIGINT)
    let ended = try client.wait()
    #expect(ended.exitCode == 130, "\(ended)")
    let later = try DepthRow.all(live).dropFirst(before)
    #expect(Set(later.map(\.symbol)) == ["AAPL", "SPY"] && later.allSatisfy(\.isInOrder))
    let replayed = try quotewire("replay", folder.file("d.qwr"), "--dom-to", "ndjson:" + folder.file("again"))
    #expect(replayed.exitCode == 0 && sameFiles(live, folder.file("again")), "\(replayed)")
  }

  @Test("a connection that the server drops costs no DOM channel")
  func dropped() throws {
    let server = try FeedServer(["--generate", Self.orders, "--fault", "drop-tcp=after:20,once"])
    let live = folder.file("live")
    let stats = folder.file("stats")
    let ended = try start([
      "ingest", "--url", server.url, "--types", "Quote", "--symbols", "AAPL", "--dom", "AAPL", "--dom-period", "0.1",
      "--dom-to", "ndjson:" + live, "--for", "5", "--record", folder.file("d.qwr"), "--stats", stats,
    ]).wait()
    #expect(ended.exitCode == 0, "\(ended)")
    #expect(try Figures(file: stats).gaps == 1)
    let replayed = try quotewire("replay", folder.file("d.qwr"), "--dom-to", "ndjson:" + folder.file("again"))
    #expect(replayed.exitCode == 0 && sameFiles(live, folder.file("again")), "\(replayed)")
    let inspected = try quotewire("inspect", folder.file("d.qwr"))
    #expect(inspected.text.contains(", 1 gaps,") || inspected.text.contains(", 1 gap,"), "\(inspected.text)")
    #expect(try DepthRow.all(live).count > 5)
  }

  @Test("a server without the service is asked five times more, then given up with a sentence, and events go on")
  func refused() throws {
    let recording = folder.file("quotes.qwr")
    #expect(try quotewire("generate", "seed=1,symbols=4,rate=100,duration=30s", recording).exitCode == 0)
    let server = try FeedServer([recording, "--speed", "1"])
    let client = try start([
      "ingest", "--url", server.url, "--types", "Quote", "--symbols", "*", "--dom", "AAPL", "--dom-to",
      "ndjson:" + folder.file("dom"), "--to", "ndjson:-",
    ], outputFile: folder.file("rows"))
    try waitUntil("the end of DOM: \(client.errorsSoFar)", limitSeconds: 90) {
      client.errorsSoFar.contains("it is given up")
    }
    let before = rowCount(folder.file("rows"))
    try waitUntil("more rows: \(client.errorsSoFar)") { rowCount(folder.file("rows")) > before }
    client.send(SIGINT)
    let ended = try client.wait()
    #expect(ended.exitCode == 130 && ended.errors.contains("the DOM channel of AAPL"), "\(ended)")
    #expect(ended.errors.contains("Unsupported service: 'DOM'"), "\(ended)")
    #expect(rowCount(folder.file("dom")) == 0)
  }

  @Test(
    "wrong wishes are refused with a sentence that says what is wrong, before anything is asked of a server",
    arguments: [
      ("book AAPL --depth 0", "--depth takes a whole number from 1 to 10000, not '0'"),
      ("book AAPL --type Quote", "--type is one of Order, SpreadOrder, AnalyticOrder, OtcMarketsOrder, not 'Quote'"),
      ("book AAPL --sources ,", "--sources names no source"), ("book AAPL --source ,", "--source names no source"),
      ("book AAPL --to parquet:x", "'parquet:x' is no place for rows of levels"),
      ("book AAPL day.qwr", "takes symbols of a feed or recordings, not both"),
      ("book AAPL --max-orders 0", "--max-orders takes a whole number from 1"),
      ("book AAPL --dom --type Order", "--type is for books of orders"),
      ("book AAPL --dom --max-orders 5", "--max-orders is for books of orders"),
      ("book AAPL --dom-period 1", "--dom-period needs --dom"),
      ("book AAPL --symbols MSFT", "--symbols is for recordings"),
      ("book day.qwr --for 3", "--for is for a feed"), ("ingest --dom ,", "--dom names no symbol"),
      ("ingest --dom-to ndjson:-", "--dom-to needs --dom"), ("ingest --depth 5", "--depth needs --dom"),
      ("ingest --dom-period 1", "--dom-period needs --dom"),
      ("ingest --dom AAPL --depth 10001", "--depth takes a whole number from 1 to 10000, not '10001'"),
      ("ingest --dom AAPL --dom-period -1", "--dom-period takes seconds"),
      ("ingest --dom AAPL --dom-period 3601", "--dom-period takes 0 to 3600 seconds"),
      ("ingest --dom AAPL --dom-to here", "'here' is no place for rows of levels"),
      (
        "ingest --dom AAPL --dom-to ndjson:- --to ndjson:- --types Quote --symbols A",
        "--to and --dom-to cannot both write to standard output"
      ),
      ("ingest --sources ntv --types Quote", "--sources is for orders; --types names none of them"),
      ("replay day.qwr --dom-to csv:", "'csv:' is no place for rows of levels"),
    ])
  func wrong(_ words: String, _ sentence: String) throws {
    let ended = try start(words.split(separator: " ").map(String.init)).wait()
    #expect(ended.exitCode == 2 && ended.errors.contains(sentence) && ended.output.isEmpty, "\(ended)")
  }

  @Test("more DOM symbols than a session may have are refused")
  func tooMany() throws {
    let symbols = (0...1000).map { "S\($0)" }.joined(separator: ",")
    let ended = try quotewire("ingest", "--dom", symbols)
    #expect(ended.exitCode == 2 && ended.errors.contains("--dom takes at most 1000 symbols, not 1001"), "\(ended)")
  }
}
