import Bytes
import DXLink
import IO
package import Market
import Recording
package import Sinks

/// One connection after another to a feed, on one thread: connect, run, and after a loss wait and connect again.
///
///     connecting ─► handshaking ─► streaming ─┬─► ended
///          ▲                                  └─► waiting ─┐
///          └─────────────── back-off ──────────────────────┘
package struct Lane: ~Copyable {
  let number: Int
  var settings: LaneSettings
  let stop: StopFlag
  let progress: LaneProgress
  let say: @Sendable (String) -> Void
  let recording: RecordingPort?
  /// Whether waits for room shall end. Kept, because to make it costs an allocation.
  let isStopping: @Sendable () -> Bool
  /// Subscribes as answers come; nil where everything is subscribed at once.
  let subscriptionPlan: (any SubscriptionPlan)?
  /// What others want changed while the lane runs.
  let inbox: LaneInbox?
  /// Ends waits: signalled for the run's end, and by the inbox.
  let wakeup: Wakeup
  var pipeline: PayloadPipeline
  var decoder: FeedDecoder
  var session: Session
  /// Arrival of the last bytes of the connection that was lost; nil while there is no open gap.
  var lostSince: WallNanos?
  var lastArrival: Arrival?
  /// After our Close for a message that is no text: until when the server may answer it.
  var closingDeadline: MonotonicNanos?
  var complaints = 0
  var sessionNumber: UInt64 = 0
  /// Where tokens are renewed; nil where they come from elsewhere.
  let renewal: (any TokenRenewal)?
  /// The token that was read last, which no sentence may hold.
  var lastToken: String?
  /// The number of that token where an account renews it.
  var passSerial = 0
  /// The feed refused that token: another one helps, where there is one.
  var needsFreshToken = false
  private var lossReason = Gap.Reason.connectionLost
  private var attemptsInGap = 0
  private var backoff: Backoff
  private var everStood = false
  var outcome = LaneOutcome(end: .drained)
  var shownTopics = TopicCounts()

  package init(
    number: Int, settings: LaneSettings, pipeline: consuming PayloadPipeline,
    ports: (sinks: [any SinkPort], recording: RecordingPort?), stop: StopFlag,
    progress: LaneProgress, plan: (any SubscriptionPlan)? = nil, inbox: LaneInbox? = nil,
    say: @escaping @Sendable (String) -> Void
  ) {
    self.number = number
    self.settings = settings
    self.stop = stop
    self.progress = progress
    self.say = say
    subscriptionPlan = plan
    renewal = if case .renewed(let renewal) = settings.token { renewal } else { nil }
    self.inbox = inbox
    wakeup = inbox?.wakeup ?? stop.wakeup
    if let inbox { stop.attach(inbox.wakeup) }
    recording = ports.recording
    isStopping = { stop.isAbandoned }
    self.pipeline = pipeline
    self.pipeline.connect(ports.sinks)
    decoder = FeedDecoder(requested: settings.session.fieldLists, maximumBytes: settings.maximumMessageBytes)
    session = Session(options: settings.session)
    backoff = settings.backoff
  }

  /// Runs to the end, then gives the pipeline back for its totals.
  package consuming func run() -> (outcome: LaneOutcome, totals: PipelineTotals, digest: Digest?) {
    subscribe()
    renewal?.start(say: say)
    outcome.end = connectAgainAndAgain()
    if lostSince != nil { closeGap() }
    recording?.finish(.now(), isStopping: isStopping)
    pipeline.add(decoder.counters)
    pipeline.finish()
    pipeline.show(in: progress)
    progress.enter(.ended)
    return (outcome, pipeline.totals, pipeline.digest)
  }

  private mutating func subscribe() {
    complain(of: session.changeSubscriptions(add: settings.subscriptions, now: .now()))
    // The book has them now.
    settings.subscriptions = []
    pipeline.reserve(symbols: session.wantedSymbols)
    showTopics()
  }

  /// Does what the plan wants subscribed by now.
  mutating func follow(_ plan: any SubscriptionPlan) {
    guard session.isReady, let change = plan.change(now: .now()) else { return }
    complain(of: session.changeSubscriptions(add: change.add, remove: change.remove, now: .now()))
  }

  func complain(of refused: [(subscription: Subscription, refusal: SubscriptionRefusal)]) {
    for (subscription, refusal) in refused.prefix(settings.maximumComplaints) {
      say("\(subscription.type.name) \(subscription.symbol) is not subscribed: \(refusal)")
    }
  }

  private mutating func connectAgainAndAgain() -> LaneOutcome.End {
    while !stop.isDraining {
      progress.enter(.connecting)
      let startedAt = MonotonicNanos.now()
      let end = runConnection()
      switch end {
      case .drained: return .drained
      case .endOfFeed: return .endOfFeed
      case .refused(let why): return .refused(why)
      case .lost(let reason, let why, let stood):
        if stood {
          everStood = true
          backoff.succeeded(aliveSeconds: MonotonicNanos.now().seconds(since: startedAt))
          openGap(reason)
        }
        if stop.isDraining { return .drained }
        guard mayTryAgain else { return needsFreshToken ? .refused(why) : .failed(why) }
        let seconds = backoff.nextSeconds()
        say("lane \(number): \(why); connecting again in \(Self.rounded(seconds)) s (attempt \(backoff.attempt))")
        attemptsInGap += 1
        progress.enter(.waiting)
        pause(until: MonotonicNanos.now().advanced(bySeconds: seconds))
        progress.addReconnect()
        outcome.reconnects += 1
      }
    }
    return .drained
  }

  /// Waits, and moves on what sinks hold back meanwhile.
  mutating func pause(until deadline: MonotonicNanos) {
    while true {
      pipeline.settle()
      let now = MonotonicNanos.now()
      if now >= deadline { return }
      let turn = pipeline.holdsBack ? now.advanced(byNanos: Self.settleNanos) : deadline
      let isWoken = wakeup.pause(until: min(turn, deadline))
      if stop.isDraining { return }
      if isWoken {
        clearWakeup()
        takeInbox()
      }
    }
  }

  /// A sentence in which a server may have repeated the token.
  func withoutToken(_ sentence: String) -> String {
    guard let lastToken, !lastToken.isEmpty else { return sentence }
    return sentence.split(separator: lastToken, omittingEmptySubsequences: false).joined(separator: "…")
  }

  private var mayTryAgain: Bool {
    if let limit = settings.reconnect { return limit.allows(backoff.attempt) }
    return everStood || needsFreshToken
  }

  static func rounded(_ seconds: Double) -> Double { (seconds * 100).rounded() / 100 }

  /// Notes that the feed is interrupted from the last arrival on.
  mutating func openGap(_ reason: Gap.Reason) {
    guard lostSince == nil else { return }
    lostSince = lastArrival?.wall ?? .now()
    lossReason = reason
    attemptsInGap = 0
    resume()
  }

  /// Has the wishes ask for what the connection took with it.
  private mutating func resume() {
    var again = pipeline.interrupt()
    if let change = subscriptionPlan?.connectionLost() {
      complain(of: session.changeSubscriptions(add: change.add, remove: change.remove, now: .now()))
    }
    if again.isEmpty { return }
    let wildcards = Set(settings.subscriptions.filter { $0.symbol == Subscription.wildcard }.map(\.type))
    again.removeAll { wildcards.contains($0.type) }
    complain(of: session.changeSubscriptions(add: again, now: .now()))
  }

  /// Tells the recording that the time series of a gap are whole again. The sinks know.
  mutating func noteFilled() {
    guard let gap = pipeline.takeFilled() else { return }
    recording?.accept(GapText.mark(gap), .now(), isStopping: isStopping)
    outcome.filledGaps += 1
  }

  /// Tells the recording and the sinks that the feed is whole again, and since when it was not.
  mutating func closeGap() {
    guard let since = lostSince else { return }
    let now = Arrival.now()
    var gap = Gap(reason: lossReason, lane: number, fromNanos: since.rawValue, toNanos: now.wall.rawValue)
    gap.attempts = UInt32(clamping: attemptsInGap)
    gap.topics = UInt32(clamping: session.wantedSubscriptions)
    recording?.accept(GapText.mark(gap), now, isStopping: isStopping)
    pipeline.accept(gap)
    progress.addGap()
    outcome.gaps += 1
    lostSince = nil
  }

}
