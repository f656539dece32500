import DXLink
import Depth

// What `ingest`, `replay` and `book` take about order books and the DOM service.

enum DepthOptions {
  static let sources = OptionSpec(
    "sources", "SOURCES", repeats: true,
    "sources of orders, separated by commas, such as ntv,NTV: one subscription each\n"
      + "(default: whatever the feed gives without; DOM: \(defaultDOMSource))")
  static let dom = OptionSpec(
    "dom", "SYMBOLS", repeats: true,
    "the depth of the market of these symbols by the DOM service, a channel each")
  static let depth = OptionSpec(
    "depth", "LEVELS", "levels a side of --dom (default: \(DepthRange.standard))")
  static let period = OptionSpec("dom-period", "SECONDS", "wanted time between two DOM snapshots (default: the feed's)")
  static let domTo = OptionSpec(
    "dom-to", "TARGET", "rows of the DOM snapshots:\n\(DepthTarget.known)\n(default: none)")

  static let defaultDOMSource = "ntv"
  /// What --dom-period takes, in seconds.
  static let periodRange = 0.0...3600.0

  /// The sources that these options name.
  static func sources(
    _ arguments: Arguments, _ options: [String] = ["sources"]
  ) throws(CommandFailure) -> [String] {
    var sources: [String] = []
    for option in options where arguments.has(option) {
      let named = arguments.list(option)
      if named.isEmpty { throw .usage("--\(option) names no source; try ntv or NTV") }
      for source in named where !sources.contains(source) {
        guard source.utf8.count <= SubscriptionBook.textLimit else {
          throw .usage("--\(option): a name of \(source.utf8.count) bytes is no source")
        }
        sources.append(source)
      }
    }
    return sources
  }

  static func depth(_ arguments: Arguments) throws(CommandFailure) -> Int {
    try arguments.int("depth", in: DepthRange.levels) ?? DepthRange.standard
  }

  /// The DOM channels that are asked for.
  static func topics(_ symbols: [String], _ sources: [String]) throws(CommandFailure) -> [DOMTopic] {
    var topics: [DOMTopic] = []
    for symbol in symbols {
      let topic = DOMTopic(symbol: symbol, sources: sources.isEmpty ? [defaultDOMSource] : sources)
      if !topics.contains(topic) { topics.append(topic) }
    }
    guard topics.count <= ProtocolLimits.domChannels else {
      throw .usage("--dom takes at most \(ProtocolLimits.domChannels) symbols, not \(topics.count)")
    }
    return topics
  }

  /// Puts the wishes of `--dom` into a session's options.
  static func take(_ arguments: Arguments, _ options: inout Session.Options) throws(CommandFailure) {
    options.dom = try topics(arguments.all("dom").flatMap(IngestCommand.split), try sources(arguments))
    options.domDepth = try depth(arguments)
    if options.dom.isEmpty {
      if arguments.has("dom") { throw .usage("--dom names no symbol; give symbols such as --dom AAPL,MSFT") }
      for name in ["dom-to", "depth", "dom-period"] where arguments.has(name) {
        throw .usage("--\(name) needs --dom SYMBOLS")
      }
    }
    options.domPeriodSeconds = try period(arguments)
  }

  static func period(_ arguments: Arguments) throws(CommandFailure) -> Double? {
    guard let seconds = try arguments.seconds("dom-period") else { return nil }
    guard periodRange.contains(seconds) else {
      throw .usage("--dom-period takes \(Int(periodRange.lowerBound)) to \(Int(periodRange.upperBound)) seconds")
    }
    return seconds
  }

  static func target(_ text: String, _ option: String) throws(CommandFailure) -> DepthTarget {
    do { return try DepthTarget(parsing: text) } catch { throw .usage("--\(option): \(error)") }
  }
}
