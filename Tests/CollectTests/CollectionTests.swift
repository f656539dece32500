import Bytes
import DXLink
import IO
import Ingest
import Market
import Rings
import Simulator
import Sinks
import TestSupport
import Testing

@testable import Collect

@Suite("Collections from a server", .tags(.unit))
struct CollectionTests {
  private static func server(
    _ spec: String = "seed=1", delayMillis: Int64 = 0, faults: [String] = [], token: String? = nil
  ) throws -> ServerThread {
    var configuration = ServerConfiguration(feed: .answers(try AnswerSpec(spec)))
    configuration.session.answerDelayMillis = delayMillis
    configuration.session.token = token
    configuration.faults = try faults.map { try Fault($0) }
    return try ServerThread(configuration)
  }

  private static func settings(_ server: ServerThread, _ universe: String, _ types: [EventType] = [.quote, .trade])
    throws -> CollectionSettings
  {
    let lane = LaneSettings(url: try FeedURL(parsing: "ws://127.0.0.1:\(server.address.port)/"))
    var settings = CollectionSettings(lane: lane, types: types, universe: try Universe(parsing: universe))
    settings.limitSeconds = 60
    return settings
  }

  private static func run(_ settings: CollectionSettings) throws -> Collected {
    try Collection.run(settings, CollectionHooks(attention: try Wakeup()))
  }

  /// Whether every quote and trade is the server's for its symbol, of one connection; the number of that connection.
  private static func connection(_ snapshot: borrowing Snapshot) -> Double? {
    var numbers = Set<Double>()
    for (i, symbol) in snapshot.symbols.enumerated() {
      guard let quote = snapshot.event(i, 0)?.event(as: Quote.self),
        let trade = snapshot.event(i, 1)?.event(as: Trade.self)
      else { return nil }
      let price = AnswerSpec().price(symbol)
      guard quote.bidPrice == price, trade.price == price, quote.bidSize == trade.size else { return nil }
      numbers.insert(quote.bidSize)
    }
    return numbers.count == 1 ? numbers.first : nil
  }

  @Test(
    "all at once, one after the other and a few at a time give the same complete snapshot over one connection",
    arguments: [nil, 1, 20] as [Int?])
  func ways(outstanding: Int?) throws {
    let server = try Self.server()
    var settings = try Self.settings(server, outstanding == 1 ? "dow30" : "sp500")
    settings.outstanding = outstanding
    let collected = try Self.run(settings)
    check(collected.snapshot.isComplete && !collected.wasInterrupted)
    #expect(Self.connection(collected.snapshot) == 1)
    #expect(server.stats[.clientsAccepted] == 1)
  }

  @Test("lanes share the symbols, and the snapshot is in the order of the universe", arguments: [nil, 8] as [Int?])
  func lanes(outstanding: Int?) throws {
    let server = try Self.server()
    var settings = try Self.settings(server, "nasdaq100", [.quote, .profile])
    settings.lanes = 4
    settings.outstanding = outstanding
    let collected = try Self.run(settings)
    check(collected.snapshot.isComplete)
    #expect(server.stats[.clientsAccepted] == 4)
    for (i, symbol) in collected.snapshot.symbols.enumerated() {
      let quote = try #require(collected.snapshot.event(i, 0)?.event(as: Quote.self))
      #expect(quote.bidPrice == AnswerSpec().price(symbol) && quote.head.symbol.rawValue == UInt32(i + 1))
      #expect(Made.table(collected.snapshot).contains("\(symbol) on connection \(Int(quote.bidSize))"))
    }
  }

  @Test("symbols without an answer are missing by type when the time is over, the others are there")
  func missing() throws {
    let server = try Self.server("silent=AAPL+V")
    var settings = try Self.settings(server, "{AAPL,IBM,V,.IBM260116C200}", [.quote, .greeks])
    settings.limitSeconds = 2
    let collected = try Self.run(settings)
    #expect(collected.snapshot.missing.map(\.type) == [.quote, .greeks])
    #expect(collected.snapshot.missing.map(\.symbols) == [["AAPL", "V"], ["AAPL", "IBM", "V"]])
  }

  @Test("one after the other, a silent symbol holds up the others for its own time alone")
  func silent() throws {
    let server = try Self.server("silent=S2+S4")
    var settings = try Self.settings(server, "S{1..5}")
    settings.outstanding = 1
    settings.answerSeconds = 1
    settings.limitSeconds = nil
    let collected = try Self.run(settings)
    #expect(collected.snapshot.missing.map(\.symbols) == [["S2", "S4"], ["S2", "S4"]])
  }

  @Test("a connection that is lost is made again, and every symbol is there", arguments: [nil, 5] as [Int?])
  func lost(
    outstanding: Int?
  ) throws {
    let server = try Self.server(faults: ["drop-tcp=after:1,once"])
    var settings = try Self.settings(server, "dow30")
    settings.outstanding = outstanding
    let collected = try Self.run(settings)
    check(collected.snapshot.isComplete)
    #expect(server.stats[.clientsAccepted] == 2)
  }

  @Test("a refused token is a refusal with the server's reason, an address where nobody listens a failure")
  func refused() throws {
    let server = try Self.server(token: "right")
    var settings = try Self.settings(server, "dow30")
    settings.lane.token = .value("wrong")
    settings.lane.reconnect = .attempts(0)
    do {
      _ = try Self.run(settings)
      Issue.record("a wrong token was taken")
    } catch {
      guard case .feed(_, refused: true)? = error as? CollectError else {
        Issue.record("\(error)")
        return
      }
    }
    server.stop()
    do {
      _ = try Self.run(settings)
      Issue.record("nobody answered")
    } catch {
      guard case .feed(_, refused: false)? = error as? CollectError else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test("a request to end ends it with what has come")
  func interrupted() throws {
    let server = try Self.server("silent=B")
    var hooks = CollectionHooks(attention: try Wakeup())
    var done = 0
    hooks.tick = { done = $0 }
    hooks.request = { done == 1 ? .drain : .none }
    let collected = try Collection.run(try Self.settings(server, "{A,B}"), hooks)
    check(collected.wasInterrupted && collected.snapshot.count == 2)
  }

  @Test("sinks get every event, symbol by symbol, and an empty slot gives none")
  func sinks() throws {
    let folder = TemporaryFolder()
    let snapshot = Made.snapshot((1...700).map { "S\($0)" }, number: 1)
    let specs = try ["ndjson:" + folder.file("x"), "csv:" + folder.file("c")].map { try SinkSpec(parsing: $0) }
    try SnapshotSinks.write(snapshot, to: specs, force: false) { Issue.record("\($0)") }
    let lines = String(decoding: Places.read(folder.file("x")) ?? [], as: UTF8.self).split(separator: "\n")
    #expect(lines.count == 2099 && lines.count == snapshot.count)
    #expect(
      lines[0].contains(#""eventType":"Quote","eventSymbol":"S1""#) && lines[1].contains(#""Trade","eventSymbol":"S1""#)
    )
    #expect(lines[2].contains("a description of S1 of more than seven bytes") && lines[2098].contains("S700"))
    let csv = Places.names(in: folder.file("c"))
    #expect(csv.count >= 3 && csv.contains { $0.hasPrefix("Quote") })
    #expect(throws: CollectError.self) { try SnapshotSinks.write(snapshot, to: specs, force: false) { _ in } }
  }

  @Test("the table aligns its columns, and tells what is not available from what did not answer")
  func table() {
    var snapshot = Snapshot(types: [.quote, .trade], symbols: ["AAPL", "BRK/B"])
    var batch = EventBatch(capacity: 2)
    var quote = Quote()
    quote.bidPrice = 171.25
    quote.askSize = 300
    _ = batch.append(quote)
    let store = TextStore()
    batch.forEach { _ = snapshot.take($0, store, position: 0, type: 0) }
    #expect(
      Made.table(snapshot) == """
        symbol     bid  ask  bid size  ask size  last  size  volume
        AAPL    171.25    -         -       300     ?     ?       ?
        BRK/B        ?    ?         ?         ?     ?     ?       ?

        """)
  }
}
