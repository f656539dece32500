package import Bytes
package import Market

// What becomes of the topics that the server was told: confirmed by time, refused by an ERROR, tried again.
//
//     chunk ─► told ──── confirmSeconds without an ERROR ───► live
//                └ ERROR ─► nothing more is told ─► confirmSeconds later: judgement ─┬─ data seen ─► live
//                                                                                    └─ none ─► refused ─► retry
//
// An ERROR names no topic, so every topic of a chunk that is not confirmed yet is a suspect, and the data that came
// tell which the server took. To ask again for one that it has does no harm.

/// What a session knows of refusals on its connection.
struct TopicWatch: Sendable {
  var chunks = ChunkLog()
  /// The ERROR that is to be judged, and when.
  var notice: RefusalNotice?
  var noticeText = ""
  var judgeAt = MonotonicNanos.distantFuture
  var lastJudgement = MonotonicNanos.distantFuture
  /// Until when nothing is told, because the server found us too fast.
  var heldUntil = MonotonicNanos(rawValue: .min)
  /// Refusals in a row.
  var attempt = 0
  var retryAt = MonotonicNanos.distantFuture
  /// Topics that the next retry asks for: more after each success.
  var retryItems = 0
  var isRetrying = false
}

/// Topics that a server refused at one time.
package struct TopicRefusals: Equatable, Sendable {
  /// Refused now: told in vain, and waiting behind those.
  package var count: Int
  /// The first of them.
  package var examples: [Subscription]
  /// The server's own words.
  package var reason: String
  package var retrySeconds: Double

  static let maximumExamples = 5
}

extension Session {
  /// Judgements are put off while ERRORs come, by this many times `confirmSeconds` at most.
  static let longestJudgement = 6.0
  /// Topics that a retry asks for at most.
  static let maximumRetryItems = 10_000

  package var topicCounts: TopicCounts { book.counts }
  /// Whether a refusal may have to be judged by data seen.
  package var wantsEvidence: Bool { !watch.chunks.isEmpty }
  /// Whether snapshots are under way whose end is to be told with `snapshotEnded`. Mutating as `nextDeadline` is.
  package var watchesSnapshots: Bool { mutating get { book.window.map { $0.count > 0 } ?? false } }
  /// Bytes of memory that the subscriptions take.
  package var subscriptionBytes: Int { book.byteCount }

  package func refusedTopics(atMost most: Int) -> [Subscription] { book.refusedTopics(atMost: most) }

  /// A snapshot's END or SNIP came.
  package mutating func snapshotEnded(_ type: EventType, _ symbol: String, now: MonotonicNanos) {
    book.snapshotEnded(type, symbol)
    tellSubscriptions(now)
  }

  /// A chunk went out.
  mutating func noteTold(_ now: MonotonicNanos) {
    if options.confirmSeconds == nil {
      for topic in book.chunk.added { book.confirm(topic) }
    } else {
      watch.chunks.append(book.chunk.added, now)
    }
  }

  /// Whether telling has to wait.
  func isHeld(_ now: MonotonicNanos) -> Bool { watch.notice != nil || now < watch.heldUntil }

  /// An ERROR that may refuse subscriptions.
  mutating func noteRefusal(_ notice: ErrorNotice, _ now: MonotonicNanos) {
    guard let seconds = options.confirmSeconds, let refusal = RefusalNotice(notice) else { return }
    if refusal == .sizeOfType(.candle) { book.limitSnapshots(ProtocolLimits.candleSnapshots) }
    if watch.notice == nil {
      watch.notice = refusal
      watch.noticeText = notice.message
      watch.lastJudgement = now.advanced(bySeconds: seconds * Self.longestJudgement)
    }
    watch.judgeAt = min(now.advanced(bySeconds: seconds), watch.lastJudgement)
  }

  /// Whether `judge` is to be called.
  package func awaitsJudgement(_ now: MonotonicNanos) -> Bool { now >= watch.judgeAt }

  /// Decides which topics the server refused: those of which no data was seen.
  /// - Parameter isSeen: whether an event of that type and symbol came on this connection.
  package mutating func judge(now: MonotonicNanos, isSeen: (EventType, String) -> Bool) {
    guard let notice = watch.notice else { return }
    watch.notice = nil
    watch.judgeAt = .distantFuture
    var refused = 0
    var examples: [Subscription] = []
    while let topics = watch.chunks.takeFirst(sentBy: now) {
      for topic in topics {
        let subscription = book.subscription(topic)
        let isSuspect = if case .sizeOfType(let type) = notice { subscription.type == type } else { true }
        if !isSuspect || isSeen(subscription.type, subscription.symbol) {
          book.confirm(topic)
        } else if book.refuse(topic) {
          refused += 1
          if examples.count < TopicRefusals.maximumExamples { examples.append(subscription) }
        }
      }
    }
    if notice == .size { refused += book.refusePending() }
    watch.isRetrying = false
    let seconds = min(
      options.retryLongestSeconds, options.retryFirstSeconds * Double(UInt64(1) << UInt64(min(watch.attempt, 30))))
    if notice == .rate { watch.heldUntil = now.advanced(bySeconds: seconds) }
    if refused == 0 && notice != .rate { return tellSubscriptions(now) }
    watch.attempt += 1
    watch.retryItems = options.pace.maximumItems
    if book.counts.refused > 0 { watch.retryAt = now.advanced(bySeconds: seconds) }
    if refused > 0 {
      actions.append(
        .refused(
          TopicRefusals(count: refused, examples: examples, reason: watch.noticeText, retrySeconds: seconds)))
    }
    tellSubscriptions(now)
  }

  /// A topic that the server had is gone: it has room for one that it refused.
  mutating func noteRoom(_ now: MonotonicNanos) {
    guard book.counts.refused > 0, !watch.isRetrying, let seconds = options.confirmSeconds else { return }
    watch.retryAt = min(watch.retryAt, now.advanced(bySeconds: seconds))
  }

  /// Confirms what the server did not refuse in time, and asks again for what it refused.
  mutating func advanceTopics(_ now: MonotonicNanos) {
    book.expireSnapshots(now)
    if watch.notice != nil { return }
    if let seconds = options.confirmSeconds {
      while let topics = watch.chunks.takeFirst(sentBy: now.advanced(bySeconds: -seconds)) {
        for topic in topics { book.confirm(topic) }
      }
    }
    guard watch.chunks.isEmpty, book.sendableCount == 0 else { return retryTopics(now) }
    // All that was told was taken: after a hold that found nothing refused as well.
    if watch.isRetrying || book.counts.refused == 0 { watch.attempt = 0 }
    if watch.isRetrying {
      watch.isRetrying = false
      watch.retryItems = min(Self.maximumRetryItems, watch.retryItems * 2)
      watch.retryAt = book.counts.refused > 0 ? now : .distantFuture
    }
    retryTopics(now)
  }

  /// Asks for refused topics where their time has come.
  private mutating func retryTopics(_ now: MonotonicNanos) {
    guard now >= watch.retryAt else { return }
    watch.retryAt = .distantFuture
    watch.isRetrying = book.retryRefused(atMost: watch.retryItems) > 0
  }

  /// When there is something to do about topics.
  var topicsDeadline: MonotonicNanos {
    mutating get {
      if watch.notice != nil { return watch.judgeAt }
      var next = watch.retryAt
      if book.sendableCount > 0 { next = min(next, max(paceClock.nextTime, watch.heldUntil)) }
      if let oldest = watch.chunks.oldest, let confirmNanos { next = min(next, oldest.advanced(byNanos: confirmNanos)) }
      return min(next, book.window?.nextDeadline ?? .distantFuture)
    }
  }
}
