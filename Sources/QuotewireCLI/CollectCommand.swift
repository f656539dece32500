import Bytes
import Collect
import DXLink
import IO
import Ingest
import Market
import Sinks

enum CollectCommand {
  /// Age up to which a cached answer serves, in seconds.
  static let maximumAgeSeconds = 60.0
  /// What a collection of all symbols at once may take, in seconds: subscriptions go out at some 2,000 a second.
  static func limitSeconds(subscriptions: Int) -> Double { 10 + Double(subscriptions / 1000) }

  static let command = Command(
    name: "collect", summary: "a snapshot of many symbols: the latest events of each, from the feed or a cache",
    operands: "UNIVERSE", operandCount: 1...1, operandValues: .wordOr(SymbolList.all.map(\.name)),
    options: [
      OptionSpec("url", "URL", "the feed (default: the public demo feed,\n\(IngestCommand.demoURL))"),
      OptionSpec(
        "types", "TYPES",
        "event types, separated by commas (default: \(IngestCommand.defaultTypes)):\n"
          + CollectTypes.known.map(\.name).joined(separator: ", ") + ",\nor 'all' for each of them"),
      OptionSpec(
        "to", "SINK", repeats: true, values: RunOptions.sinks.values,
        "where the events go instead of a table on standard output;\nmay be given several times: \(SinkSpec.known)"),
      OptionSpec("lanes", "N", "connections, each with a share of the symbols (default: 1)"),
      OptionSpec("sequential", "ask for one symbol after the other has answered"),
      OptionSpec("parallel", "N", "ask for at most N symbols that have not answered (default: all at once)"),
      OptionSpec(
        "max-age", "SECONDS",
        "serve from the cache what was collected at most so\nlong ago (60, 90s, 5m; default: 60)"),
      OptionSpec("refresh", "collect anew, whatever is in the cache"),
      OptionSpec("offline", "serve from the cache alone: of any age, or within --max-age"),
      OptionSpec("no-cache", "neither read nor write the cache"),
      OptionSpec(
        "for", "SECONDS",
        "end after this time with what has come\n(default: 10, and 1 for each 1,000 subscriptions;\n"
          + "with --sequential or --parallel none)"),
      OptionSpec("token-env", "VAR", "take the token from this environment variable"),
      OptionSpec("token-file", "FILE", "take the token from this file, read again for each connection"),
    ] + AccountOptions.specs + [
      OptionSpec("ca-file", "FILE", "trust the authorities in this PEM file instead of the system's"),
      OptionSpec("insecure-plaintext", "allow ws:// to other machines; everything is readable on the way"),
      OptionSpec("strict", "exit with 4 when a symbol has no answer"), RunOptions.force,
    ], notes: notes, run: run)

  private static var notes: String {
    var text = "UNIVERSE is a list that is built in, a file with a symbol a line, or a pattern:\n"
    for list in SymbolList.all { text += ServeCommand.line(list.name, "\(list.meaning), as of \(list.asOf)") }
    text += ServeCommand.line("FILE", "a symbol a line; # begins a comment; a file named like a list is ./NAME")
    text += ServeCommand.line("PATTERN", "groups in braces: '.AAPL260116{C,P}{150..250:5}', '{SPY,QQQ}'")
    return text + """
      In the table - is a value that the feed does not have, ? a type without an answer.
      The cache lies in $XDG_CACHE_HOME/quotewire, or ~/.cache/quotewire.
      Exit codes: 0 done, also where symbols have no answer (they are named); 1 failed, or no symbol
      at all answered; 4 a symbol has no answer and --strict was given.
      """
  }

  @Sendable static func run(_ arguments: Arguments) throws(CommandFailure) -> ExitCode {
    let console = Console()
    let request = try CollectRequest(arguments)
    let answer = try answer(request, arguments, console)
    if answer.snapshot.count == 0 && !answer.wasInterrupted {
      throw CommandFailure("no symbol of \(request.universe.name) has answered; check --url, --types and the symbols")
    }
    try write(answer.snapshot, request, console)
    tell(answer, console)
    if let trouble = answer.finish() { console.say(trouble) }
    if answer.wasInterrupted { return .interrupted }
    return answer.snapshot.isComplete || !arguments.has("strict") ? .done : .lossy
  }

  private static func answer(_ request: CollectRequest, _ arguments: Arguments, _ console: Console)
    throws(CommandFailure) -> Answer
  {
    let collection = CachedCollection(
      cache: request.cache, key: request.key, freshness: request.freshness, limitMillis: request.limitMillis,
      say: { console.say($0) })
    do throws(CollectError) {
      return try collection.answer { () throws(CollectError) -> Collected in
        let hooks = try hooks(console, symbols: request.universe.symbols.count)
        defer { console.clear() }
        return try Collection.run(try request.collection(arguments), hooks)
      }
    } catch { throw CollectRequest.failure(error) }
  }

  private static func hooks(_ console: Console, symbols: Int) throws(CollectError) -> CollectionHooks {
    let signals: Signals
    let limit: EndLimit
    do {
      signals = try Signals()
      limit = try EndLimit(signals, console)
    } catch { throw .noThread("\(error)") }
    var hooks = CollectionHooks(attention: signals.wakeup)
    hooks.request = {
      switch limit.request {
      case .none: .none
      case .drain: .drain
      case .stop: .abandon
      }
    }
    hooks.tick = { if console.isLive { console.show("\($0) of \(symbols) symbols") } }
    hooks.say = { console.say($0) }
    return hooks
  }

  private static func write(_ snapshot: borrowing Snapshot, _ request: CollectRequest, _ console: Console)
    throws(CommandFailure)
  {
    if request.sinks.isEmpty {
      do throws(IOError) {
        var table = ByteWriter(capacity: 64 << 10)
        SnapshotTable.append(snapshot, to: &table)
        _ = try unsafe table.withBytes { bytes throws(IOError) in try unsafe StandardStream.output.write(bytes) }
      } catch {
        throw CommandFailure("\(error)")
      }
      return
    }
    do throws(CollectError) {
      try SnapshotSinks.write(snapshot, to: request.sinks, force: request.force) { console.say($0) }
    } catch { throw CollectRequest.failure(error) }
  }

  /// Where the answer is from, and which symbols have none.
  private static func tell(_ answer: borrowing Answer, _ console: Console) {
    let symbols = answer.snapshot.symbols.count
    if let age = answer.ageSeconds {
      console.say("\(symbols) symbols from the cache, \(Int(age)) s old; --refresh collects anew")
    } else if let seconds = answer.collectedSeconds {
      console.say("\(symbols) symbols collected in \((seconds * 1000).rounded() / 1000) s")
    }
    for (type, without) in answer.snapshot.missing {
      let names = without.prefix(namedSymbols).joined(separator: ", ")
      let more = without.count > namedSymbols ? " and \(without.count - namedSymbols) more" : ""
      console.say("no \(type.name) from \(without.count) of \(symbols) symbols: \(names)\(more)")
    }
  }

  /// Symbols without an answer that are named, for each type; the table marks every one.
  static let namedSymbols = 1000
}
