package import IO
import Synchronization

/// Changes of what a running lane subscribes: put in by any thread, taken out by the lane between reads.
///
/// Invariant: changes are taken in the order in which they were posted, and none is lost but those that were refused.
package final class LaneInbox: Sendable {
  /// Topics that may wait to be taken.
  package static let maximumTopics = 1_000_000

  private struct Waiting {
    var changes: [SubscriptionChange] = []
    var topics = 0
  }

  /// Ends the lane's wait.
  package let wakeup: Wakeup
  private let hasChanges = Atomic<Bool>(false)
  private let waiting = Mutex(Waiting())

  package init() throws(IOError) { wakeup = try Wakeup() }

  /// False where too many topics wait already; nothing of the change is taken then.
  package func post(_ change: SubscriptionChange) -> Bool {
    let topics = change.add.count + change.remove.count
    if topics == 0 { return true }
    let isTaken = waiting.withLock { waiting in
      guard waiting.topics + topics <= Self.maximumTopics else { return false }
      waiting.changes.append(change)
      waiting.topics += topics
      // Pairs with the acquiring load of `take`.
      hasChanges.store(true, ordering: .releasing)
      return true
    }
    if isTaken { wakeup.signal() }
    return isTaken
  }

  /// What was posted since the last call; nil, for the price of one load, where nothing was.
  func take() -> [SubscriptionChange]? {
    guard hasChanges.load(ordering: .acquiring) else { return nil }
    return waiting.withLock { waiting in
      hasChanges.store(false, ordering: .relaxed)
      let changes = waiting.changes
      waiting = Waiting()
      return changes
    }
  }
}
