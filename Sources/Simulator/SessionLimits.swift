import Bytes
import DXLink
import Market

// What a session refuses because real servers do.

extension ServerSession {
  /// Whether the additions of a message are looked at; else they are refused with an ERROR. Removals always take
  /// effect, and count as changes.
  mutating func admits(
    _ change: FeedSubscription, on channel: Int, _ now: MonotonicNanos, _ out: inout MessageQueue
  ) -> Bool {
    let limits = options.limits
    let items = change.add.count + change.remove.count
    if let most = limits.topicsPerMessage, items > most {
      counters.refusedTopics += change.add.count
      fail(channel, ErrorNotice.badAction, "Your subscription size is too big", &out)
      return false
    }
    if let most = limits.changesPerMinute, !changes.take(items, limit: most, now) {
      counters.refusedTopics += change.add.count
      fail(channel, ErrorNotice.badAction, "Your subscription rate is too high", &out)
      return false
    }
    return true
  }
}

/// Candle snapshots that a channel has asked for and not been given, while one message is taken.
struct SnapshotCount {
  private let limit: Int
  private var open = 0
  private(set) var refused = 0

  init(_ session: borrowing ServerSession, _ channel: Int) {
    limit = session.options.limits.candleSnapshots ?? .max
    guard limit < .max else { return }
    open = session.newTopics.count { $0.topic.channel == channel && $0.topic.type == .candle && $0.fromTime != nil }
  }

  /// False, and counted, where the topic would be one snapshot too many.
  mutating func takes(_ topic: Subscriptions.Topic, _ item: SubscriptionItem) -> Bool {
    guard topic.type == .candle, item.fromTime != nil else { return true }
    if open >= limit {
      refused += 1
      return false
    }
    open += 1
    return true
  }
}
