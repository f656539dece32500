/// What waits between the feed and a loop that takes its events: how many, and what happens to more.
///
/// Events of 128 bytes, or 256 where a type needs them, lie in memory that is set aside when the loop begins; the loop
/// takes some of them at once, at most 256 (32 where only fresh events are of use), which count no longer.
public struct EventBuffer: Sendable, Hashable {
  /// What happens to events for which there is no room.
  public enum Policy: Sendable, Hashable {
    /// The connection waits for the loop: nothing is lost here, and the feed may conflate, or disconnect us.
    case wait
    /// The newest events are dropped and counted.
    case dropNewest
    /// The oldest events are dropped and counted.
    case dropOldest
    /// Of each type and symbol one event waits, and a newer one takes its place: the loop gets the latest values.
    /// Events with an index (candles, prints, orders, greeks) cannot stand for one another, and are dropped as by
    /// `dropNewest` where there is no room.
    case conflate
  }

  /// Events that may wait.
  public var size: Int
  /// What happens to more.
  public var policy: Policy

  /// What ``size`` may be.
  public static let sizeRange = 1...4_194_304
  /// The size where none is given.
  public static let defaultSize = 16_384

  /// A buffer of a size and policy.
  public init(size: Int = EventBuffer.defaultSize, policy: Policy = .wait) {
    self.size = size
    self.policy = policy
  }
}
