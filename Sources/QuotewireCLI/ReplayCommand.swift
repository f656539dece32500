import Bytes
import IO
import Ingest
import Recording
import Watch

enum ReplayCommand {
  static let command = Command(
    name: "replay", summary: "play recordings through the same code as live data", operands: "FILE.qwr...",
    operandCount: 1...512,
    options: [
      OptionSpec(
        "speed", "SPEED", values: .wordOr(["max"]),
        "max (default), or a factor: 1 is as recorded, 10 ten times as fast"),
      OptionSpec("start", "TIME", "skip what arrived before: 2026-01-02T14:30:00Z, or milliseconds since 1970"),
      OptionSpec("stop", "TIME", "skip what arrived after"),
      OptionSpec("max-silence", "SECONDS", "shorten recorded silences to this"),
      DepthOptions.domTo,
      RunOptions.sinks, RunOptions.snapshots, RunOptions.limit, RunOptions.stats, RunOptions.noDigest,
      RunOptions.interval, RunOptions.strict, RunOptions.force, WatchOptions.watch,
    ] + WatchOptions.page,
    notes: """
      Several files are merged by arrival time. The digest in --stats depends on the events alone: the
      same recording always gives the same one, live or replayed.
      Examples:
        quotewire replay day.qwr --to ndjson:- | head
        quotewire replay day.qwr --speed 10 --to csv:out --stats -
      """,
    run: run)

  @Sendable
  static func run(_ arguments: Arguments) throws(CommandFailure) -> ExitCode {
    try WatchOptions.applyLog(arguments)
    var settings = try settings(arguments)
    let dom = try DOMOutput(arguments, &settings.run)
    return try play(settings, arguments) { () throws(CommandFailure) in try dom.finish() }
  }

  static func settings(_ arguments: Arguments) throws(CommandFailure) -> ReplaySettings {
    var settings = ReplaySettings(files: arguments.operands)
    settings.run = try RunOptions.settings(arguments)
    settings.run.wantsDigest = arguments.has("stats") && !arguments.has("no-digest")
    settings.speed = try speed(arguments)
    settings.start = try bound(arguments, "start")
    settings.stop = try bound(arguments, "stop")
    settings.longestSilenceSeconds = try arguments.seconds("max-silence")
    return settings
  }

  /// Runs a replay to its end and closes with its figures.
  static func play(
    _ settings: ReplaySettings, _ arguments: Arguments, picture: RunView.Picture = .none,
    atEnd: () throws(CommandFailure) -> Void = {}
  ) throws(CommandFailure) -> ExitCode {
    let console = Console()
    var settings = settings
    var hooks = try RunEnd.hooks(console, arguments)
    var watched = RunObserver.Settings()
    watched.source = settings.files.joined(separator: ", ")
    watched.isLive = false
    let wanted: RunView.Picture = arguments.has("watch") ? .beside : picture
    let view = try RunView.make(arguments, console, watched, wanted, attention: hooks.attention)
    view?.attach(&settings.run)
    view?.join(&hooks)
    var outcome: RunOutcome
    do { outcome = try ReplayRun.run(settings, hooks) } catch {
      view?.leave()
      console.clear()
      throw CommandFailure(error.description, RunEnd.exitCode(error.kind))
    }
    view?.close(&outcome)
    try atEnd()
    return try RunEnd.close(outcome, console, arguments)
  }

  static func speed(_ arguments: Arguments) throws(CommandFailure) -> ReplaySpeed {
    guard let text = arguments.string("speed"), text != "max" else { return .max }
    guard let factor = Double(text), factor > 0, factor.isFinite else {
      throw .usage("--speed takes max or a number above 0, not '\(text)'")
    }
    return .factor(factor)
  }

  static func bound(_ arguments: Arguments, _ name: String) throws(CommandFailure) -> WallNanos? {
    guard let text = arguments.string(name) else { return nil }
    guard let nanos = TimeText.nanos(text) else {
      throw .usage("--\(name) takes 2026-01-02T14:30:00Z, 2026-01-02 or milliseconds since 1970, not '\(text)'")
    }
    return WallNanos(rawValue: nanos)
  }
}
