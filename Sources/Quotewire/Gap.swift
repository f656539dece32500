import Market

/// A provable loss of the feed: from one time to another nothing was received.
public struct Gap: Sendable, Hashable, CustomStringConvertible {
  /// Why nothing was received.
  public enum Reason: Sendable, Hashable {
    /// The connection was lost.
    case connectionLost
    /// The server closed the connection, or the channel.
    case serverClosed
    /// The server fell silent.
    case silence
    /// The server violated a protocol.
    case protocolViolation
    /// The server took back its authorization.
    case authorizationLost
    /// A recording could not keep up.
    case recordingOverflow
    /// A recording is damaged.
    case recordingDamaged
    /// No loss: the topics' history of that time has come in the meantime.
    case filled
  }

  /// Why nothing was received.
  public let reason: Reason
  /// The connection, counted from 0.
  public let lane: Int
  /// Arrival of the last bytes before the gap: nanoseconds since 1970-01-01 UTC, 0 when there were none.
  public let fromNanos: Int
  /// When the feed was whole again: nanoseconds since 1970-01-01 UTC.
  public let toNanos: Int
  /// Connection attempts that it took.
  public let attempts: Int
  /// Messages known to be lost, where that can be known (a recording that could not keep up); else 0.
  public let lostMessages: Int

  init(_ gap: Market.Gap) {
    switch gap.reason {
    case .connectionLost: reason = .connectionLost
    case .serverClosed: reason = .serverClosed
    case .silence: reason = .silence
    case .protocolViolation: reason = .protocolViolation
    case .authorizationLost: reason = .authorizationLost
    case .recordingOverflow: reason = .recordingOverflow
    case .recordingDamaged: reason = .recordingDamaged
    case .filled: reason = .filled
    }
    lane = Int(gap.lane)
    fromNanos = Int(gap.fromNanos)
    toNanos = Int(gap.toNanos)
    attempts = Int(gap.attempts)
    lostMessages = Int(gap.lostMessages)
  }

  /// A sentence for people, such as `gap of 1.2 s on lane 0: connectionLost`.
  public var description: String {
    "gap of \((Double(toNanos - fromNanos) / 1e8).rounded() / 10) s on lane \(lane): \(reason)"
  }
}
