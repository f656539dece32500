package import Bytes
package import DXLink

/// Decides while a connection stands what its lane subscribes and no longer subscribes. Asked on the lane's thread,
/// between reads, once the feed channel is open.
package protocol SubscriptionPlan: AnyObject {
  /// What changes now; nil for nothing.
  func change(now: MonotonicNanos) -> SubscriptionChange?
  /// The feed channel is gone, and with it what had come of answers that were not whole. What changes until the next
  /// one stands; nil for nothing.
  func connectionLost() -> SubscriptionChange?
  /// When to ask again even if nothing comes.
  var nextLook: MonotonicNanos { get }
}

extension SubscriptionPlan {
  package func connectionLost() -> SubscriptionChange? { nil }
}

/// Subscriptions to add and to take back.
package struct SubscriptionChange: Sendable {
  package var add: [Subscription] = []
  package var remove: [Subscription] = []
  package init() {}
}
