import TestSupport
import Testing

@testable import QuotewireCLI

@Suite("Settings of the command line, the environment and the file", .tags(.unit))
struct SettingsTests {
  private let folder = TemporaryFolder()

  /// Settings of ingest with a file of this text.
  private func settings(
    _ words: [String] = [], file: String? = nil, _ environment: [String: String] = [:],
    _ command: Command = IngestCommand.command
  ) throws -> Arguments {
    guard let file else { return try SettingsSources(command, words, environment: environment).arguments() }
    let path = try write(file)
    return try SettingsSources(command, words + ["--config", path], environment: environment).arguments()
  }

  private func write(_ text: String) throws -> String {
    let path = folder.file("q.toml")
    try RunEnd.write(text, to: path)
    return path
  }

  @Test("flags go before the environment, that before the file, and the own table before what is for all")
  func precedence() throws {
    let file = "url = 'ws://file/'\nca-file = 'all'\n[ingest]\nca-file = 'own'\n"
      + "lanes = 3\nfor = '5m'\nkeepalive = 1.5\n"
    let environment = [
      "QUOTEWIRE_URL": "ws://all/", "QUOTEWIRE_INGEST_URL": "ws://own/", "QUOTEWIRE_INGEST_LANES": "4",
      "QUOTEWIRE_INGEST_FOR": "", "QUOTEWIRE_SIMD": "avx2",
    ]
    let it = try settings(["--lanes", "5"], file: file, environment)
    #expect(it.string("lanes") == "5" && it.origins["lanes"] == .flag)
    #expect(it.string("url") == "ws://own/" && it.origins["url"] == .environment("QUOTEWIRE_INGEST_URL"))
    #expect(it.string("ca-file") == "own" && it.origins["ca-file"] == .file(folder.file("q.toml"), line: 4))
    #expect(it.string("for") == "5m" && it.string("keepalive") == "1.5")
    #expect(it.string("types") == nil && it.origins["types"] == nil)
    #expect(try settings([], file: file, ["QUOTEWIRE_URL": "ws://all/"]).string("url") == "ws://all/")
  }

  @Test("arrays give repeated options and lists; a higher source takes the place of all of them")
  func arrays() throws {
    let file = "[ingest]\nto = ['csv:a', 'null:']\ntypes = ['Quote', 'Trade']\nsymbols = 'A,B'\n"
    let it = try settings([], file: file)
    #expect(it.all("to") == ["csv:a", "null:"] && it.list("types") == ["Quote", "Trade"])
    #expect(it.all("symbols") == ["A,B"])
    #expect(try settings(["--to", "null:"], file: file).all("to") == ["null:"])
    #expect(try settings([], file: file, ["QUOTEWIRE_INGEST_TO": "csv:x ndjson:y"]).all("to") == ["csv:x", "ndjson:y"])
  }

  @Test("what says the same in another way hides what a lower source says")
  func alternatives() throws {
    let file = "token-file = 't'\n[ingest]\nsymbols-file = 's'\n"
    let it = try settings(["--symbols", "A"], file: file, ["QUOTEWIRE_TOKEN_ENV": "T"])
    #expect(it.has("symbols") && !it.has("symbols-file") && it.has("token-env") && !it.has("token-file"))
  }

  @Test("a switch is turned on and off by every source")
  func switches() throws {
    let file = "[ingest]\nstrict = true\nforce = false\n"
    let it = try settings([], file: file)
    #expect(it.has("strict") && !it.has("force"))
    #expect(try !settings(["--strict=false"], file: file).has("strict"))
    #expect(try settings(["--force"], file: file).has("force"))
    #expect(try !settings([], file: file, ["QUOTEWIRE_INGEST_STRICT": "no"]).has("strict"))
    #expect(try settings([], file: nil, ["QUOTEWIRE_INGEST_STRICT": "1"]).has("strict"))
  }

  @Test("a file is found where XDG says, and --config none reads none")
  func search() throws {
    let path = try write("[ingest]\nlanes = 7\n")
    let home = TemporaryFolder()
    #expect(try settings(["--config", "none"], file: nil, ["QUOTEWIRE_CONFIG": path]).string("lanes") == nil)
    #expect(try settings([], file: nil, ["QUOTEWIRE_CONFIG": path]).file?.isNamed == true)
    let sources = SettingsSources(IngestCommand.command, [], environment: ["HOME": home.path, "XDG_CONFIG_HOME": "/x"])
    #expect(sources.searched == ["/x/quotewire/quotewire.toml", "/etc/quotewire/quotewire.toml"])
    let own = SettingsSources(IngestCommand.command, [], environment: ["HOME": "/h"])
    #expect(own.searched.first == "/h/.config/quotewire/quotewire.toml")
  }

  static let refused: [(String, String)] = [
    ("[ingest]\nsymbls = 'A'", "q.toml:2:1: [ingest] has no key symbls; did you mean 'symbols'?"),
    ("[ingets]\n", "q.toml:1:1: there is no command [ingets]; did you mean 'ingest'?"),
    ("lanes = 2", "q.toml:1:1: lanes is no key for all commands; write it in [ingest]"),
    ("ulr = 'x'", "q.toml:1:1: ulr is no key for all commands; did you mean 'url'?"),
    ("[ingest]\nlanes = '2'", "q.toml:2:9: lanes takes a whole number, not a string"),
    ("[ingest]\nlanes = 2.5", "q.toml:2:9: lanes takes a whole number, not a decimal number"),
    ("[ingest]\nstrict = 1", "q.toml:2:10: strict takes true or false, not a whole number"),
    ("[ingest]\nrecord = ['a']", "q.toml:2:10: record takes one value, not an array"),
    ("[ingest]\ncontract = 'tikcer'", "q.toml:2:12: --contract takes auto, ticker, stream or history, not 'tikcer'"),
    ("[ingest]\nconfig = 'x'", "q.toml:2:1: [ingest] has no key config"),
    ("[replay]\nlanes = 1", "q.toml:2:1: [replay] has no key lanes"),
    ("url = x", "q.toml:1:7: expected a value; text stands in quotes: \"x\""),
    ("url = \"${NO_SUCH}\"", "q.toml:1:8: the environment has no variable NO_SUCH"),
  ]

  @Test("what is wrong in a file is told with its place and the nearest key, with exit code 2", arguments: refused)
  func refusals(text: String, sentence: String) {
    let why = failure { _ = try settings([], file: text) }
    #expect(why?.description.contains(sentence) == true, "\(why?.description ?? "")")
    #expect(why?.exitCode == .usage)
  }

  @Test("what is wrong in the environment is told with the variable's name")
  func environment() {
    let unknown = failure { _ = try settings([], file: nil, ["QUOTEWIRE_INGEST_LANE": "2"]) }
    #expect(unknown?.description.contains("did you mean 'QUOTEWIRE_INGEST_LANES'?") == true)
    let wrong = failure { _ = try settings([], file: nil, ["QUOTEWIRE_INGEST_FIELDS": "laen"]) }
    #expect(wrong?.description.contains("QUOTEWIRE_INGEST_FIELDS") == true)
    #expect(wrong?.description.contains("did you mean 'lean'?") == true)
    let absent = failure { _ = try settings(["--config", "/nowhere/q.toml"]) }
    #expect(absent?.description.contains("/nowhere/q.toml") == true && absent?.exitCode == .usage)
  }

  @Test("a value that the command refuses is told with the line or variable that it is from")
  func located() throws {
    let it = try settings([], file: "[ingest]\nlanes = 99\n")
    let why = failure { _ = try IngestCommand.settings(it) }
    #expect(why.map { it.located($0).description }?.contains("q.toml:2: --lanes takes") == true)
  }

  @Test(
    "secrets are not shown",
    arguments: [
      ("token", "abc", "***"), ("url", "wss://me:pw@h/x", "wss://me:***@h/x"), ("url", "wss://tok@h", "wss://***@h"),
      ("url", "wss://h/x?token=abc&a=1", "wss://h/x?token=***&a=1"), ("to", "csv:o?ring=5", "csv:o?ring=5"),
      ("to", "nats://u:p@h?password=x", "nats://u:***@h?password=***"), ("record", "a@b", "a@b"),
    ])
  func masks(option: String, text: String, shown: String) { #expect(SecretMask.masked(text, option: option) == shown) }

  @Test("check tells values with origins, masks what a secret variable gave, and plans the lanes")
  func check() throws {
    let file = "url = \"ws://127.0.0.1/${MY_TOKEN}\"\n[ingest]\nlanes = 2\nsymbols = ['A', 'B', 'C']\n"
    let it = try settings(["--strict"], file: file, ["MY_TOKEN": "hidden", "QUOTEWIRE_INGEST_TYPES": "Quote"])
    let sources = SettingsSources(IngestCommand.command, [], environment: [:])
    let text = CheckCommand.table(IngestCommand.command, it, sources)
    let rows = text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
    #expect(rows.contains("url *** \(folder.file("q.toml")):1"))
    #expect(rows.contains("lanes 2 \(folder.file("q.toml")):3"))
    #expect(rows.contains("strict true command line"))
    #expect(rows.contains("types Quote environment QUOTEWIRE_INGEST_TYPES"))
    #expect(rows.contains("contract auto default") && !text.contains("hidden"))
    let plan = try CheckCommand.plan(try IngestCommand.settings(it))
    #expect(plan.contains("plan: 3 symbols, 3 topics, 2 lanes\n"))
  }

  @Test(
    "check refuses what the command itself would refuse, and does so with every command that takes settings",
    arguments: [
      ("ingest", [], "lanes = 99", "--lanes takes"), ("ingest", [], "stale-after = 'Quot=5'", "no event type 'Quot'"),
      ("ingest", [], "metrics = '0.0.0.0:1'", "other machines"), ("ingest", [], "token-file = '/nowhere'", "/nowhere"),
      ("top", [], "log-level = 'loud'", "--log-level"), ("top", ["a.qwr"], "speed = 'fast'", "--speed takes"),
      ("replay", ["a.qwr"], "start = 'noon'", "--start takes"), ("serve", [], "generate = 'seed=x'", "--generate"),
      ("serve", [], "answers = 'seed=1'\nlimits = 'topics=0'", "--limits"),
      ("collect", ["sp500"], "types = ['Candle']", "has no Candle"), ("collect", ["sp50"], "lanes = 1", "sp500"),
      ("candles", ["AAPL{=5m}"], "from = 'noon'", "--from"), ("candles", [], "from = '2026-01-02'", "no symbol"),
      ("book", ["A"], "depth = 0", "--depth"), ("book", ["A"], "to = 'x'", "--to"),
      ("raw", [], "answer-timeout = 0", "--answer-timeout"), ("doctor", [], "url = 'http://x'", "--url"),
      ("convert", ["Quote.csv", "b.csv"], "split-by = 'hour'", "--split-by"), ("eod", ["a.qwr"], "jobs = 0", "--jobs"),
      ("generate", ["seed=x", "a.qwr"], "zstd = true", "seed"), ("login", [], "account-url = 'x'", "--account-url"),
      ("ctl", ["stay"], "ctl = '/x'", "stay"), ("ctl", ["stats"], "ctl = ''", "--ctl"),
    ] as [(String, [String], String, String)])
  func checked(name: String, words: [String], line: String, sentence: String) throws {
    let command = try CommandTable.command(name)
    let path = folder.file("q.toml")
    _ = try write("[\(name)]\n\(line)\n")
    let sources = SettingsSources(command, words + ["--config", path], environment: [:])
    let why = failure { _ = try CheckPlan.text(command, try sources.arguments()) }
    #expect(why?.description.contains(sentence) == true, "\(why?.description ?? "nothing is wrong")")
  }

  @Test("check has a plan for every command that takes settings")
  func plans() {
    #expect(CheckPlan.known == Set(CommandTable.all.filter(\.takesSettings).map(\.name)))
  }

  @Test("every key for all commands is an option of some command")
  func shared() {
    for name in SharedOptions.names {
      #expect(CommandTable.all.contains { $0.takesSettings && $0.option(name) != nil }, "\(name)")
    }
  }
}
