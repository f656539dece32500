package import DXLink

/// The way of a change of subscriptions to the lanes of a running ingest. Any thread may use it.
package final class SubscriptionRouter: Sendable {
  /// What became of a change.
  package struct Receipt: Sendable {
    /// Topics on their way to a lane; a lane's sentences tell what its book refuses.
    package var routed = 0
    /// Topics that no lane takes, with the reason.
    package var refused: [(subscription: Subscription, reason: String)] = []
    package init() {}
  }

  private let inboxes: [LaneInbox]

  init(_ inboxes: [LaneInbox]) { self.inboxes = inboxes }

  package var laneCount: Int { inboxes.count }

  /// Sends each topic to the lane of its symbol. Removals take effect before additions.
  package func change(_ change: SubscriptionChange) -> Receipt {
    var receipt = Receipt()
    var shares = [SubscriptionChange](repeating: SubscriptionChange(), count: inboxes.count)
    for topic in change.remove { shares[lane(of: topic)].remove.append(topic) }
    for topic in change.add {
      if topic.symbol == Subscription.wildcard, inboxes.count > 1 {
        receipt.refused.append((topic, LanePlan.wildcardRefusal))
      } else {
        shares[lane(of: topic)].add.append(topic)
      }
    }
    for (inbox, share) in zip(inboxes, shares) {
      if inbox.post(share) {
        receipt.routed += share.add.count + share.remove.count
        continue
      }
      let why = "the lane has \(LaneInbox.maximumTopics) changes to take already; try again later"
      receipt.refused += (share.remove + share.add).map { ($0, why) }
    }
    return receipt
  }

  private func lane(of topic: Subscription) -> Int { LanePlan.lane(of: topic.symbol, lanes: inboxes.count) }
}
