/// How long to wait before the next attempt: doubling from `firstSeconds` to `longestSeconds`, with jitter that takes
/// off
/// up to half, so that many clients do not come back at once.
package struct Backoff: Sendable {
  package var firstSeconds = 0.25
  package var longestSeconds = 30.0
  /// A connection that lived this long clears the count.
  package var healthySeconds = 1.0
  private var attempts = 0
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  /// The same limits with jitter of its own, so that the lanes of one process do not come back at the same moment.
  package func reseeded(_ number: Int) -> Backoff {
    var other = self
    other.state = state ^ UInt64(number) &* 0x9E37_79B9_7F4A_7C15
    return other
  }

  /// Attempts since the last healthy connection.
  package var attempt: Int { attempts }

  package mutating func succeeded(aliveSeconds: Double) {
    if aliveSeconds >= healthySeconds { attempts = 0 }
  }

  /// Seconds to wait before the next attempt.
  package mutating func nextSeconds() -> Double {
    let full = min(longestSeconds, firstSeconds * Double(UInt64(1) << UInt64(min(attempts, 40))))
    attempts += 1
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    let share = Double(state >> 11) / Double(UInt64(1) << 53)
    return full * (1 - share / 2)
  }
}

/// How often a lost connection is tried again.
package enum ReconnectLimit: Sendable, Equatable {
  /// This many attempts in a row; 0 ends at the first loss.
  case attempts(Int)
  case forever

  package func allows(_ attempt: Int) -> Bool {
    switch self {
    case .attempts(let most): attempt < most
    case .forever: true
    }
  }
}
