import Bytes
import DXLink
import Diagnosis
import IO
import Ingest
import Recording
import Sinks

enum RawCommand {
  /// The options of `ingest` that say how to reach the feed and what to subscribe.
  private static let shared = [
    "url", "types", "symbols", "symbols-file", "from-time", "sources", "contract", "fields", "token-env", "token-file",
    "auth", "account-url", "account-file", "token-life", "ca-file", "insecure-plaintext", "compress", "connect-to",
    "answer-timeout", "keepalive",
  ]

  static let command = Command(
    name: "raw", summary: "show the messages of a feed or of a recording, with times and directions",
    operands: "[FILE.qwr]", operandCount: 0...1,
    options: IngestCommand.command.options.filter { shared.contains($0.name) } + [
      OptionSpec("for", "SECONDS", "end after this time (90, 90s, 5m, 2h)"),
      OptionSpec("limit", "MESSAGES", "end after this many messages, of both directions together"),
      OptionSpec("pretty", "lay each message out over several lines"),
    ],
    notes: """
      A message a line: its time (UTC), > for what we sent or < for what the feed sent, and the message as it
      was. Lines with - tell what is no message, such as a gap of a recording. Messages of another lane than
      the first have its number before them. Secrets are shown as ***: values of keys such as token, and
      what an address holds before its @. Control characters and bytes that are no UTF-8 are escaped.
      One connection is shown: where it ends, raw ends with exit code 1, or 3 when the feed refused us.
      Examples:
        quotewire raw --symbols AAPL --types Quote --for 10
        quotewire raw --limit 20 --pretty
        quotewire raw day.qwr | grep -c FEED_DATA
      """,
    run: run)

  @Sendable static func run(_ arguments: Arguments) throws(CommandFailure) -> ExitCode {
    let limit = try arguments.int("limit", in: 1...Int.max) ?? .max
    var mask = MessageMask()
    guard let file = arguments.operands.first else {
      var settings = try IngestCommand.settings(arguments).lane
      let signals: Signals
      do { signals = try Signals() } catch { throw CommandFailure("\(error)") }
      let got: FeedToken
      do throws(FeedToken.Trouble) {
        got = try FeedToken(
          settings.token, limitSeconds: settings.session.answerSeconds, stop: signals.wakeup,
          isStopping: { signals.request != .none })
      } catch { throw CommandFailure("\(error)", error.isRefusal ? .refused : .failed) }
      settings.url = got.url ?? settings.url
      mask = MessageMask(known: [got.token].compactMap { $0 })
      return try live(settings, got.token, log(mask, limit, arguments), signals, try arguments.seconds("for"))
    }
    if let option = shared.first(where: { arguments.origins[$0] == .flag }) {
      throw .usage("--\(option) is for a live feed; leave it out, or the file \(file)")
    }
    return try recorded(file, log(mask, limit, arguments), try arguments.seconds("for"))
  }

  private static func log(_ mask: MessageMask, _ limit: Int, _ arguments: Arguments) -> MessageLog {
    MessageLog(mask, limit: limit, pretty: arguments.has("pretty")) { line in
      (try? StandardStream.output.write(line)) == .all
    }
  }

  private static func live(
    _ settings: LaneSettings, _ token: String?, _ log: MessageLog, _ signals: Signals, _ seconds: Double?
  ) throws(CommandFailure) -> ExitCode {
    let deadline = seconds.map { MonotonicNanos.now().advanced(bySeconds: $0) } ?? .distantFuture
    var talk: FeedTalk
    do { talk = try FeedTalk(connecting: settings, token: token, stop: signals.wakeup) } catch {
      if signals.request != .none { return .interrupted }
      let isRefusal = !(error.helpsToReconnect || error.isPassing)
      throw CommandFailure(withoutToken("\(error)", token), isRefusal ? .refused : .failed)
    }
    let end = talk.run(
      until: deadline, wakeup: signals.wakeup, isStopping: { signals.request != .none }, log)
    talk.end(log)
    switch end {
    case .done, .timedOut: return .done
    case .stopped: return .interrupted
    case .endOfFeed:
      log.noticed("the server says that the feed has ended")
      return .done
    case .refused(let why): throw CommandFailure(withoutToken(why, token), .refused)
    case .lost(let why): throw CommandFailure(withoutToken(why, token))
    }
  }

  static func withoutToken(_ sentence: String, _ token: String?) -> String {
    String(decoding: MessageMask(known: [token].compactMap { $0 }).masked(Array(sentence.utf8)), as: UTF8.self)
  }

  /// - Parameter seconds: of the recording, from its first entry on.
  private static func recorded(
    _ path: String, _ log: MessageLog, _ seconds: Double?
  ) throws(CommandFailure) -> ExitCode {
    do {
      let map = try MappedFile(path)
      return try unsafe map.withBytes { bytes in
        var reader = try unsafe RecordingReader(bytes, compression: try? ZstdCompression())
        var last: WallNanos?
        while !log.isDone, let entry = reader.next() {
          let wall = entry.arrival.wall
          if let last, wall > last { return .done }
          if let seconds, last == nil {
            last = WallNanos(rawValue: wall.rawValue &+ Int64(min(seconds, 1e9) * 1e9))
          }
          show(entry, log)
        }
        guard case .corrupt(let at)? = reader.verdict else { return .done }
        Console().say("\(path): damaged from byte \(at) on; what could be read was shown. See 'quotewire inspect'")
        return .failed
      }
    } catch let error as RecordingError {
      throw CommandFailure("\(path): \(error)")
    } catch { throw CommandFailure("\(error)") }
  }

  private static func show(_ entry: Entry, _ log: MessageLog) {
    let (wall, lane) = (entry.arrival.wall, Int(entry.lane))
    switch entry.kind {
    case .received: unsafe log.show(.received, entry.payload, wall, lane: lane)
    case .sent: unsafe log.show(.sent, entry.payload, wall, lane: lane)
    case .sessionStart:
      guard let mark = unsafe SessionStart(parsing: entry.payload) else { return }
      log.note("session \(mark.session) with \(mark.url) begins (\(mark.version))", wall, lane: lane)
    case .sessionEnd:
      guard let mark = unsafe SessionEnd(parsing: entry.payload) else { return }
      log.note("session \(mark.session) ends: \(mark.reason)", wall, lane: lane)
    case .gap:
      guard let mark = unsafe GapMark(parsing: entry.payload) else { return }
      log.note("gap since \(MessageText.time(mark.from)): \(mark.reason)", wall, lane: lane)
    default: break
    }
  }
}
