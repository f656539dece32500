import Bytes
import DXLink
import Market
import Rings

/// Notes when a session came how far.
final class SessionSteps: FeedWatcher {
  private let startedAt = MonotonicNanos.now()
  private var setup: (version: String, at: MonotonicNanos)?
  private var authorized: (userID: String?, at: MonotonicNanos)?
  private var sentToken = false
  private(set) var channelAt: MonotonicNanos?
  private var quote: (words: String, at: MonotonicNanos)?
  private var lastError: ErrorNotice?
  private var lastNotice: String?
  /// The newest time that any event has told, in milliseconds since 1970, and when it came.
  private(set) var newestEvent: (millis: Int64, received: WallNanos)?
  /// Whether the channel is not enough.
  var wantsQuote = false

  var isDone: Bool { wantsQuote ? quote != nil : channelAt != nil }

  func sent(_ text: UnsafeRawBufferPointer, isSecret: Bool, _ arrival: Arrival) { if isSecret { sentToken = true } }
  func received(_ text: UnsafeRawBufferPointer, _ arrival: Arrival) {}
  func noticed(_ sentence: String) { lastNotice = sentence }

  func understood(_ message: SessionMessage, _ arrival: Arrival) {
    switch message {
    case .setup(let told): if setup == nil { setup = (told.version, arrival.monotonic) }
    case .authState(let state) where state.state == .authorized:
      if authorized == nil { authorized = (state.userId, arrival.monotonic) }
    case .channelOpened: if channelAt == nil { channelAt = arrival.monotonic }
    case .error(_, let notice): lastError = notice
    default: break
    }
  }

  func decoded(_ event: EventRef, _ texts: TextStore) {
    guard let found: Quote = event.event() else { return }
    let millis = max(found.eventTime, found.bidTime, found.askTime)
    let received = WallNanos(rawValue: found.receivedNanos)
    if millis > 0, millis > newestEvent?.millis ?? 0 { newestEvent = (millis, received) }
    if quote != nil { return }
    let symbol = unsafe texts.withText(event.symbol.rawValue) { unsafe String(decoding: $0, as: UTF8.self) }
    quote = ("\(symbol): bid \(found.bidPrice), ask \(found.askPrice)", .now())
  }

  /// A check for each step that was reached, the one that failed the last of them.
  func checks(
    _ end: TalkEnd, hasToken: Bool, limitSeconds: Double, _ subscriptions: [Subscription]
  ) -> [Check] {
    var checks: [Check] = []
    var from = startedAt
    func reached(_ name: String, _ words: String, _ at: MonotonicNanos) {
      checks.append(Check(name, .ok, words, millis: at.seconds(since: from) * 1000))
      from = at
    }
    func failed(_ name: String, _ otherwise: String) -> [Check] {
      checks + [
        Self.failure(
          name, end, lastError, lastNotice, otherwise, millis: MonotonicNanos.now().seconds(since: from) * 1000)
      ]
    }
    guard let setup else { return failed("setup", "the server sent no SETUP within \(limitSeconds) s; check --url") }
    reached("setup", "the server speaks \(setup.version.prefix(80))", setup.at)
    guard let authorized else {
      return failed("login", "the server did not say whether we may within \(limitSeconds) s")
    }
    let user = authorized.userID.map { " as \($0.prefix(80))" } ?? ""
    reached(
      "login",
      sentToken
        ? "AUTHORIZED with the token\(user)"
        : "AUTHORIZED\(user); " + (hasToken ? "the token was not asked for" : "no token was needed"), authorized.at)
    guard let channelAt else { return failed("channel", "the server opened no channel within \(limitSeconds) s") }
    reached("channel", "a feed channel is open", channelAt)
    guard let quote else {
      let some = subscriptions.prefix(3).map(\.symbol).joined(separator: ", ")
      return failed(
        "quote",
        "no quote of \(subscriptions.count) symbols (\(some)\(subscriptions.count > 3 ? ", …" : "")) within "
          + "\(limitSeconds) s; does the feed have them, and may this account see them? Try others with --symbols")
    }
    reached("quote", quote.words, quote.at)
    return checks
  }

  private static func failure(
    _ name: String, _ end: TalkEnd, _ lastError: ErrorNotice?, _ lastNotice: String?, _ otherwise: String,
    millis: Double
  ) -> Check {
    var isRefusal = false
    var words: String
    switch end {
    case .refused(let why):
      isRefusal = true
      words = why
    case .lost(let why): words = why
    case .stopped: words = "stopped on request"
    case .endOfFeed: words = "the server says that its feed has ended"
    case .done, .timedOut: words = otherwise
    }
    if let lastError {
      words += "; the server's last ERROR: \(lastError.code.prefix(80)): \(lastError.message.prefix(200))"
    }
    if let lastNotice { words += "; \(lastNotice.prefix(300))" }
    return Check(name, .fail, words, millis: millis, isRefusal: isRefusal)
  }
}
