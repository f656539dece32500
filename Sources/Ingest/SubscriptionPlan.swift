package import Bytes
package import DXLink

/// Decides while a connection stands what its lane subscribes and no longer subscribes. Asked on the lane's thread,
/// between reads, once the feed channel is open.
package protocol SubscriptionPlan: AnyObject {
  /// What changes now; nil for nothing.
  func change(now: MonotonicNanos) -> SubscriptionChange?
  /// When to ask again even if nothing comes.
  var nextLook: MonotonicNanos { get }
}

/// Subscriptions to add and to take back.
package struct SubscriptionChange: Sendable {
  package var add: [Subscription] = []
  package var remove: [Subscription] = []
  package init() {}
}
