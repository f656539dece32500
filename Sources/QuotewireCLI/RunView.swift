import Bytes
import IO
import Ingest
import Logs
import Market
import Metrics
import Screen
import Watch

/// What is shown of a run while it goes on: the picture on a terminal, the status page, alarms. Used by the thread that
/// waits for the run.
final class RunView {
  /// Where the picture goes.
  enum Picture {
    case none
    /// Beside data on standard output: on standard error, or not at all.
    case beside
    /// `quotewire top`: on standard output, as plain text where that is no terminal.
    case main
  }

  private let console: Console
  private let observer: RunObserver
  private let registry = Registry()
  private var server: StatusServer?
  private var terminal: Terminal?
  private let stream: StandardStream
  private var painter: ScreenPainter
  private var hasMetrics = false
  /// Seconds between blocks of plain text; nil for none.
  private var plainSeconds: Double?
  private var lastPlain = MonotonicNanos(rawValue: 0)
  /// The key to quit was struck.
  private(set) var wantsToQuit = false
  private var states: [LaneProgress.State] = []

  /// Rows and columns of plain text.
  private static let plainRows = 24
  private static let plainColumns = 110
  private static let defaultPlainSeconds = 2.0

  /// Nil where nobody wants to watch.
  static func make(
    _ arguments: Arguments, _ console: Console, _ settings: RunObserver.Settings, _ picture: Picture,
    attention: Wakeup?
  ) throws(CommandFailure) -> RunView? {
    let address = try WatchOptions.address(arguments)
    if case .none = picture, address == nil, settings.staleLimits.isEmpty { return nil }
    return try RunView(arguments, console, settings, picture, address, attention)
  }

  private init(
    _ arguments: Arguments, _ console: Console, _ settings: RunObserver.Settings, _ picture: Picture,
    _ address: SocketAddress?, _ attention: Wakeup?
  ) throws(CommandFailure) {
    var settings = settings
    self.console = console
    if case .main = picture { stream = .output } else { stream = .error }
    painter = ScreenPainter(hasColours: (Environment.value("NO_COLOR") ?? "").isEmpty)
    if case .none = picture { settings.wantsSymbols = false } else { settings.wantsSymbols = true }
    observer = RunObserver(settings)
    let (registry, observer) = (registry, observer)
    if let address {
      do {
        try RunMetrics.addProcess(registry, version: Version.text, started: .now())
        let server = try StatusServer(on: address, registry: registry) { StatusReport(observer.picture) }
        console.say("status page at http://\(server.address)/", .info, .metrics)
        self.server = server
      } catch { throw CommandFailure("--metrics: \(error)") }
    }
    guard case .none = picture else {
      terminal = Terminal(on: stream, resized: attention)
      if terminal != nil {
        console.beginPicture { observer.note($0) }
      } else if case .main = picture {
        plainSeconds = try arguments.seconds("interval").map { max(0.5, $0) } ?? Self.defaultPlainSeconds
      }
      return
    }
  }

  deinit { leave() }

  /// Whether the terminal shows the picture, so that no other live line is wanted.
  var hasPicture: Bool { terminal != nil }

  /// What the run's lanes have to tell.
  func attach(_ run: inout RunSettings) { run.watch = observer.laneWatch }

  /// Called about ten times a second.
  func tick(_ status: RunStatus) {
    takeKeys()
    let time = WatchTime.now()
    let (sentences, isNew) = observer.tick(status, time)
    for sentence in sentences { console.say(sentence, .warn, .stale) }
    tellStates(status)
    if !hasMetrics, server != nil {
      hasMetrics = true
      do { try RunMetrics.add(status, observer, to: registry) } catch { console.say("\(error)", .error, .metrics) }
    }
    draw(time.monotonic, isNew)
  }

  private func tellStates(_ status: RunStatus) {
    let now = status.lanes.map(\.state)
    for (i, state) in now.enumerated() where i >= states.count || states[i] != state {
      console.say("lane \(i) is \(state)", .debug, .lane)
    }
    states = now
  }

  private func draw(_ now: MonotonicNanos, _ isNew: Bool) {
    if let terminal {
      let size = terminal.size
      let lines = TopView.lines(observer.picture.top, rows: size.rows, columns: size.columns)
      if let text = painter.paint(lines, rows: size.rows, columns: size.columns) { terminal.write(text) }
      return
    }
    guard let plainSeconds, isNew, now.seconds(since: lastPlain) >= plainSeconds else { return }
    lastPlain = now
    let lines = TopView.lines(
      observer.picture.top, rows: Self.plainRows, columns: Self.plainColumns, hasKeys: false)
    let text = lines.map { $0.plainText + "\n" }.joined() + "\n"
    if (try? stream.write(text)) != .all { wantsToQuit = true }
  }

  private func takeKeys() {
    for key in terminal?.keys() ?? [] {
      switch Character(Unicode.Scalar(key)) {
      case "q", "Q": wantsToQuit = true
      case "r": observer.order = .rate
      case "s": observer.order = .name
      case "e": observer.order = .events
      default: break
      }
    }
  }

  /// Takes part in what a run asks and tells.
  func join(_ hooks: inout RunHooks) {
    let (tick, request) = (hooks.tick, hooks.request)
    hooks.tick = { [self] status in
      self.tick(status)
      if hasPicture || plainSeconds != nil { console.tick() } else { tick(status) }
    }
    hooks.request = { [self] in
      let asked = request()
      if case .none = asked, wantsToQuit { return .drain }
      return asked
    }
  }

  /// Gives the terminal back.
  func leave() {
    guard terminal != nil else { return }
    terminal = nil
    console.endPicture()
  }

  /// Takes part in the end of a run.
  func close(_ outcome: inout RunOutcome) {
    leave()
    outcome.report.stale = observer.stale.map {
      RunReport.Stale(type: $0.type.name, alarms: $0.alarms, seconds: $0.staleSeconds)
    }
    if wantsToQuit { outcome.wasInterrupted = false }
  }
}
