import Synchronization

/// Bytes that the subscriptions of all clients of a server may take together.
package final class SubscriptionBudget: Sendable {
  package let limit: Int
  private let used = Atomic<Int>(0)

  package init(limit: Int) { self.limit = limit }

  /// Bytes that are taken.
  package var usedBytes: Int { used.load(ordering: .relaxed) }

  private func take(_ bytes: Int) -> Bool {
    let now = used.wrappingAdd(bytes, ordering: .relaxed).newValue
    if now <= limit { return true }
    give(bytes)
    return false
  }

  private func give(_ bytes: Int) { used.wrappingSubtract(bytes, ordering: .relaxed) }

  /// What one client has of it; given back when it goes.
  final class Share {
    private let budget: SubscriptionBudget
    private var bytes = 0

    init(_ budget: SubscriptionBudget) { self.budget = budget }

    deinit { budget.give(bytes) }

    /// False where not so much is left.
    func take(_ count: Int) -> Bool {
      guard budget.take(count) else { return false }
      bytes += count
      return true
    }

    func give(_ count: Int) {
      bytes -= count
      budget.give(count)
    }
  }
}
