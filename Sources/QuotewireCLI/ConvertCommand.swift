import Conversion
import IO
import Ingest
import Market
import Sinks

enum ConvertCommand {
  static let command = Command(
    name: "convert", summary: "turn recordings, frame text, CSV, NDJSON and Arrow into one another and Parquet",
    operands: "IN... OUT", operandCount: 2...(ConversionRun.maximumInputs + 1),
    options: [
      OptionSpec(
        "from", "FORMAT", values: known,
        "what IN is, whatever its name: \(formats)"),
      OptionSpec("to", "FORMAT", values: known, "what OUT is to be"),
      OptionSpec(
        "type", "TYPE", values: .wordOr(EventType.allCases.map(\.name)),
        "the event type of CSV rows whose file is not named after it"),
      OptionSpec("types", "TYPES", repeats: true, "only events of these types, as in Quote,Trade"),
      OptionSpec("symbols", "SYMBOLS", repeats: true, "only events of these symbols, as in AAPL,SPY"),
      OptionSpec("start", "TIME", "only what arrived at this time or later: 2026-01-02T14:30:00Z, or\nmilliseconds"),
      OptionSpec("stop", "TIME", "only what arrived at this time or before"),
      RunOptions.limit,
      OptionSpec(
        "split-by", "type|symbol|day",
        "a folder of files: one a type (as without it), or a folder for\neach symbol or UTC day of arrival"),
      OptionSpec(
        "merge", "merge several IN by arrival; without it they come one after the other\n(recordings always are)"),
      OptionSpec(
        "codec", "CODEC", values: .wordOr(PageCompression.names),
        "of Parquet: zstd, snappy or none (default: zstd where libzstd is, else\nsnappy)"),
      OptionSpec(
        "threads", "N",
        "threads that convert CSV, NDJSON and Arrow (default: one a core);\n"
          + "1: a recording goes into Arrow by one thread too"),
      OptionSpec(
        "base", "TIME", "when frame text begins: 2026-01-02T14:30:00Z or milliseconds since 1970\n(default: 1970)"),
      OptionSpec("zstd", "compress a recording that is written (needs libzstd)"),
      RunOptions.stats, RunOptions.strict, RunOptions.force,
    ],
    notes: """
      The format follows from the name: FILE.qwr is a recording, FILE.ndjson NDJSON, FOLDER/ or
      FOLDER.csv a folder of CSV files, FOLDER.arrow and FOLDER.parquet folders of such files, and
      everything else frame text: one JSON frame a line, or MILLISECONDS<TAB>FRAME. Where all IN are
      CSV files of one type, or IN is one Arrow file, OUT.csv, OUT.arrow and OUT.parquet are files.
      Rows that cannot be read are left out, counted, and named by line and reason.
      Examples:
        quotewire convert frames.tsv day.qwr && quotewire replay day.qwr --to ndjson:-
        quotewire convert Quote.csv Quote.parquet
        quotewire convert day.qwr days.parquet --split-by day --symbols AAPL,SPY
      """,
    run: run)

  private static let known = OptionValues.oneOf(ConversionFormat.allCases.map(\.rawValue))
  private static let formats = ConversionFormat.allCases.map(\.rawValue).joined(separator: ", ")

  @Sendable
  static func run(_ arguments: Arguments) throws(CommandFailure) -> ExitCode {
    let plan = try ConvertPlan(arguments)
    let first = plan.paths[0]
    switch (plan.from, plan.to) {
    case (.frames, .recording): return try FrameConversion.record(try only(plan), plan.output, arguments)
    case (.recording, .recording): return try FrameConversion.rewrite(try only(plan), plan.output, arguments)
    case (.recording, .frames): return try FrameConversion.frameText(try only(plan), plan.output, arguments)
    case (.recording, _): return try RecordingConversion.run(plan, plan.paths, arguments)
    case (.frames, .frames):
      throw .usage("one of IN and OUT must be a recording (.qwr): '\(first)' and '\(plan.output)' are not")
    case (.frames, _): return try RecordingConversion.runFrames(plan, arguments)
    case (.parquet, _):
      throw .usage("'\(first)' is Parquet, which is written and not read; convert what it was made of")
    case (_, .recording), (_, .frames):
      throw .usage(
        "'\(plan.output)' is to hold frames, which '\(first)' does not have: recordings and frame text come of frames")
    default: return try convert(plan, arguments)
    }
  }

  private static func only(_ plan: ConvertPlan) throws(CommandFailure) -> String {
    guard plan.paths.count == 1 else { throw .usage("of several IN no \(plan.to.rawValue) is made; give one") }
    guard plan.settings.filter.isOpen, plan.settings.limit == nil, plan.settings.split == nil else {
      throw .usage("--types, --symbols, --start, --stop, --limit and --split-by select rows; OUT holds frames")
    }
    return plan.paths[0]
  }

  private static func convert(_ plan: ConvertPlan, _ arguments: Arguments) throws(CommandFailure) -> ExitCode {
    let console = Console()
    let limit: EndLimit
    do { limit = try EndLimit(try Signals(), console) } catch { throw CommandFailure("\(error)") }
    for path in plan.leftOut { console.say("\(path): gap marks are no events and are left out") }
    var hooks = ConversionHooks()
    hooks.isCancelled = { limit.request != .none }
    let bar = ConvertBar(console)
    hooks.tick = { bar.show($0, of: $1) }
    let report: ConversionReport
    do { report = try ConversionRun.run(plan.settings, hooks) } catch {
      console.clear()
      throw failure(error)
    }
    console.clear()
    return try close(report, plan, console, arguments)
  }

  static func failure(_ error: ConversionError) -> CommandFailure {
    if case .usage(let words) = error { return .usage(words) }
    return CommandFailure("\(error)")
  }

  /// Says what was done and chooses the exit code.
  static func close(
    _ report: ConversionReport, _ plan: ConvertPlan, _ console: Console, _ arguments: Arguments
  ) throws(CommandFailure) -> ExitCode {
    for refusal in report.refusals { console.say(refusal) }
    if report.rowsRefused > report.refusals.count {
      console.say("\(report.rowsRefused - report.refusals.count) more rows were refused")
    }
    for file in report.torn { console.say("\(file)") }
    if report.wasInterrupted {
      console.say("\(plan.output): interrupted; nothing was written")
      return .interrupted
    }
    console.say("\(plan.output): \(report.sentence)")
    if let path = arguments.string("stats") { try RunEnd.write(report.json(), to: path) }
    if arguments.has("strict") && report.rowsRefused > 0 {
      throw CommandFailure("\(report.rowsRefused) rows were refused", .lossy)
    }
    if arguments.has("strict") && !report.torn.isEmpty {
      throw CommandFailure("\(report.torn.count) files are torn at their end", .lossy)
    }
    return .done
  }
}
