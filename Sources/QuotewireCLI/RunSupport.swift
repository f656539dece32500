import Bytes
import IO
import Ingest
import Logs
import Sinks
import Snapshots

// What `ingest` and `replay` share: sinks, signals, statistics and the exit code.

enum RunOptions {
  static let sinks = OptionSpec(
    "to", "SINK", repeats: true, values: .wordOr(["csv:", "arrow:", "parquet:", "ndjson:", "ndjson:-", "null:"]),
    "where events go; may be given several times (default: null:)\n"
      + "csv:DIR, arrow:DIR, parquet:DIR, ndjson:FILE,\nndjson:- (standard output), null:\n"
      + "options behind ?, as in 'csv:out?policy=drop&rotate-bytes=100M':\n"
      + "policy=wait|drop|conflate|spill, ring=RECORDS, nan=empty|text,\nrotate-bytes=N, rotate-seconds=N, "
      + "spill-bytes=N (1G), spill-dir=DIR\n"
      + "of arrow and parquet: rows=N, age=SECONDS, codec=none|lz4 or\nnone|snappy|zstd; of parquet: group-bytes=N")
  static let snapshots = OptionSpec(
    "snapshots", "MODE",
    "raw (default): events as they come, with their flags; committed: snapshots\n"
      + "and transactions of indexed types only when they are whole, and after a gap\n"
      + "the history of time series from the newest row on, nothing twice")
  static let limit = OptionSpec("limit", "EVENTS", "end after this many events")
  static let force = OptionSpec("force", "replace files that exist")
  static let stats = OptionSpec("stats", "FILE|-", "write one JSON object with the run's figures at the end")
  static let noDigest = OptionSpec(
    "no-digest", "leave the digest out of --stats, which costs a few nanoseconds an event")
  static let interval = OptionSpec(
    "interval", "SECONDS",
    "seconds between progress lines where there is no terminal\n(default: 10 with --stats, else none)")
  static let strict = OptionSpec("strict", "exit with 4 when anything was lost or malformed")

  static func settings(_ arguments: Arguments) throws(CommandFailure) -> RunSettings {
    var run = RunSettings()
    for text in arguments.all("to") {
      do { run.sinks.append(try SinkSpec(parsing: text)) } catch { throw .usage("\(error)") }
    }
    let names = run.sinks.map(\.name)
    if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
      throw .usage("--to \(twice) was given twice; give each sink once")
    }
    if run.sinks.isEmpty { run.sinks = [try nullSink()] }
    run.limit = try arguments.int("limit", in: 1...Int.max)
    run.force = arguments.has("force")
    if let text = arguments.string("snapshots") {
      guard let mode = SnapshotMode(rawValue: text) else {
        throw .usage("--snapshots is raw or committed, not '\(text)'")
      }
      run.snapshots = mode
    }
    return run
  }

  private static func nullSink() throws(CommandFailure) -> SinkSpec {
    do { return try SinkSpec(parsing: "null:") } catch { throw .usage("\(error)") }
  }

  /// Seconds between interval lines.
  static func interval(_ arguments: Arguments) throws(CommandFailure) -> Double? {
    if let seconds = try arguments.seconds("interval") { return max(0.1, seconds) }
    return arguments.has("stats") ? 10 : nil
  }
}

enum RunEnd {
  /// Hooks with signals, progress and sentences.
  static func hooks(_ console: Console, _ arguments: Arguments) throws(CommandFailure) -> RunHooks {
    let signals: Signals
    let limit: EndLimit
    do {
      signals = try Signals()
      limit = try EndLimit(signals, console)
    } catch { throw CommandFailure("\(error)") }
    var hooks = RunHooks(attention: signals.wakeup)
    hooks.request = {
      switch limit.request {
      case .none: .none
      case .drain: .drain
      case .stop: .abandon
      }
    }
    let progress = Progress(console, interval: try RunOptions.interval(arguments))
    hooks.tick = { progress.tick($0) }
    hooks.say = { console.say($0) }
    hooks.log = { console.say($1, .warn, $0) }
    return hooks
  }

  /// Writes the figures and chooses the exit code.
  static func close(
    _ outcome: RunOutcome, _ console: Console, _ arguments: Arguments
  ) throws(CommandFailure) -> ExitCode {
    console.clear()
    do throws(CommandFailure) {
      if let path = arguments.string("stats") { try write(outcome.report.json(), to: path) }
    } catch {
      // The figures that could not be written hide nothing that is worse.
      guard let failure = outcome.failure else { throw error }
      console.say("\(error)")
      throw CommandFailure(failure.description, exitCode(failure.kind))
    }
    if let failure = outcome.failure {
      throw CommandFailure(failure.description, exitCode(failure.kind))
    }
    let report = outcome.report
    if arguments.has("strict") && !report.isLossless {
      throw CommandFailure("data was lost or malformed: \(losses(report)); see --stats for the figures", .lossy)
    }
    return outcome.wasInterrupted ? .interrupted : .done
  }

  static func exitCode(_ kind: RunFailure.Kind) -> ExitCode {
    switch kind {
    case .failed: .failed
    case .refused: .refused
    case .usage: .usage
    }
  }

  private static func losses(_ report: RunReport) -> String {
    var parts: [String] = []
    if report.gaps > 0 { parts.append("\(report.gaps) gaps") }
    if report.totals.malformedRows > 0 { parts.append("\(report.totals.malformedRows) malformed rows") }
    if report.totals.malformedMessages > 0 { parts.append("\(report.totals.malformedMessages) malformed messages") }
    if report.totals.refusedTexts > 0 { parts.append("\(report.totals.refusedTexts) texts without room") }
    if report.totals.snapshots.refused > 0 {
      parts.append("\(report.totals.snapshots.refused) snapshots too long to be held")
    }
    if report.totals.snapshots.held > 0 {
      parts.append("\(report.totals.snapshots.held) events of snapshots that did not end")
    }
    if report.recordingLost > 0 { parts.append("\(report.recordingLost) entries not recorded") }
    if report.damagedFiles > 0 { parts.append("\(report.damagedFiles) damaged or torn recordings") }
    for sink in report.sinks {
      if sink.dropped > 0 { parts.append("\(sink.dropped) events dropped by \(sink.name)") }
      // The reader of standard output may have left before the end.
      let missing = sink.accepted - sink.written
      if missing > 0 { parts.append("\(missing) events not written by \(sink.name)") }
    }
    return parts.joined(separator: ", ")
  }

  static func write(_ json: String, to path: String) throws(CommandFailure) {
    do throws(IOError) {
      if path == "-" {
        _ = try StandardStream.output.write(json)
      } else {
        var file = try File(path, .overwrite())
        try unsafe file.write(json.utf8Span.span.bytes)
        try file.close()
      }
    } catch { throw CommandFailure("\(error)") }
  }
}
