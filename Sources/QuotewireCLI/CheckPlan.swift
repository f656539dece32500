import Collect
import DXLink
import Ingest
import Simulator

/// What a command would do, as far as that is known before it starts, by the code that the command itself begins with.
/// Files are read that say what to do (symbols, tokens); nothing is connected, opened for writing or changed.
enum CheckPlan {
  static func text(_ command: Command, _ arguments: Arguments) throws(CommandFailure) -> String {
    try common(command, arguments)
    switch command.name {
    case IngestCommand.command.name: return try live(arguments)
    case TopCommand.command.name where arguments.operands.isEmpty: return try live(arguments)
    case TopCommand.command.name, ReplayCommand.command.name: try replay(arguments)
    case RawCommand.command.name, DoctorCommand.command.name: try feed(arguments)
    case CollectCommand.command.name: return try collect(arguments)
    case CandlesCommand.command.name: return try CheckCommand.plan(try CandlesRequest(arguments).settings(arguments))
    case BookCommand.command.name: try book(arguments)
    case ServeCommand.command.name: _ = try ServeCommand.configuration(arguments)
    case ConvertCommand.command.name: _ = try ConvertPlan(arguments)
    case EndOfDayCommand.command.name: _ = try EndOfDayCommand.settings(arguments)
    case GenerateCommand.command.name:
      do { _ = try GenerateSpec(arguments.operands[0]) } catch { throw .usage("\(error)") }
    case LoginCommand.command.name: _ = try AccountOptions.settings(arguments, file: arguments.string("file"))
    case CtlCommand.command.name:
      _ = try ControlRequest(parsing: arguments.operands.joined(separator: " "))
      _ = try ControlOptions.path(arguments, else: ControlOptions.automatic)
    default: break
    }
    return "nothing is wrong\n"
  }

  /// Commands that have a plan of their own besides the common one, or need none; a test holds the table against them.
  static let known: Set<String> = [
    "ingest", "top", "replay", "raw", "doctor", "collect", "candles", "book", "serve", "convert", "eod", "generate",
    "login", "ctl", "inspect",
  ]

  /// Options that mean the same wherever they are.
  private static func common(_ command: Command, _ arguments: Arguments) throws(CommandFailure) {
    if command.option("log-level") != nil { _ = try WatchOptions.style(arguments) }
    if command.option("metrics") != nil { _ = try WatchOptions.address(arguments) }
    for name in ["interval", "for", "within", "max-age", "max-silence"] where command.option(name) != nil {
      _ = try arguments.seconds(name)
    }
  }

  private static func live(_ arguments: Arguments) throws(CommandFailure) -> String {
    let settings = try IngestCommand.settings(arguments)
    try token(settings.lane)
    _ = try IngestCommand.watched(settings, arguments)
    _ = try ControlOptions.path(arguments)
    if let text = arguments.string("dom-to") { _ = try DepthOptions.target(text, "dom-to") }
    return try CheckCommand.plan(settings)
  }

  private static func feed(_ arguments: Arguments) throws(CommandFailure) {
    if arguments.operands.isEmpty { try token(try IngestCommand.settings(arguments).lane) }
    _ = try arguments.int("limit", in: 1...Int.max)
  }

  private static func token(_ lane: LaneSettings) throws(CommandFailure) {
    do { _ = try lane.token.read() } catch { throw CommandFailure("--token-file: \(error)") }
  }

  private static func replay(_ arguments: Arguments) throws(CommandFailure) {
    _ = try ReplayCommand.settings(arguments)
    if let text = arguments.string("dom-to") { _ = try DepthOptions.target(text, "dom-to") }
  }

  private static func collect(_ arguments: Arguments) throws(CommandFailure) -> String {
    let request = try CollectRequest(arguments)
    try token(try IngestCommand.connection(request.url, arguments))
    let symbols = request.universe.symbols.count
    return "plan: \(symbols) symbols of \(request.universe.name), \(request.types.count) types, "
      + "\(request.lanes) \(request.lanes == 1 ? "lane" : "lanes")\nnothing is wrong\n"
  }

  private static func book(_ arguments: Arguments) throws(CommandFailure) {
    let request = try BookRequest(arguments)
    if let text = arguments.string("to") { _ = try DepthOptions.target(text, "to") }
    _ = try arguments.int("limit", in: 1...Int.max)
    if !request.files.isEmpty {
      _ = try ReplayCommand.speed(arguments)
      return
    }
    try token(try IngestCommand.connection(try IngestCommand.url(arguments), arguments))
    _ = try DepthOptions.topics(request.wantsDOM ? request.symbols : [], request.sources)
    _ = try DepthOptions.period(arguments)
  }
}
