package import Bytes

/// Snapshots that a channel sends at a time: servers take about 20 candle subscriptions with a start time and refuse
/// more until some are complete.
///
/// A snapshot leaves the window when its END or SNIP came, or when it took too long.
package struct SnapshotWindow: Sendable {
  package let limit: Int
  /// How long one may take, in seconds.
  package let limitSeconds: Double
  private var open: [(topic: Int, deadline: MonotonicNanos)] = []

  package static let range = 1...10_000
  package static let defaultLimitSeconds = 30.0

  package init(limit: Int, limitSeconds: Double = defaultLimitSeconds) {
    precondition(limit > 0)
    self.limit = limit
    self.limitSeconds = limitSeconds
  }

  /// Snapshots under way.
  package var count: Int { open.count }
  package var hasRoom: Bool { open.count < limit }
  /// When the first of them has taken too long.
  package var nextDeadline: MonotonicNanos { open.first?.deadline ?? .distantFuture }

  /// A snapshot was asked for, perhaps again. Call only where there is room or the topic is under way.
  package mutating func begin(_ topic: Int, _ now: MonotonicNanos) {
    end(topic)
    open.append((topic, now.advanced(bySeconds: limitSeconds)))
  }

  /// It is complete, or nobody wants it any more. False where it was not under way.
  @discardableResult
  package mutating func end(_ topic: Int) -> Bool {
    guard let at = open.firstIndex(where: { $0.topic == topic }) else { return false }
    open.remove(at: at)
    return true
  }

  /// Gives up on those that took too long; true where there were some.
  package mutating func expire(_ now: MonotonicNanos) -> Bool {
    let before = open.count
    open.removeAll { $0.deadline <= now }
    return open.count < before
  }

  package mutating func removeAll() { open.removeAll(keepingCapacity: true) }
}
