import Bytes
import DXLink
import IO
import Ingest
import Market
import Sinks
import Watch

enum IngestCommand {
  static let demoURL = "wss://demo.dxfeed.com/market-data/dxlink-ws"
  static let defaultSymbols = ["SPY", "QQQ", "AAPL", "MSFT", "NVDA", "AMZN", "GOOGL", "META", "TSLA", "IBM"]
  static let defaultTypes = "Quote,Trade"
  /// Longest symbols file, in bytes.
  static let maximumSymbolsBytes = 64 << 20

  static let command = Command(
    name: "ingest", summary: "take a live dxLink feed into files, standard output and a recording", operands: "",
    operandCount: 0...0,
    options: [
      OptionSpec("url", "URL", "the feed (default: the public demo feed,\n\(demoURL))"),
      OptionSpec(
        "types", "TYPES", "event types, separated by commas (default: \(defaultTypes));\n'all' for every type"),
      OptionSpec(
        "symbols", "SYMBOLS", repeats: true,
        "symbols, separated by commas; '*' for all\n"
          + "(default: \(defaultSymbols.count) well-known ones). Commas inside { } belong to the symbol"),
      OptionSpec("symbols-file", "FILE", "symbols from a file, one a line; # begins a comment"),
      OptionSpec(
        "from-time", "TIME",
        "history of candles and other time series from here on:\n"
          + "2026-01-02, 2026-01-02T14:30:00Z, or milliseconds since 1970"),
      DepthOptions.sources,
      DepthOptions.dom, DepthOptions.depth, DepthOptions.period, DepthOptions.domTo,
      RunOptions.sinks, RunOptions.snapshots,
      OptionSpec("record", "FILE.qwr", "record the session as it arrives"),
      OptionSpec(
        "record-policy", "POLICY", values: .oneOf(["wait", "drop"]),
        "wait (default) or drop when the disk cannot keep up"),
      OptionSpec(
        "record-sync", "SECONDS",
        "flush the recording to the device this often: what a power cut may cost\n(default: 5)"),
      OptionSpec("record-zstd", "compress the recording (needs libzstd)"),
      LaneOptions.lanes, LaneOptions.symbolsPerLane, LaneOptions.topicsPerLane, LaneOptions.shard,
      LaneOptions.changes, LaneOptions.chunk, LaneOptions.snapshots,
      OptionSpec(
        "contract", "CONTRACT", values: .oneOf(["auto", "ticker", "stream", "history"]),
        "auto (default), ticker, stream or history"),
      OptionSpec(
        "fields", "FIELDS", values: .oneOf(["all", "lean"]),
        "all (default) or lean: how many fields of each type to ask for"),
      OptionSpec("token-env", "VAR", "take the token from this environment variable"),
      OptionSpec("token-file", "FILE", "take the token from this file, read again for each connection"),
    ] + AccountOptions.specs + [
      OptionSpec("ca-file", "FILE", "trust the authorities in this PEM file instead of the system's"),
      OptionSpec("insecure-plaintext", "allow ws:// to other machines; everything is readable on the way"),
      OptionSpec(
        "compress",
        "offer the server to compress messages (permessage-deflate; needs zlib):\n"
          + "fewer bytes on the way for more CPU at both ends"),
      OptionSpec(
        "connect-to", "IP:PORT",
        "connect there, as through a tunnel, instead of looking up the URL's host;\n"
          + "the certificate still has to be for that host"),
      OptionSpec(
        "max-texts", "N",
        "texts (symbols, codes, messages) that a lane keeps apart; a row whose symbol finds\n"
          + "no room is malformed (default: 131072 and 4 a subscription; 2097152 with '*')"),
      OptionSpec(
        "answer-timeout", "SECONDS",
        "how long the feed may take for each step until its channel is open: name\n"
          + "service, TCP, TLS, WebSocket, SETUP, AUTH_STATE, CHANNEL_OPENED (default: 10)"),
      OptionSpec("keepalive", "SECONDS", "the time-out that we announce (default: 60)"),
      OptionSpec(
        "batch-micros", "N",
        "let bytes gather for up to N microseconds before they are read: one wake-up\n"
          + "then serves many frames. Less CPU, that much more latency (default: 0)"),
      OptionSpec(
        "spin-micros", "N",
        "look for bytes again and again for N microseconds before sleeping: less\n"
          + "latency, up to a whole core of CPU (default: 0)"),
      OptionSpec("for", "SECONDS", "end after this time (90, 90s, 5m, 2h)"),
      RunOptions.limit,
      OptionSpec(
        "reconnect", "N|forever",
        "attempts in a row after a loss; 0 ends at the first loss\n(default: forever once a connection stood)"),
      RunOptions.stats, RunOptions.noDigest, RunOptions.interval, ControlOptions.ctl, RunOptions.strict,
      RunOptions.force,
      WatchOptions.watch, WatchOptions.staleAfter,
    ] + WatchOptions.page,
    notes: """
      Examples:
        quotewire ingest --types Quote,Trade --symbols AAPL,SPY --for 30 --to ndjson:-
        quotewire ingest --symbols-file my.txt --record day.qwr --to csv:out --stats stats.json
      Ctrl-C ends in good order: connections are closed, files completed; a second one ends at once.
      SIGHUP reads the configuration file and the symbols file again, unless standard error is a terminal and
      there is no --ctl.
      """,
    run: run)

  @Sendable
  static func run(_ arguments: Arguments) throws(CommandFailure) -> ExitCode {
    try run(arguments, picture: arguments.has("watch") ? .beside : .none)
  }

  static func run(_ arguments: Arguments, picture: RunView.Picture) throws(CommandFailure) -> ExitCode {
    try WatchOptions.applyLog(arguments)
    let console = Console()
    // A terminal that is closed ends the run, unless somebody means to control it otherwise. Before any thread starts.
    let hangUp = arguments.has("ctl") || !console.isLive ? HangUpSignal() : nil
    var settings = try settings(arguments)
    // A token file is read again for each connection; one that cannot be read at all is told before there is any.
    do { _ = try settings.lane.token.read() } catch { throw CommandFailure("--token-file: \(error)") }
    let dom = try DOMOutput(arguments, &settings.run)
    var hooks = try RunEnd.hooks(console, arguments)
    let service = try Service.attach(&hooks, &settings)
    let view = try RunView.make(
      arguments, console, try watched(settings, arguments), picture, attention: hooks.attention)
    view?.attach(&settings.run)
    view?.join(&hooks)
    let control = try ControlOptions.control(arguments, &settings, &hooks, hangUp, service)
    var outcome: RunOutcome
    do { outcome = try IngestRun.run(settings, hooks) } catch {
      view?.leave()
      console.clear()
      throw CommandFailure(error.description, RunEnd.exitCode(error.kind))
    }
    view?.close(&outcome)
    service?.stopping()
    // No command comes between the end and its figures.
    withExtendedLifetime(control) {}
    try dom.finish()
    return try RunEnd.close(outcome, console, arguments)
  }

  /// What is to be watched of a live run. The address has no path and no query: they may hold a token.
  static func watched(
    _ settings: IngestSettings, _ arguments: Arguments
  ) throws(CommandFailure) -> RunObserver.Settings {
    var watched = RunObserver.Settings()
    watched.source = settings.lane.url.endpoint.description
    let subscribed = Set(settings.lane.subscriptions.map(\.type))
    watched.types = EventType.allCases.filter { subscribed.contains($0) }
    watched.staleLimits = try WatchOptions.staleLimits(arguments, subscribed: watched.types)
    return watched
  }

  static func settings(_ arguments: Arguments) throws(CommandFailure) -> IngestSettings {
    var lane = try connection(try url(arguments), arguments)
    if arguments.has("compress") {
      do { lane.deflate = try .zlib(asClient: true) } catch { throw CommandFailure("--compress: \(error)") }
    }
    lane.session.contract = try contract(arguments)
    lane.session.fieldLists = try fieldLists(arguments)
    if let seconds = try arguments.seconds("keepalive") {
      guard seconds >= 1 else { throw .usage("--keepalive takes at least 1 second") }
      lane.session.keepaliveSeconds = seconds
    }
    try limits(arguments, &lane)
    try DepthOptions.take(arguments, &lane.session)
    lane.subscriptions = try subscriptions(arguments)
    lane.reconnect = try reconnect(arguments)
    lane.batchMicros = try arguments.int("batch-micros", in: LaneSettings.batchRange) ?? 0
    lane.spinMicros = try arguments.int("spin-micros", in: LaneSettings.spinRange) ?? 0
    var settings = IngestSettings(lane: lane)
    settings.run = try RunOptions.settings(arguments)
    settings.run.wantsDigest = arguments.has("stats") && !arguments.has("no-digest")
    if !settings.lane.subscriptions.contains(where: { $0.symbol == "*" }) {
      settings.run.texts = .feed(subscriptions: settings.lane.subscriptions.count)
    }
    if let most = try arguments.int("max-texts", in: 1...100_000_000) {
      settings.run.texts.maximumTexts = most
      settings.run.texts.maximumBytes = max(settings.run.texts.maximumBytes, 128 * most)
    }
    try LaneOptions.apply(arguments, to: &settings)
    settings.record = arguments.string("record")
    if let policy = arguments.string("record-policy") {
      guard let known = RecordingPolicy(rawValue: policy) else {
        throw .usage("--record-policy is wait or drop, not '\(policy)'")
      }
      settings.recordingPolicy = known
    }
    if let seconds = try arguments.seconds("record-sync") {
      let range = IngestSettings.recordingSyncRange
      guard range.contains(seconds) else {
        throw .usage("--record-sync takes \(range.lowerBound) to \(Int(range.upperBound)) seconds")
      }
      settings.recordingSyncSeconds = seconds
    }
    settings.compressesRecording = arguments.has("record-zstd")
    settings.seconds = try arguments.seconds("for")
    return settings
  }

  private static func limits(_ arguments: Arguments, _ lane: inout LaneSettings) throws(CommandFailure) {
    if let seconds = try arguments.seconds("answer-timeout") {
      guard answerRange.contains(seconds) else {
        throw .usage("--answer-timeout takes \(answerRange.lowerBound) to \(answerRange.upperBound) seconds")
      }
      lane.connector.limitPhases(millis: Int(seconds * 1000))
      lane.upgradeLimitMillis = Int(seconds * 1000)
      lane.session.answerSeconds = seconds
    }
    guard let text = arguments.string("connect-to") else { return }
    let endpoint = try? Endpoint(parsing: text)
    guard let endpoint, let address = SocketAddress(numeric: endpoint.host, port: endpoint.port) else {
      throw .usage("--connect-to takes an address with its port, as 127.0.0.1:7000 or [::1]:7000, not '\(text)'")
    }
    lane.connector.address = address
  }

  /// What --answer-timeout takes, in seconds.
  static let answerRange = 0.1...3600.0

  static func url(_ arguments: Arguments) throws(CommandFailure) -> FeedURL {
    let url: FeedURL
    do { url = try FeedURL(parsing: arguments.string("url") ?? demoURL) } catch {
      throw .usage("--url: \(error)")
    }
    if !url.isSecure && !url.endpoint.isLoopback && !arguments.has("insecure-plaintext") {
      throw .usage(
        "--url \(url): ws:// sends everything in the clear; use wss://, or --insecure-plaintext if you mean it"
      )
    }
    return url
  }

  /// How to reach the feed, for every command that does.
  static func connection(_ url: FeedURL, _ arguments: Arguments) throws(CommandFailure)
    -> LaneSettings
  {
    var lane = LaneSettings(url: url)
    let usesAccount = try AccountOptions.method(arguments) == .tastytrade
    if url.isSecure || usesAccount { lane.tls = try AccountOptions.tls(arguments) }
    lane.token = usesAccount ? .renewed(try AccountOptions.account(arguments, feed: url)) : try token(arguments)
    lane.backoff = Backoff(seed: RandomBytes.next())
    lane.userAgent = "quotewire/\(Version.product)"
    lane.productVersion = "quotewire \(Version.product)"
    lane.session.maximumTopics = maximumTopics
    return lane
  }

  /// Topics of one connection that we keep account of.
  static let maximumTopics = 2_000_000

  private static func contract(_ arguments: Arguments) throws(CommandFailure) -> Contract {
    guard let text = arguments.string("contract") else { return .auto }
    guard let contract = Contract(rawValue: text.uppercased()) else {
      throw .usage("--contract is auto, ticker, stream or history, not '\(text)'")
    }
    return contract
  }

  private static func fieldLists(_ arguments: Arguments) throws(CommandFailure) -> FieldLists {
    switch arguments.string("fields") ?? "all" {
    case "all": return FieldLists(.all)
    case "lean": return FieldLists(.essential)
    case let other: throw .usage("--fields is all or lean, not '\(other)'")
    }
  }

  static func token(_ arguments: Arguments) throws(CommandFailure) -> TokenSource {
    if arguments.has("token-env") && arguments.has("token-file") {
      throw .usage("give --token-env or --token-file, not both")
    }
    if let path = arguments.string("token-file") { return .file(path) }
    guard let name = arguments.string("token-env") else { return .none }
    guard let value = Environment.value(name) else {
      throw .usage("--token-env: the environment has no variable \(name); set it, or use --token-file")
    }
    return .value(value)
  }

  private static func reconnect(_ arguments: Arguments) throws(CommandFailure) -> ReconnectLimit? {
    guard let text = arguments.string("reconnect") else { return nil }
    if text == "forever" { return .forever }
    guard let n = Int(text), n >= 0 else { throw .usage("--reconnect takes a number or 'forever', not '\(text)'") }
    return .attempts(n)
  }
}
