import Books
import DXLink
import Depth
import Ingest
import Market

/// What `book` was asked for.
struct BookRequest {
  var type = EventType.order
  var symbols: [String]
  var files: [String]
  var sources: [String]
  var depth: Int
  var wantsDOM: Bool
  var limits = BookLimits()

  init(_ arguments: Arguments) throws(CommandFailure) {
    files = arguments.operands.filter { $0.hasSuffix(".qwr") }
    symbols = arguments.operands.filter { !$0.hasSuffix(".qwr") }
    if !files.isEmpty && !symbols.isEmpty {
      throw .usage("'book' takes symbols of a feed or recordings, not both; --symbols chooses symbols of recordings")
    }
    if files.isEmpty && arguments.has("symbols") {
      throw .usage("--symbols is for recordings; give the symbols of a feed as operands")
    }
    for name in ["record", "for", "url"] where !files.isEmpty && arguments.origins[name] == .flag {
      throw .usage("--\(name) is for a feed, not for recordings")
    }
    symbols += arguments.all("symbols").flatMap(IngestCommand.split)
    sources = try DepthOptions.sources(arguments, ["sources", "source"])
    depth = try DepthOptions.depth(arguments)
    wantsDOM = arguments.has("dom")
    for name in ["type", "max-orders"] where wantsDOM && arguments.has(name) {
      throw .usage("--\(name) is for books of orders, and --dom shows none")
    }
    if arguments.has("dom-period") && !wantsDOM { throw .usage("--dom-period needs --dom") }
    limits.maximumOrders = try arguments.int("max-orders", in: 1...10_000_000) ?? limits.maximumOrders
    limits.maximumHeld = 2 * limits.maximumOrders
    if let name = arguments.string("type") {
      guard let known = EventType(name: name), known.hasSource else {
        let all = EventType.allCases.filter(\.hasSource).map(\.name)
        throw .usage("--type is one of \(all.joined(separator: ", ")), not '\(name)'")
      }
      type = known
    }
  }

  /// The run on a feed. Books need the contract HISTORY, which sends snapshots.
  func live(_ output: BookOutput, _ arguments: Arguments) throws(CommandFailure) -> IngestSettings {
    var lane = try IngestCommand.connection(try IngestCommand.url(arguments), arguments)
    lane.session.contract = .history
    if wantsDOM {
      lane.session.dom = try DepthOptions.topics(symbols, sources)
      lane.session.domDepth = depth
      lane.session.domPeriodSeconds = try DepthOptions.period(arguments)
    } else {
      lane.subscriptions = symbols.flatMap { symbol in
        sources.isEmpty
          ? [Subscription(type, symbol)] : sources.map { Subscription(type, symbol, source: $0) }
      }
    }
    var settings = IngestSettings(lane: lane)
    settings.run = output.run
    settings.record = arguments.string("record")
    settings.run.force = arguments.has("force")
    settings.seconds = try arguments.seconds("for")
    settings.ports = { _, texts in output.ports(self, texts) }
    return settings
  }

  /// The run over recordings.
  func replay(_ output: BookOutput, _ arguments: Arguments) throws(CommandFailure) -> ReplaySettings {
    var settings = ReplaySettings(files: files)
    settings.run = output.run
    settings.speed = try ReplayCommand.speed(arguments)
    settings.ports = { texts in output.ports(self, texts) }
    return settings
  }
}
