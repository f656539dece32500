import DXLink
import Ingest
import Market
import TestSupport
import Testing

@testable import QuotewireCLI

@Suite("Commands of the control socket", .tags(.unit))
struct ControlRequestTests {
  @Test(
    "each line is read as what it says",
    arguments: [
      ("add AAPL,MSFT", .add(symbols: ["AAPL", "MSFT"], types: nil)),
      ("ADD\tAAPL{=5m,x=y},SPY,SPY  Candle,Quote", .add(symbols: ["AAPL{=5m,x=y}", "SPY"], types: [.candle, .quote])),
      ("remove AAPL", .remove(symbols: ["AAPL"], types: nil)),
      ("remove AAPL Trade", .remove(symbols: ["AAPL"], types: [.trade])),
      ("list", .list(types: nil)), ("list Quote", .list(types: [.quote])), ("stats", .stats),
      ("rotate", .rotate(sink: nil)), ("rotate csv:out", .rotate(sink: "csv:out")), (" reload ", .reload),
      ("stop", .stop), ("help", .help),
    ] as [(String, ControlRequest)])
  func reads(line: String, right: ControlRequest) throws {
    #expect(try ControlRequest(parsing: line) == right)
    #expect(line.lowercased().contains(right.name))
  }

  @Test(
    "what is wrong is told, with the nearest right word",
    arguments: [
      ("", "an empty line"), ("ad AAPL", "did you mean 'add'?"), ("stat", "did you mean 'stats'?"),
      ("relaod", "did you mean 'reload'?"), ("xyzzy", "the commands are add, remove"),
      ("add", "add SYMBOLS [TYPES]"), ("add , Quote", "no symbol in ','"), ("add A Quot", "did you mean Quote?"),
      ("add A Quote Trade", "add SYMBOLS [TYPES]"), ("stop now", "stop alone"), ("list Trad", "did you mean Trade?"),
      ("add A\u{1}B", "a control character"), ("add \(String(repeating: "A", count: 257))", "257 bytes"),
    ])
  func refuses(line: String, words: String) throws {
    let error = #expect(throws: CommandFailure.self) { try ControlRequest(parsing: line) }
    #expect(error?.exitCode == .usage && error?.description.contains(words) == true, "\(String(describing: error))")
  }

  @Test("a reply is one line of JSON whatever it holds")
  func reply() {
    var reply = ControlReply(isDone: true, to: "a\"b")
    reply.add("text", "\n\\\u{1}ü")
    reply.add("none", nil as String?)
    reply.add("n", -3)
    reply.add("s", seconds: 1.23456)
    reply.add("list", ["x", "y\t"])
    reply.add("rows", [ControlReply(), ControlReply(isDone: false, to: "")])
    let right = #"{"ok":true,"command":"a\"b","text":"\n\\\u0001ü","none":null,"n":-3,"s":1.235,"list":["x","y\t"],"#
      + #""rows":[{},{"ok":false,"command":""}]}"#
    #expect(reply.line == right)
    #expect(ControlReply.refusal("no\nway \u{1B}[1m") == #"{"ok":false,"error":"no?way ?[1m"}"#)
  }

  private func quotes(_ symbols: String...) -> [Subscription] { symbols.map { Subscription(.quote, $0) } }

  @Test("new settings change only what they say differently; what was added and removed by hand stays")
  func difference() {
    var wanted = WantedTopics(quotes("A", "B", "C"), shard: nil)
    var byHand = SubscriptionChange()
    byHand.add = quotes("X", "D")
    byHand.remove = quotes("B")
    wanted.note(byHand, refused: [])
    #expect(wanted.all() == Set(quotes("A", "C", "X", "D")))
    let newer = quotes("A", "B", "D", "E")
    let change = wanted.difference(to: newer)
    #expect(change.remove == quotes("C") && change.add == quotes("E"))
    wanted.adopt(newer)
    wanted.note(change, refused: quotes("E"))
    #expect(wanted.all() == Set(quotes("A", "X", "D")))
    #expect(wanted.difference(to: newer).add.isEmpty, "what was refused is asked for again by its removal and return")
    #expect(wanted.topics(of: ["X", "E", "A"], types: [.quote]).count == 2)
    #expect(wanted.topics(of: ["X"], types: [.trade]).isEmpty)
  }

  @Test("topics of other shards are not of this run")
  func shards() throws {
    let names = (0..<100).map { "S\($0)" }
    let topics = names.map { Subscription(.quote, $0) }
    let shards = try (1...2).map { try #require(Shard($0, of: 2)) }
    var halves = shards.map { WantedTopics(topics, shard: $0) }
    let (one, two) = (halves[0].all(), halves[1].all())
    #expect(!one.isEmpty && !two.isEmpty && one.isDisjoint(with: two) && one.count + two.count == 100)
    var change = SubscriptionChange()
    change.add = names.map { Subscription(.trade, $0) }
    halves[0].note(change, refused: [])
    #expect(halves[0].all().count == 2 * one.count)
  }

  @Test("settings that only a restart applies are found, those of the symbols are not among them")
  func restart() throws {
    func settings(_ words: String...) throws -> Arguments { try Arguments(words, for: IngestCommand.command) }
    let running = try settings("--symbols", "A", "--lanes", "2", "--to", "null:", "--strict")
    let newer = try settings("--symbols", "B", "--types", "Trade", "--lanes", "3", "--to", "null:")
    #expect(RunControl.differences(running, newer) == ["lanes", "strict"])
    #expect(RunControl.differences(running, running).isEmpty)
  }

  @Test("auto is a socket in the folder for run-time files, and says what is missing where there is none")
  func path() throws {
    let auto = try Arguments(["--ctl", "auto"], for: IngestCommand.command)
    #expect(try ControlOptions.path(auto) { _ in "/run/user/7" } == "/run/user/7/quotewire.sock")
    let error = #expect(throws: CommandFailure.self) { try ControlOptions.path(auto) { _ in nil } }
    #expect(error?.description.contains("XDG_RUNTIME_DIR") == true)
    #expect(try ControlOptions.path(Arguments([], for: IngestCommand.command)) { _ in nil } == nil)
    #expect(try ControlOptions.path(Arguments(["--ctl", "x"], for: IngestCommand.command)) { _ in nil } == "x")
  }
}
