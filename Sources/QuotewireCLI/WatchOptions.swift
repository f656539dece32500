import HTTPServer
import IO
import Logs
import Market
import Watch

/// The options by which a run is watched.
enum WatchOptions {
  static let watch = OptionSpec("watch", "show the run as a live table on the terminal (standard error)")
  static let metrics = OptionSpec(
    "metrics", "ADDRESS",
    "serve a status page, Prometheus metrics and health there, as 127.0.0.1:9464\nor 9464 (this machine only)")
  static let publicMetrics = OptionSpec(
    "metrics-public", "allow --metrics on an address that other machines can reach; it asks no password")
  static let staleAfter = OptionSpec(
    "stale-after", "SECONDS|TYPE=SECONDS", repeats: true,
    "tell when an event type has gone quiet for so long: each type that is\n"
      + "subscribed, or the named one (30, Quote=5, Trade=2m)")
  static let logFormat = OptionSpec("log-format", "FORMAT", "sentences and progress as text (default), logfmt or json")
  static let logLevel = OptionSpec(
    "log-level", "LEVEL[,MODULE=LEVEL]",
    "which sentences: error, warn, info (default) or debug, and for single\nmodules, as 'warn,lane=debug'")

  /// Of commands that say sentences and can be asked.
  static let log = [logFormat, logLevel]
  static let page = [metrics, publicMetrics] + log

  /// Makes the log as it is wanted, from now on.
  static func applyLog(_ arguments: Arguments) throws(CommandFailure) { Console.use(try style(arguments)) }

  static func style(_ arguments: Arguments) throws(CommandFailure) -> Console.Style {
    var style = Console.Style()
    if let text = arguments.string("log-format") {
      guard let format = LogFormat(rawValue: text) else {
        throw .usage("--log-format is text, logfmt or json, not '\(text)'")
      }
      style.format = format
    }
    if let text = arguments.string("log-level") {
      do { style.filter = try LogFilter(parsing: text) } catch { throw .usage("--log-level: \(error)") }
    }
    return style
  }

  /// Where to serve; nil where nothing was asked for.
  static func address(_ arguments: Arguments) throws(CommandFailure) -> SocketAddress? {
    guard let text = arguments.string("metrics") else {
      if arguments.has("metrics-public") { throw .usage("--metrics-public goes with --metrics ADDRESS") }
      return nil
    }
    guard let address = HTTPAddress.parse(text) else {
      throw .usage("--metrics takes an address with its port, as 127.0.0.1:9464, [::1]:9464 or 9464, not '\(text)'")
    }
    guard address.isLoopback || arguments.has("metrics-public") else {
      throw .usage(
        "--metrics \(text): other machines could read along; use 127.0.0.1, or --metrics-public if you mean it")
    }
    return address
  }

  /// Seconds that each type may be quiet.
  static func staleLimits(
    _ arguments: Arguments, subscribed: [EventType]
  ) throws(CommandFailure) -> [EventType: Double] {
    var limits: [EventType: Double] = [:]
    var named: [EventType: Double] = [:]
    for text in arguments.all("stale-after") {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard let seconds = Duration.seconds(parts[parts.count - 1]), seconds > 0 else {
        throw .usage("--stale-after takes seconds or TYPE=SECONDS, as 30, 2m or Quote=5, not '\(text)'")
      }
      if parts.count == 1 {
        for type in subscribed { limits[type] = seconds }
        continue
      }
      guard let type = EventType(name: parts[0]) else {
        let hint = Suggestion.nearest(to: parts[0], among: EventType.allCases.map(\.name))
        throw .usage(
          "--stale-after: there is no event type '\(parts[0])'" + (hint.map { "; did you mean \($0)?" } ?? ""))
      }
      named[type] = seconds
    }
    return limits.merging(named) { $1 }
  }
}
