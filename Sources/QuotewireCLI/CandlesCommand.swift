import Bytes
import DXLink
import History
import Ingest
import Sinks
import Snapshots

enum CandlesCommand {
  static let command = Command(
    name: "candles", summary: "the history of candles as one finished, sorted file", operands: "SYMBOL...",
    operandCount: 0...maximumSymbols, operandValues: .anything,
    options: [
      OptionSpec(
        "from", "TIME", "the first bar: 2026-01-02, 2026-01-02T14:30:00Z, or\nmilliseconds since 1970; required"),
      OptionSpec("symbols-file", "FILE", "further symbols from a file, one a line; # begins a comment"),
      OptionSpec(
        "to", "FILE",
        "FILE.csv, FILE.ndjson, FILE.arrow or FILE.parquet, which appears when it is\n"
          + "finished; - is NDJSON on standard output (default: -)"),
      OptionSpec("follow", "go on with the bars that follow, each when the next one has begun"),
      OptionSpec(
        "within", "SECONDS",
        "how long to wait for the history of all symbols\n(default: 60, and 2 for each symbol)"),
      OptionSpec("for", "SECONDS", "with --follow: end after this time (90, 90s, 5m, 2h)"),
      OptionSpec("url", "URL", "the feed (default: the public demo feed,\n\(IngestCommand.demoURL))"),
      LaneOptions.lanes, LaneOptions.snapshots,
      OptionSpec("record", "FILE.qwr", "record the session as it arrives"),
      OptionSpec("token-env", "VAR", "take the token from this environment variable"),
      OptionSpec("token-file", "FILE", "take the token from this file, read again for each connection"),
      OptionSpec("ca-file", "FILE", "trust the authorities in this PEM file instead of the system's"),
      OptionSpec("insecure-plaintext", "allow ws:// to other machines; everything is readable on the way"),
      RunOptions.stats, RunOptions.interval, RunOptions.force,
    ],
    notes: """
      The file holds the bars by symbol, in ascending time, each once; the last bar of a symbol may still be
      forming. Of a symbol whose history did not come whole it holds none.
      With --follow the bars behind the history come as they are finished: ascending for each symbol.
      Examples:
        quotewire candles 'AAPL{=5m}' 'SPY{=d}' --from 2026-01-02 --to bars.parquet
        quotewire candles --symbols-file my.txt --from 2026-01-02 | head
        quotewire candles 'AAPL{=m}' --from 2026-01-02 --follow --for 2h
      Exit codes: 0 done; 4 some symbol is incomplete (they are named).
      """,
    run: run)

  /// Symbols of one run.
  static let maximumSymbols = 100_000
  /// Symbols of one state that are named.
  static let namedSymbols = 1000

  @Sendable static func run(_ arguments: Arguments) throws(CommandFailure) -> ExitCode {
    let console = Console()
    let request = try CandlesRequest(arguments)
    let output = try CandleOutput(request)
    let settings = try request.settings(output, arguments)
    var hooks = try RunEnd.hooks(console, arguments)
    let progress = CandleProgress(console, request, interval: try RunOptions.interval(arguments))
    hooks.tick = { status in
      progress.tick(output.gathering)
      let seconds = MonotonicNanos.now().seconds(since: status.startedAt)
      if seconds >= request.withinSeconds { output.giveUp(ends: !request.follows) }
    }
    let outcome: RunOutcome
    do throws(RunFailure) { outcome = try IngestRun.run(settings, hooks) } catch {
      console.clear()
      throw CommandFailure(error.description, RunEnd.exitCode(error.kind))
    }
    console.clear()
    output.gathering.giveUp()
    let summary = output.gathering.summary
    // A run that failed before anything came leaves no file.
    if outcome.failure == nil || summary.bars > 0 { try output.finish() }
    tell(summary, request, console)
    let code = try RunEnd.close(outcome, console, arguments)
    if code == .done && !summary.incomplete.isEmpty { return .lossy }
    return code
  }

  /// One line about all symbols, and one for each state that somebody wants to know of.
  private static func tell(_ summary: CandleSummary, _ request: CandlesRequest, _ console: Console) {
    func count(_ state: SnapshotState) -> Int { summary.symbols[state]?.count ?? 0 }
    let incomplete = summary.incomplete
    let symbols = request.symbols.count == 1 ? "1 symbol" : "\(request.symbols.count) symbols"
    console.say(
      "\(summary.bars) bars of \(symbols): \(count(.complete)) complete, "
        + "\(count(.cutOff)) cut off, \(count(.empty)) empty, \(incomplete.count) incomplete")
    name("cut off (the feed has no older bars)", summary.symbols[.cutOff] ?? [], console)
    name("empty", summary.symbols[.empty] ?? [], console)
    name("incomplete (not in the file)", incomplete, console)
    if summary.lateUpdates > 0 {
      console.say("\(summary.lateUpdates) updates came for bars that had been written; they are not in the file")
    }
  }

  private static func name(_ what: String, _ symbols: [String], _ console: Console) {
    if symbols.isEmpty { return }
    // A sentence of the console has a limit too: the names go out in lines that keep to it.
    let more = symbols.count > namedSymbols ? ["and \(symbols.count - namedSymbols) more"] : []
    var line = ""
    for symbol in symbols.prefix(namedSymbols) + more {
      if line.utf8.count + symbol.utf8.count > lineBytes {
        console.say("\(what): \(line)")
        line = ""
      }
      line += (line.isEmpty ? "" : ", ") + symbol
    }
    console.say("\(what): \(line)")
  }

  private static let lineBytes = 800
}

/// The live line on a terminal and the interval line elsewhere.
private final class CandleProgress {
  private let console: Console
  private let symbols: Int
  private let interval: Double?
  private var last = MonotonicNanos.now()
  private static let liveSeconds = 0.25

  init(_ console: Console, _ request: CandlesRequest, interval: Double?) {
    self.console = console
    symbols = request.symbols.count
    self.interval = interval
  }

  func tick(_ gathering: CandleGathering) {
    let now = MonotonicNanos.now()
    guard let seconds = console.isLive ? Self.liveSeconds : interval, now.seconds(since: last) >= seconds
    else { return }
    last = now
    let (settled, bars) = gathering.progress
    let text = "\(settled) of \(symbols) symbols whole  \(Count.short(bars)) bars written"
    if console.isLive { console.show(text) } else { console.write(text + "\n") }
  }
}
