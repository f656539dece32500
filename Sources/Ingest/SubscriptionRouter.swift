package import DXLink
import Synchronization

/// The way of a change of subscriptions to the lanes of a running ingest. Any thread may use it.
package final class SubscriptionRouter: Sendable {
  /// What became of a change.
  package struct Receipt: Sendable {
    /// Topics on their way to a lane; a lane's sentences tell what its book refuses.
    package var routed = 0
    /// Topics that no lane takes, with the reason.
    package var refused: [(subscription: Subscription, reason: String)] = []
    /// Topics of other shards, which are for other processes.
    package var elsewhere = 0
    package init() {}
  }

  private let inboxes: [LaneInbox]
  private let shard: Shard?
  private let plan: Mutex<LanePlan>

  init(_ inboxes: [LaneInbox], _ plan: LanePlan, shard: Shard? = nil) {
    self.inboxes = inboxes
    self.plan = Mutex(plan)
    self.shard = shard
  }

  package var laneCount: Int { inboxes.count }

  /// Sends each topic to the lane of its symbol. Removals take effect before additions.
  package func change(_ change: SubscriptionChange) -> Receipt {
    plan.withLock { plan in route(change, &plan) }
  }

  /// Under the lock, so that changes reach the inboxes in the order in which they were planned.
  private func route(_ change: SubscriptionChange, _ plan: inout LanePlan) -> Receipt {
    var receipt = Receipt()
    var shares = [SubscriptionChange](repeating: SubscriptionChange(), count: inboxes.count)
    for topic in change.remove {
      if let lane = plan.remove(topic) { shares[lane].remove.append(topic) }
    }
    var full: [Subscription] = []
    for topic in change.add {
      if topic.symbol == Subscription.wildcard, inboxes.count > 1 || shard != nil {
        receipt.refused.append((topic, LanePlan.wildcardRefusal))
      } else if let shard, !shard.contains(topic) {
        receipt.elsewhere += 1
      } else if let lane = plan.add(topic) {
        shares[lane].add.append(topic)
      } else {
        full.append(topic)
      }
    }
    if !full.isEmpty {
      let why = plan.fullRefusal(beyond: full)
      receipt.refused += full.map { ($0, why) }
    }
    for (lane, share) in shares.enumerated() {
      if inboxes[lane].post(share) {
        receipt.routed += share.add.count + share.remove.count
        continue
      }
      // The lane keeps what it has.
      for topic in share.add { _ = plan.remove(topic) }
      for topic in share.remove { _ = plan.add(topic) }
      let why = "the lane has \(LaneInbox.maximumTopics) changes to take already; try again later"
      receipt.refused += (share.remove + share.add).map { ($0, why) }
    }
    return receipt
  }
}
