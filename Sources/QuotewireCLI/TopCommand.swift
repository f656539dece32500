import Ingest
import Recording
import Watch

enum TopCommand {
  /// Options of `ingest` that say what to do with events have no place here.
  private static let left: Set<String> = [
    "to", "record", "record-policy", "record-sync", "record-zstd", "force", "strict", "watch", "stats", "interval",
    "config",
  ]

  static let command = Command(
    name: "top", summary: "watch a feed or a recording as a live table of symbols and lanes", operands: "[FILE.qwr]",
    operandCount: 0...1,
    options: IngestCommand.command.options.filter { !left.contains($0.name) } + [
      OptionSpec("speed", "SPEED", "a recording: a factor (default: 1, as it was recorded)"),
      OptionSpec("interval", "SECONDS", "seconds between tables where there is no terminal (default: 2)"),
    ],
    notes: """
      Without FILE.qwr it takes a live feed, with the same options as ingest; nothing is kept.
      Keys: q quits; r, s and e sort by rate, symbol and number of events.
      Where standard output is no terminal, or TERM is dumb, tables follow each other as plain text.
      NO_COLOR takes the colours away. Lag is arrival time minus the event's own time, of events that have
      one: it holds the difference of both clocks, and quotes whose times are rounded to seconds.
      Examples:
        quotewire top --symbols AAPL,SPY,QQQ
        quotewire top day.qwr --speed 10
      """,
    run: run)

  @Sendable
  static func run(_ arguments: Arguments) throws(CommandFailure) -> ExitCode {
    guard let file = arguments.operands.first else { return try IngestCommand.run(arguments, picture: .main) }
    try WatchOptions.applyLog(arguments)
    var settings = ReplaySettings(files: [file])
    settings.run = try RunOptions.settings(arguments)
    settings.run.wantsDigest = false
    settings.speed = arguments.has("speed") ? try ReplayCommand.speed(arguments) : .factor(1)
    return try ReplayCommand.play(settings, arguments, picture: .main)
  }
}
