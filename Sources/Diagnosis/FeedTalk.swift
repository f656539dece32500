package import Bytes
import DXLink
package import IO
package import Ingest
import Market
import WebSocket

/// One connection to a feed, with everything that goes over it shown to a watcher. Subscribes as a lane does; does not
/// connect again.
package struct FeedTalk: ~Copyable {
  private var link: WebSocketLink
  private var session: Session
  private var decoder: FeedDecoder
  private var batch = EventBatch()
  private var texts = TextTable()
  private let settings: LaneSettings
  private var isStarted = false

  /// Messages that could not be read of which the watcher is told.
  private static let maximumComplaints = 20
  private var complaints = 0

  /// - Parameter token: what the server is told where it wants one.
  package init(_ link: consuming WebSocketLink, _ settings: LaneSettings, token: String?) {
    self.link = link
    self.settings = settings
    session = Session(options: settings.session, token: token)
    decoder = FeedDecoder(requested: settings.session.fieldLists, maximumBytes: settings.maximumMessageBytes)
  }

  /// Connects as a lane does.
  package init(connecting settings: LaneSettings, token: String?, stop: Wakeup?) throws(LinkError) {
    let link = try WebSocketLink(
      to: settings.url, tls: settings.tls, connector: settings.connector, limitMillis: settings.upgradeLimitMillis,
      limits: settings.conversationLimits, checksText: false, userAgent: settings.userAgent,
      deflate: settings.deflate, stop: stop)
    self.init(link, settings, token: token)
  }

  /// Goes on until the watcher is done, the deadline has come or the wakeup was signalled and `isStopping` says so.
  package mutating func run(
    until deadline: MonotonicNanos, wakeup: Wakeup?, isStopping: () -> Bool, _ watcher: some FeedWatcher
  ) -> TalkEnd {
    start(watcher)
    do throws(LinkError) {
      while true {
        if let end = interpret(watcher) ?? perform(watcher) { return end }
        if link.conversation.queuedBytes > 0 { try link.write() }
        if watcher.isDone { return .done }
        let now = MonotonicNanos.now()
        if now >= deadline { return .timedOut }
        if try link.read() > 0 {
          session.receivedAnything(now: now)
          continue
        }
        if now >= session.nextDeadline { session.advance(now: now) }
        if session.hasActions || link.mayHoldMore { continue }
        if try link.wait(until: min(deadline, session.nextDeadline), wakeup: wakeup) == .woken {
          _ = wakeup?.clear()
          if isStopping() { return .stopped }
        }
      }
    } catch {
      // What had arrived before the loss counts.
      if let end = interpret(watcher) { return end }
      return .lost("connection lost: \(error)")
    }
  }

  private mutating func start(_ watcher: some FeedWatcher) {
    if isStarted { return }
    isStarted = true
    for (subscription, refusal) in session.changeSubscriptions(add: settings.subscriptions, now: .now()) {
      watcher.noticed("\(subscription.type.name) \(subscription.symbol) is not subscribed: \(refusal)")
    }
    session.connected(now: .now())
  }

  /// Does what the session asks for.
  private mutating func perform(_ watcher: some FeedWatcher) -> TalkEnd? {
    guard session.hasActions else { return nil }
    var failure: SessionFailure?
    var wantsToken = false
    unsafe session.drainActions { action, bytes in
      switch action {
      case .send(let range, let isSecret):
        let text = unsafe UnsafeRawBufferPointer(rebasing: bytes[range])
        unsafe watcher.sent(text, isSecret: isSecret, .now())
        // A conversation that is closing takes nothing more; its end is told when it is read.
        try? unsafe link.conversation.send(.text, text.bytes, isSecret: isSecret)
      case .wantsToken: wantsToken = true
      case .fail(let why): failure = why
      case .ready, .refused, .domClosed: break
      }
    }
    if wantsToken, let token = try? settings.token.read() { session.updateToken(token, now: .now()) }
    guard let failure else { return nil }
    return failure.reconnectingHelps ? .lost("\(failure)") : .refused("\(failure)")
  }

  /// Shows and reads everything that arrived, until the watcher is done.
  private mutating func interpret(_ watcher: some FeedWatcher) -> TalkEnd? {
    while !watcher.isDone {
      guard let event = link.conversation.next(&link.buffer) else { return nil }
      switch event {
      case .message(.text, let payload): unsafe take(payload, .now(), watcher)
      case .message(.binary, let payload):
        watcher.noticed("a binary message of \(payload.count) bytes arrived, which dxLink does not use")
      case .ping, .pong: break
      case .closed:
        let (code, reason) = (link.conversation.closeCode, link.conversation.closeReason)
        if code == .normal && reason == EndOfFeed.reason { return .endOfFeed }
        return .lost("the server closed the connection (\(reason.isEmpty ? "\(code)" : "\(code), \"\(reason)\""))")
      case .failed:
        let why = link.conversation.failure.map { "\($0)" } ?? "unknown"
        return .lost("the server violated the WebSocket protocol: \(why)")
      }
    }
    return nil
  }

  private mutating func take(_ payload: UnsafeRawBufferPointer, _ arrival: Arrival, _ watcher: some FeedWatcher) {
    unsafe watcher.received(payload, arrival)
    batch.removeAll()
    let store = texts.store
    do throws(FeedError) {
      let got = try unsafe decoder.decode(
        payload, receivedNanos: arrival.wall.rawValue, batch: &batch, texts: &texts
      ) { full in
        full.forEach { watcher.decoded($0, store) }
        full.removeAll()
      }
      batch.forEach { watcher.decoded($0, store) }
      guard case .message(let message) = got else { return }
      session.received(message, now: arrival.monotonic)
      watcher.understood(message, arrival)
    } catch {
      complaints += 1
      if complaints <= Self.maximumComplaints { watcher.noticed("a message could not be read: \(error)") }
    }
  }

  /// Ends the connection in good order, within the settings' limit.
  package consuming func end(_ watcher: some FeedWatcher) {
    session.close(now: .now())
    _ = perform(watcher)
    try? link.conversation.close(.normal, reason: "")
    link.end(limitMillis: settings.closeLimitMillis)
  }
}
