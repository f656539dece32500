import EndOfDay
import IO
import Ingest
import Sinks

enum EndOfDayCommand {
  static let command = Command(
    name: "eod", summary: "recordings into finished Parquet files and bars, again only for what changed",
    operands: "DAY.qwr...", operandCount: 1...512,
    options: [
      OptionSpec("to", "DIR", "the folder of the files (default: the first recording's path\nwith -eod for .qwr)"),
      OptionSpec(
        "codec", "CODEC", values: .oneOf(PageCompression.names),
        "compression: zstd, snappy or none (default: zstd where libzstd is\ninstalled, else snappy)"),
      OptionSpec("no-bars", "make no minute and day bars"),
      OptionSpec("jobs", "N", "threads that encode (default: one for each core)"),
      RunOptions.strict,
      OptionSpec("force", "make everything anew; replace files of others"),
    ],
    notes: """
      DIR gets TYPE.parquet for each event type, bars-1m.parquet and bars-1d.parquet, gaps.csv where
      there were gaps, and manifest.json, the last, with counts and checksums that reconcile with the
      recordings. Several recordings are merged by arrival time. Bars are of UTC, made of TimeAndSale
      where a symbol has some, with corrections and cancels, else of Trade. Candle events of the
      recordings are held against them.
      Run again, it makes what is missing, damaged or of other recordings or options, and nothing else.
      Exit codes: 0 done or nothing to do, 1 failed (also: the figures do not reconcile), 4 the
      recordings hold gaps, malformed data or damage and --strict was given, 130 interrupted.
      Example:
        quotewire eod monday.qwr --to lake/monday
      """,
    run: run)

  @Sendable
  static func run(_ arguments: Arguments) throws(CommandFailure) -> ExitCode {
    let console = Console()
    let settings = try settings(arguments)
    let hooks = try RunEnd.hooks(console, arguments)
    let outcome: EndOfDayOutcome
    do throws(EndOfDayError) {
      outcome = try EndOfDayRun.run(settings, hooks)
      console.clear()
    } catch {
      console.clear()
      throw failure(error)
    }
    tell(outcome, settings, console)
    if arguments.has("strict") && !outcome.manifest.isLossless {
      throw CommandFailure("the recordings hold losses: \(losses(outcome.manifest))", .lossy)
    }
    return .done
  }

  static func settings(_ arguments: Arguments) throws(CommandFailure) -> EndOfDaySettings {
    var settings = EndOfDaySettings(recordings: arguments.operands, folder: folder(arguments))
    if let codec = arguments.string("codec") {
      guard PageCompression.names.contains(codec) else {
        throw .usage("--codec takes \(PageCompression.names.joined(separator: ", ")), not '\(codec)'")
      }
      settings.codec = codec
    }
    settings.makesBars = !arguments.has("no-bars")
    settings.jobs = try arguments.int("jobs", in: EndOfDaySettings.jobsRange)
      ?? min(Processors.count, EndOfDaySettings.jobsRange.upperBound)
    settings.force = arguments.has("force")
    return settings
  }

  private static func folder(_ arguments: Arguments) -> String {
    if let folder = arguments.string("to") {
      return folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    }
    let first = arguments.operands[0]
    return (first.hasSuffix(".qwr") ? String(first.dropLast(4)) : first) + "-eod"
  }

  private static func failure(_ error: EndOfDayError) -> CommandFailure {
    switch error {
    case .usage(let words): .usage(words)
    case .interrupted: CommandFailure(error.description, .interrupted)
    default: CommandFailure(error.description)
    }
  }

  private static func tell(_ outcome: EndOfDayOutcome, _ settings: EndOfDaySettings, _ console: Console) {
    let manifest = outcome.manifest
    let folder = settings.folder
    for reason in outcome.reasons { console.say("\(folder): \(reason)") }
    let recordings = "\(manifest.inputs.count) recording\(manifest.inputs.count == 1 ? "" : "s")"
    if outcome.made.isEmpty {
      let files = manifest.outputs.count
      console.say("\(folder): nothing to do: \(recordings) and \(files) files are as the manifest says")
    } else {
      let counts = manifest.counts
      var text = "\(folder): \(outcome.made.count) file\(outcome.made.count == 1 ? "" : "s") of \(recordings): "
      text += "\(counts.frames) frames, \(counts.decoded) rows"
      if let ticks = manifest.ticks {
        let minutes = manifest.output(BarPeriod.minute.fileName)?.rows ?? 0
        let days = manifest.output(BarPeriod.day.fileName)?.rows ?? 0
        text += ", \(minutes) minute and \(days) day bars of \(ticks.used) trades"
      }
      console.say(text + "; the figures reconcile")
    }
    for input in manifest.inputs where !input.summary.isWhole {
      let s = input.summary
      console.say(
        "\(input.name): \(s.verdict): \(s.damagedBytes) bytes damaged, \(s.tornBytes) torn at its end, at least "
          + "\(s.entriesLost) entries lost; the files hold what could be read")
    }
    if !manifest.isLossless { console.say("\(folder): \(losses(manifest))") }
    if let candles = manifest.candles, candles.seen > 0 { tell(candles, folder, console) }
  }

  private static func tell(_ candles: CandleReport, _ folder: String, _ console: Console) {
    let compared = candles.equal + candles.differing
    var text = "\(folder): \(compared) of \(candles.seen) candles compared with bars: \(candles.equal) equal, "
    text += "\(candles.differing) of \(candles.symbolsDiffering) symbols differ"
    if candles.notCovered > 0 { text += "; \(candles.notCovered) of times that the recordings do not cover" }
    console.say(text)
    for difference in candles.first { console.say("\(folder): \(difference)") }
  }

  private static func losses(_ manifest: Manifest) -> String {
    let counts = manifest.counts
    let damaged = manifest.inputs.count { !$0.summary.isWhole }
    let parts: [(Int, String)] = [
      (counts.gaps, "gaps"), (counts.malformed, "malformed rows"), (counts.malformedFrames, "malformed messages"),
      (counts.refusedTexts, "texts without room"), (damaged, "damaged or torn recordings"),
    ]
    return parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
  }
}
