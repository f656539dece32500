import TestSupport
import Testing

/// What a fault of the server does to a client that takes the real tape from it.
struct FaultCase: Sendable, CustomStringConvertible {
  enum Effect: Sendable {
    /// The same events: the fault costs nothing.
    case none
    /// The same events, and so many messages that nobody can read.
    case unreadable(Int)
    /// Other events, but none lost: at least as many.
    case more
    /// Every event, with other values.
    case otherValues
    /// One marked gap; the tape comes again from its beginning.
    case gap(String)
    /// One marked gap on a connection that stays; the same events.
    case channelGap
  }

  let fault: String
  let effect: Effect
  var client: [String] = []
  var server: [String] = []
  var description: String { ([fault] + client).joined(separator: " ") }

  static let token = "5a7b-not-for-print"

  static let all: [FaultCase] = [
    FaultCase(fault: "split=7", effect: .none),
    FaultCase(fault: "fragment=100", effect: .none),
    FaultCase(fault: "reorder-config=seed:3", effect: .none),
    FaultCase(fault: "full-switch=after:50", effect: .none),
    FaultCase(fault: "pairs", effect: .none),
    FaultCase(fault: "errors=3", effect: .none),
    FaultCase(fault: "no-fields", effect: .none),
    FaultCase(fault: "close-channel=after:50", effect: .channelGap),
    FaultCase(
      fault: "unauthorized-late=after:50", effect: .none, client: ["--token-file", "TOKENFILE"],
      server: ["--token", token]),
    // 2,476 data messages, one message of garbage after every fifth.
    FaultCase(fault: "garbage=every:5,seed:4", effect: .unreadable(495)),
    FaultCase(fault: "duplicate=every:10", effect: .more),
    FaultCase(fault: "config-fewer-fields", effect: .otherValues),
    FaultCase(fault: "no-fields", effect: .otherValues, client: ["--fields", "lean"]),
    FaultCase(fault: "drop-tcp=after:50,once", effect: .gap("connectionLost")),
    FaultCase(fault: "bye=after:50,once", effect: .gap("serverClosed")),
    FaultCase(fault: "close=1011,after:50,once", effect: .gap("serverClosed")),
    FaultCase(fault: "stall=after:50,seconds:3,once", effect: .gap("silence"), client: ["--keepalive", "1"]),
  ]
}

@Suite("A client of a server with faults", .tags(.system), Captures.needed)
struct FaultTests {
  let folder = TemporaryFolder()

  @Test("lives, counts exactly and replays the same", arguments: FaultCase.all)
  func fault(_ test: FaultCase) throws {
    let recording = try recordTape(in: folder)
    let digest = try replay([recording]).figures.digest
    let tokenFile = folder.file("token")
    try write(FaultCase.token, to: tokenFile)
    let server = try FeedServer([recording, "--fault", test.fault] + test.server)
    let session = folder.file("session.qwr")
    let rows = folder.file("live.ndjson")
    let client = test.client.map { $0 == "TOKENFILE" ? tokenFile : $0 }
    let live = try ingestTape(server.url, ["--record", session, "--to", "ndjson:" + rows, "--to", "null:"] + client)
    let figures = live.figures
    #expect(live.ended.exitCode == 0, "\(live.ended)")
    #expect(figures.isBalanced && figures.rows.malformed == 0 && figures.recording.lost == 0)
    #expect(figures.events >= 6_609 || test.description.hasPrefix("drop-tcp"))
    let gaps = JSONLines.gapLines(Places.read(rows) ?? [])
    switch test.effect {
    case .none:
      #expect(figures.digest == digest && figures.isWhole)
    case .unreadable(let count):
      #expect(figures.digest == digest && figures.malformedMessages == count)
    case .more:
      #expect(figures.events > 6_609 && figures.isWhole)
    case .otherValues:
      #expect(figures.events == 6_609 && figures.digest != digest && figures.isWhole)
    case .channelGap:
      #expect(figures.digest == digest && figures.gaps == 1 && figures.reconnects == 0 && gaps.count == 1)
      #expect(gaps.first?.contains("\"reason\":\"serverClosed\"") == true, "\(gaps)")
    case .gap(let reason):
      #expect(figures.gaps == 1 && figures.reconnects >= 1 && gaps.count == 1)
      #expect(gaps.first?.contains("\"reason\":\"\(reason)\"") == true, "\(gaps)")
    }
    switch test.effect {
    case .gap, .channelGap: break
    default: #expect(figures.gaps == 0 && figures.reconnects == 0 && gaps.isEmpty)
    }
    let again = try replay([session], ["--to", "ndjson:-"])
    #expect(again.figures.digest == figures.digest && again.figures.gaps == figures.gaps)
    #expect(again.figures.malformedMessages == figures.malformedMessages)
    #expect(sameBytes(again.ended.output, file: rows))
  }

  @Test(
    "under --strict, unreadable messages and gaps are exit code 4", arguments: ["garbage=every:50", "bye=after:5,once"])
  func strict(_ fault: String) throws {
    let server = try FeedServer([try recordTape(in: folder), "--fault", fault])
    let live = try ingestTape(server.url, ["--strict"])
    #expect(live.ended.exitCode == 4, "\(live.ended)")
    #expect(live.ended.errors.contains("quotewire: data was lost or malformed: "), "\(live.ended)")
  }

  @Test("a hostile recording replays to exactly what its maker counted, and is served as what could be read")
  func hostile() throws {
    let recording = folder.file("hostile.qwr")
    let made = try quotewire("generate", "--manifest", "seed=9,symbols=40,rate=3000,mix=all,preset=hostile", recording)
    #expect(made.exitCode == 0, "\(made)")
    let manifest = try #require(try JSONLines.objects(made.output).first)
    let again = try replay([recording], ["--to", "ndjson:-"])
    #expect(again.figures.events == manifest["events"] as? Int && again.figures.events > 1000)
    #expect(again.figures.malformedMessages == manifest["framesRefused"] as? Int && again.figures.malformedMessages > 0)
    #expect(again.figures.rows.malformed == manifest["rowsMalformed"] as? Int)
    #expect(again.figures.digest == manifest["digest"] as? String && again.figures.isBalanced)
    #expect(again.ended.lines.count == again.figures.events)
    let server = try FeedServer([recording])
    let stats = folder.file("stats.json")
    let live = try quotewire(
      "ingest", "--url", server.url, "--types", "all", "--symbols", "*", "--stats", stats, "--strict")
    #expect(live.exitCode == 0, "\(live)")
    #expect(try Figures(file: stats).events > 1000)
  }
}
