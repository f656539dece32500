import DXLink
import IO
import Ingest
import Market
import Recording
import Sinks
import TestSupport
import Testing

@testable import QuotewireCLI

private let local = ["--url", "ws://127.0.0.1:7000/x"]

private func settings(_ words: [String]) throws -> IngestSettings {
  try IngestCommand.settings(try arguments(local + words))
}

private func names(_ all: [Subscription]) -> [String] { all.map { "\($0.type.name) \($0.symbol)" } }

@Suite("Settings of ingest", .tags(.unit))
struct IngestSettingsTests {
  @Test("without options: the demo feed, quotes and trades of the well-known symbols, nothing written")
  func defaults() throws {
    let it = try IngestCommand.settings(try arguments([]))
    #expect("\(it.lane.url)" == "wss://demo.dxfeed.com/market-data/dxlink-ws")
    #expect(it.lane.tls != nil)
    #expect(it.lane.subscriptions.count == 20)
    #expect(Set(it.lane.subscriptions.map(\.type)) == [.quote, .trade])
    #expect(it.lane.session.contract == .auto)
    #expect(it.lane.session.keepaliveSeconds == 60)
    #expect(it.lane.session.fieldLists == FieldLists(.all))
    #expect(it.lane.reconnect == nil)
    if case .none = it.lane.token {} else { Issue.record("a token from nowhere") }
    #expect(it.lanes == 1 && it.seconds == nil && it.record == nil)
    #expect(it.recordingPolicy == .wait && !it.compressesRecording)
    #expect(it.run.sinks.map(\.name) == ["null:"])
    #expect(it.run.limit == nil && !it.run.force && !it.run.wantsDigest)
  }

  @Test("--answer-timeout is the limit of every step, --connect-to an address with its port")
  func connection() throws {
    let it = try settings(["--answer-timeout", "2.5", "--connect-to", "[::1]:7001"]).lane
    #expect(it.upgradeLimitMillis == 2500 && it.session.answerSeconds == 2.5)
    let connector = it.connector
    #expect(connector.resolveTimeoutMillis == 2500 && connector.tlsTimeoutMillis == 2500)
    #expect(connector.addressTimeoutMillis == 2500 && connector.connectTimeoutMillis == 2500)
    #expect(connector.address == SocketAddress(numeric: "::1", port: 7001))
    for words in [["--answer-timeout", "0"], ["--connect-to", "127.0.0.1"], ["--connect-to", "localhost:7000"]] {
      #expect(throws: CommandFailure.self) { try settings(words) }
    }
  }

  @Test("types and symbols multiply, each pair once")
  func subscriptions() throws {
    let it = try settings(["--types", "Quote, Candle,Quote", "--symbols", "A,AAPL{=5m,tho=true},A, B"])
    #expect(
      names(it.lane.subscriptions) == [
        "Quote A", "Quote AAPL{=5m,tho=true}", "Quote B", "Candle A", "Candle AAPL{=5m,tho=true}", "Candle B",
      ])
    #expect(try settings(["--types", "all", "--symbols", "A"]).lane.subscriptions.count == EventType.allCases.count)
  }

  @Test(
    "symbols are cut at commas outside braces",
    arguments: [
      ("A,B", ["A", "B"]), ("", []), (" , ,", []), ("A{=5m,tho=true},SPY", ["A{=5m,tho=true}", "SPY"]),
      ("A{x{y,z},w},B", ["A{x{y,z},w}", "B"]), ("A},B", ["A}", "B"]), ("A{,B", ["A{,B"]), (" A , B ", ["A", "B"]),
    ])
  func split(text: String, symbols: [String]) { #expect(IngestCommand.split(text) == symbols) }

  @Test("a file of symbols has one a line and comments")
  func symbolsFile() throws {
    let folder = TemporaryFolder()
    var file = try File(folder.file("s"), .create())
    try unsafe file.write(Array("# mine\nA{=d,x=y}\r\n\n  B  \n#C\nD".utf8).span.bytes)
    try file.close()
    let it = try settings(["--types", "Trade", "--symbols-file", folder.file("s"), "--symbols", "E"])
    #expect(names(it.lane.subscriptions) == ["Trade E", "Trade A{=d,x=y}", "Trade B", "Trade D"])
  }

  @Test("a start time goes to time series only")
  func fromTime() throws {
    let it = try settings([
      "--types", "Candle,Quote,TimeAndSale", "--symbols", "A,*", "--from-time", "1970-01-01T00:00:02",
    ])
    for one in it.lane.subscriptions {
      #expect(one.fromTime == (one.type != .quote && one.symbol != "*" ? 2000 : nil))
    }
  }

  @Test("every other option takes effect")
  func options() throws {
    let folder = TemporaryFolder()
    let tokenFile = folder.file("t")
    var file = try File(tokenFile, .create())
    try unsafe file.write(Array("secret\n".utf8).span.bytes)
    try file.close()
    let it = try settings([
      "--to", "csv:o?policy=drop", "--to=ndjson:-", "--record", "d.qwr", "--record-policy", "drop", "--record-zstd",
      "--lanes", "3", "--contract", "History", "--fields", "lean", "--token-file", tokenFile,
      "--keepalive", "90s", "--for", "2m",
      "--limit", "7", "--reconnect", "4", "--stats", "-", "--interval", "1", "--strict", "--force",
    ])
    #expect(it.run.sinks.map(\.name) == ["csv:o", "ndjson:-"])
    #expect(it.run.sinks.first?.policy == .drop)
    #expect(it.record == "d.qwr" && it.recordingPolicy == .drop && it.compressesRecording)
    #expect(it.lanes == 3 && it.lane.session.contract == .history)
    #expect(it.lane.session.fieldLists == FieldLists(.essential))
    if case .file(tokenFile) = it.lane.token {} else { Issue.record("the token is not from the file") }
    #expect(it.lane.session.keepaliveSeconds == 90 && it.seconds == 120)
    #expect(it.run.limit == 7 && it.lane.reconnect == .attempts(4))
    #expect(it.run.wantsDigest && it.run.force)
    #expect(try !settings(["--stats", "-", "--no-digest"]).run.wantsDigest)
    #expect(it.lane.tls == nil)
    #expect(try settings(["--reconnect", "forever"]).lane.reconnect == .forever)
    #expect(try settings(["--reconnect", "0"]).lane.reconnect == .attempts(0))
    if case .value(let token) = try settings(["--token-env", "PATH"]).lane.token {
      #expect(!token.isEmpty)
    } else {
      Issue.record("the token is not from the environment")
    }
  }

  @Test("plain ws:// is for this machine, or for those who insist")
  func plaintext() throws {
    for url in ["ws://localhost/", "ws://[::1]:5/", "ws://127.0.0.9/"] {
      #expect(try IngestCommand.settings(try arguments(["--url", url])).lane.tls == nil)
    }
    let it = try IngestCommand.settings(try arguments(["--url", "ws://feed.example/", "--insecure-plaintext"]))
    #expect(it.lane.url.endpoint.host == "feed.example")
    let why = failure { _ = try IngestCommand.settings(try arguments(["--url", "ws://feed.example/"])) }
    #expect(why?.exitCode == .usage)
    #expect(why?.description.contains("--insecure-plaintext") == true && why?.description.contains("wss://") == true)
  }

  @Test(
    "the pause between interval lines",
    arguments: [
      ([], nil), (["--stats", "-"], 10), (["--interval", "0"], 0.1), (["--interval", "2s", "--stats=f"], 2),
    ] as [([String], Double?)])
  func interval(words: [String], seconds: Double?) throws {
    #expect(try RunOptions.interval(try arguments(words)) == seconds)
  }

  static let refused: [([String], ExitCode, [String])] = [
    (["--url", "http://x/"], .usage, ["--url", "wss://"]),
    (["--types", "Quotes"], .usage, ["--types", "'Quotes'", "did you mean Quote?", "TimeAndSale"]),
    (["--types", ","], .usage, ["--types"]),
    (["--symbols", ","], .usage, ["--symbols A,B", "--symbols-file"]),
    (["--symbols-file", "/nowhere/s"], .failed, ["/nowhere/s", "no such file"]),
    (["--from-time", "soon"], .usage, ["--from-time", "2026-01-02", "'soon'"]),
    (["--to", "kafka:x"], .usage, ["--to kafka:x", "csv:DIR"]),
    (["--to", "csv:o", "--to", "csv:o?policy=drop"], .usage, ["--to csv:o", "once"]),
    (["--record-policy", "spill"], .usage, ["--record-policy", "wait or drop", "'spill'"]),
    (["--lanes", "0"], .usage, ["--lanes", "1 to 64"]),
    (["--lanes", "65"], .usage, ["--lanes", "1 to 64"]),
    (["--contract", "fast"], .usage, ["--contract", "ticker", "'fast'"]),
    (["--fields", "some"], .usage, ["--fields", "lean", "'some'"]),
    (
      ["--token-env", "QUOTEWIRE_NO_SUCH_VARIABLE"], .usage,
      ["--token-env", "QUOTEWIRE_NO_SUCH_VARIABLE", "--token-file"]
    ),
    (["--token-env", "PATH", "--token-file", "t"], .usage, ["--token-env", "--token-file", "not both"]),
    (["--keepalive", "0.5"], .usage, ["--keepalive", "1 second"]),
    (["--keepalive", "x"], .usage, ["--keepalive", "'x'"]),
    (["--for", "-3"], .usage, ["--for", "'-3'"]),
    (["--limit", "0"], .usage, ["--limit", "from 1"]),
    (["--reconnect", "-1"], .usage, ["--reconnect", "forever", "'-1'"]),
    (["--reconnect", "often"], .usage, ["--reconnect", "forever", "'often'"]),
  ]

  @Test("what makes no sense is refused with option and remedy", arguments: refused)
  func refusals(words: [String], code: ExitCode, parts: [String]) {
    let own = words.contains("--url") ? words : local + words
    let why = failure { _ = try IngestCommand.settings(try arguments(own)) }
    #expect(why?.exitCode == code)
    for part in parts {
      #expect(why?.description.contains(part) == true, "'\(why?.description ?? "")' lacks '\(part)'")
    }
  }

  @Test("a file of authorities that is not there is named")
  func caFile() {
    let why = failure {
      _ = try IngestCommand.settings(try arguments(["--url", "wss://x/", "--ca-file", "/nowhere/ca"]))
    }
    #expect(why?.exitCode == .failed && why?.description.contains("/nowhere/ca") == true)
  }

  @Test("interval takes a duration")
  func badInterval() {
    #expect(failure { _ = try RunOptions.interval(try arguments(["--interval", "x"])) }?.exitCode == .usage)
  }
}

@Suite("Settings of replay", .tags(.unit))
struct ReplaySettingsTests {
  private func replay(_ words: [String]) throws -> Arguments {
    try arguments(["a.qwr"] + words, ReplayCommand.command)
  }

  @Test("speeds")
  func speeds() throws {
    #expect(try ReplayCommand.speed(try replay([])) == .max)
    #expect(try ReplayCommand.speed(try replay(["--speed", "max"])) == .max)
    #expect(try ReplayCommand.speed(try replay(["--speed", "1"])) == .factor(1))
    #expect(try ReplayCommand.speed(try replay(["--speed", "0.25"])) == .factor(0.25))
    for wrong in ["0", "-1", "fast", "inf", "nan", ""] {
      let why = failure { _ = try ReplayCommand.speed(try replay(["--speed=\(wrong)"])) }
      #expect(why?.exitCode == .usage)
      #expect(why?.description == "--speed takes max or a number above 0, not '\(wrong)'")
    }
  }

  @Test(
    "wrong bounds are refused before a file is opened",
    arguments: ["--start", "--stop", "--max-silence", "--limit", "--to"])
  func bounds(option: String) {
    let why = failure {
      _ = try ReplayCommand.run(try arguments(["/nowhere.qwr", "\(option)=x"], ReplayCommand.command))
    }
    #expect(why?.exitCode == .usage)
    #expect(why?.description.hasPrefix(option) == true)
  }

  @Test("a file that is not there fails with its name")
  func missing() {
    let why = failure { _ = try ReplayCommand.run(try arguments(["/nowhere.qwr"], ReplayCommand.command)) }
    #expect(why?.exitCode == .failed)
    #expect(why?.description.contains("/nowhere.qwr: no such file") == true)
  }
}
