import Depth
import Ingest

enum BookCommand {
  static let command = Command(
    name: "book", summary: "order books: price levels and the top, live or of recordings",
    operands: "SYMBOL...|FILE.qwr...", operandCount: 1...512,
    options: [
      OptionSpec("url", "URL", "the feed (default: the public demo feed,\n\(IngestCommand.demoURL))"),
      OptionSpec("type", "TYPE", "Order (default), SpreadOrder, AnalyticOrder or OtcMarketsOrder"),
      OptionSpec(
        "sources", "SOURCES", repeats: true,
        "sources, separated by commas, such as ntv,NTV: a book each (default: all)"),
      OptionSpec("source", "SOURCE", repeats: true, "the same"),
      OptionSpec("depth", "LEVELS", "levels a side (default: \(DepthRange.standard))"),
      OptionSpec("dom", "the snapshots of the DOM service instead of books of orders"),
      DepthOptions.period,
      OptionSpec("symbols", "SYMBOLS", repeats: true, "only these symbols of the recordings"),
      OptionSpec(
        "to", "TARGET",
        "rows: \(DepthTarget.known)\n(default: a table on a terminal, else ndjson:-)"),
      OptionSpec("record", "FILE.qwr", "record the session as it arrives"),
      OptionSpec("token-env", "VAR", "take the token from this environment variable"),
      OptionSpec("token-file", "FILE", "take the token from this file, read again for each connection"),
    ] + AccountOptions.specs + [
      OptionSpec("ca-file", "FILE", "trust the authorities in this PEM file instead of the system's"),
      OptionSpec("insecure-plaintext", "allow ws:// to other machines; everything is readable on the way"),
      OptionSpec("speed", "SPEED", "of recordings: max (default), or a factor: 1 is as recorded"),
      OptionSpec("for", "SECONDS", "end after this time (90, 90s, 5m, 2h)"),
      OptionSpec("limit", "ROWS", "end after this many rows"),
      OptionSpec("max-orders", "N", "orders of one book; further ones are refused and counted (default: 100000)"),
      RunOptions.strict, RunOptions.force,
    ],
    notes: """
      A row for each snapshot, and for each commit that changes one of the best levels; nothing of a snapshot
      or transaction under way is shown. Books may be crossed: they are as the feed sends them.
      Examples:
        quotewire book AAPL --source ntv --depth 10
        quotewire book AAPL MSFT --source NTV --depth 1 --for 60 --to csv:top.csv
        quotewire book day.qwr --symbols AAPL --to ndjson:- | head
        quotewire book AAPL --dom --source ntv --depth 5
      """,
    run: run)

  @Sendable
  static func run(_ arguments: Arguments) throws(CommandFailure) -> ExitCode {
    let console = Console()
    let request = try BookRequest(arguments)
    let output = try BookOutput(request, arguments)
    var hooks = try RunEnd.hooks(console, arguments)
    hooks.tick = { _ in output.draw() }
    let outcome: RunOutcome
    if request.files.isEmpty {
      let settings = try request.live(output, arguments)
      outcome = try ran { () throws(RunFailure) in try IngestRun.run(settings, hooks) }
    } else {
      let settings = try request.replay(output, arguments)
      outcome = try ran { () throws(RunFailure) in try ReplayRun.run(settings, hooks) }
    }
    return try output.end(outcome, console, arguments)
  }

  private static func ran(_ body: () throws(RunFailure) -> RunOutcome) throws(CommandFailure) -> RunOutcome {
    do throws(RunFailure) { return try body() } catch {
      throw CommandFailure(error.description, RunEnd.exitCode(error.kind))
    }
  }
}
