import DXLink
import Ingest

/// Options about lanes, shards and budgets.
enum LaneOptions {
  static let lanes = OptionSpec("lanes", "N", "connections, each with a share of the symbols (default: 1)")
  static let symbolsPerLane = OptionSpec(
    "symbols-per-lane", "N", "as many lanes as give none of them more than N symbols")
  static let topicsPerLane = OptionSpec(
    "topics-per-lane", "N",
    "topics (a type of a symbol) that a lane subscribes at most; what finds no room\nis listed (default: no limit)")
  static let shard = OptionSpec(
    "shard", "K/N", "take only the K-th of N equal shares of the symbols, as one of N processes")
  static let changes = OptionSpec(
    "changes-per-minute", "N",
    "topics that a lane adds or removes within any minute at most\n(default: no limit)")
  static let chunk = OptionSpec(
    "topics-per-message", "N", "topics of one subscription message, ten of which go out a second\n(default: 200)")
  static let snapshots = OptionSpec(
    "snapshots-in-flight", "N",
    "candle snapshots (--from-time) that a lane waits for at a time (default: \(ProtocolLimits.candleSnapshots))")

  static let all = [lanes, symbolsPerLane, topicsPerLane, shard, changes, chunk, snapshots]

  static let topicsRange = 1...10_000_000
  static let chunkRange = 1...5000

  static func apply(_ arguments: Arguments, to settings: inout IngestSettings) throws(CommandFailure) {
    settings.lanes = try arguments.int("lanes", in: 1...LanePlan.maximumLanes) ?? 1
    if let symbols = try arguments.int("symbols-per-lane", in: topicsRange) {
      if arguments.has("lanes") { throw .usage("give --lanes or --symbols-per-lane, not both") }
      settings.lanes = nil
      settings.laneCapacity.symbols = symbols
    }
    settings.laneCapacity.topics = try arguments.int("topics-per-lane", in: topicsRange)
    if let text = arguments.string("shard") {
      guard let shard = Shard(parsing: text) else {
        throw .usage("--shard takes K/N with K from 1 to N and N up to \(Shard.maximumCount), as 2/3, not '\(text)'")
      }
      settings.shard = shard
    }
    var session = settings.lane.session
    session.confirmSeconds = LaneSettings.confirmSeconds
    session.pace.changesPerMinute = try arguments.int("changes-per-minute", in: topicsRange)
    if let items = try arguments.int("topics-per-message", in: chunkRange) {
      session.pace.maximumItems = items
      session.pace.maximumBytes = max(session.pace.maximumBytes, min(chunkBytes, items * itemBytes))
    }
    session.snapshotWindow = SnapshotWindow(
      limit: try arguments.int("snapshots-in-flight", in: SnapshotWindow.range) ?? ProtocolLimits.candleSnapshots)
    settings.lane.session = session
  }

  /// Longest subscription message, well below what servers take.
  private static let chunkBytes = 60 << 10
  /// What a topic of a long symbol takes in a message, about.
  private static let itemBytes = 64
}
