import Collect
import DXLink
import IO
import Ingest
import Market
import Sinks

/// What `collect` was asked for. Nothing here opens a connection, looks up a name or sets up TLS: an answer from the
/// cache needs none of it.
struct CollectRequest {
  let universe: Universe
  let types: [EventType]
  let url: FeedURL
  let key: SnapshotKey
  let freshness: Freshness
  let cache: SnapshotCache?
  let sinks: [SinkSpec]
  let force: Bool
  let lanes: Int
  let outstanding: Int?
  let limitSeconds: Double?

  /// As the cache keeps it: 0 for no limit.
  var limitMillis: UInt32 { limitSeconds.map { UInt32(max(1, min($0 * 1000, Double(UInt32.max)))) } ?? 0 }

  init(_ arguments: Arguments) throws(CommandFailure) {
    let universe: Universe
    do { universe = try Universe(parsing: arguments.operands[0]) } catch { throw Self.failure(error) }
    let types = try Self.types(arguments)
    let url = try IngestCommand.url(arguments)
    let token = try IngestCommand.token(arguments)
    self.universe = universe
    self.types = types
    self.url = url
    key = SnapshotKey(source: try Self.source(url, token, arguments), types: types, symbols: universe.symbols)
    freshness = try Self.freshness(arguments)
    cache = try Self.cache(arguments)
    sinks = try arguments.has("to") ? RunOptions.settings(arguments).sinks : []
    force = arguments.has("force")
    lanes = try arguments.int("lanes", in: 1...LanePlan.maximumLanes) ?? 1
    if arguments.has("sequential") && arguments.has("parallel") {
      throw .usage("--sequential is --parallel 1; give one of them")
    }
    if arguments.has("sequential") && lanes > 1 {
      throw .usage("--sequential needs one connection, not --lanes \(lanes)")
    }
    outstanding = arguments.has("sequential") ? 1 : try arguments.int("parallel", in: 1...Universe.maximumSymbols)
    if let outstanding, outstanding < lanes { throw .usage("--parallel takes at least as many as --lanes") }
    let standard = CollectCommand.limitSeconds(subscriptions: universe.symbols.count * types.count)
    limitSeconds = try arguments.seconds("for") ?? (outstanding == nil ? standard : nil)
  }

  private static func types(_ arguments: Arguments) throws(CommandFailure) -> [EventType] {
    if arguments.list("types") == ["all"] { return CollectTypes.known }
    let types = try IngestCommand.types(arguments)
    if let other = types.first(where: { !CollectTypes.known.contains($0) }) {
      throw .usage(
        "--types: a snapshot has no \(other.name), of which the latest event does not say everything; use ingest. "
          + "Known are \(CollectTypes.known.map(\.name).joined(separator: ", "))")
    }
    return CollectTypes.ordered(types)
  }

  /// The feed as the cache tells it from others. Where the token is from counts, the token itself is never kept.
  private static func source(_ url: FeedURL, _ token: TokenSource, _ arguments: Arguments)
    throws(CommandFailure) -> String
  {
    if try AccountOptions.method(arguments) == .tastytrade {
      let account = ["account-url", "account-file", "url"].map { arguments.string($0) ?? "" }
      return "tastytrade " + account.joined(separator: " ")
    }
    switch token {
    case .none, .renewed, .ask: return url.description
    case .value: return "\(url) env:\(arguments.string("token-env") ?? "")"
    case .file(let path): return "\(url) file:\(path)"
    }
  }

  private static func freshness(_ arguments: Arguments) throws(CommandFailure) -> Freshness {
    let seconds = try arguments.seconds("max-age")
    if arguments.has("refresh") && (arguments.has("offline") || seconds != nil) {
      throw .usage("--refresh goes with neither --offline nor --max-age")
    }
    if arguments.has("offline") { return .offline(maximumSeconds: seconds) }
    return arguments.has("refresh") ? .refresh : .maximumAge(seconds: seconds ?? CollectCommand.maximumAgeSeconds)
  }

  private static func cache(_ arguments: Arguments) throws(CommandFailure) -> SnapshotCache? {
    if arguments.has("no-cache") {
      if arguments.has("offline") || arguments.has("refresh") || arguments.has("max-age") {
        throw .usage("--no-cache goes with none of --offline, --refresh and --max-age")
      }
      return nil
    }
    let folder = SnapshotCache.standardFolder(
      cacheHome: Environment.value("XDG_CACHE_HOME"), home: Environment.value("HOME"))
    return folder.map { SnapshotCache(folder: $0) }
  }

  /// What asking the feed needs besides.
  func collection(_ arguments: Arguments) throws(CollectError) -> CollectionSettings {
    let lane: LaneSettings
    do throws(CommandFailure) { lane = try IngestCommand.connection(url, arguments) } catch {
      throw .feed(error.description, refused: error.exitCode == .refused)
    }
    var settings = CollectionSettings(lane: lane, types: types, universe: universe)
    settings.lanes = lanes
    settings.outstanding = outstanding
    settings.limitSeconds = limitSeconds
    return settings
  }

  static func failure(_ error: CollectError) -> CommandFailure {
    switch error {
    case .unknownUniverse(let name):
      let hint = Suggestion.nearest(to: name, among: SymbolList.all.map(\.name)).map { "; did you mean \($0)?" } ?? ""
      return .usage(error.description + hint)
    case .badPattern, .tooManySymbols, .empty, .badSymbol: return .usage(error.description)
    case .feed(let why, let refused): return CommandFailure(why, refused ? .refused : .failed)
    case .damagedEntry, .notCached, .io, .noThread, .sink: return CommandFailure(error.description)
    }
  }
}
