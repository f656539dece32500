package import Bytes

/// From when to when a token serves, on both clocks: the monotonic one stands still while a machine sleeps, the other
/// may be set back.
package struct TokenLife: Sendable {
  let from: Arrival
  let seconds: Double
  let fraction: Double

  package init(from: Arrival, seconds: Double, fraction: Double) {
    self.from = from
    self.seconds = seconds
    self.fraction = fraction
  }

  private func has(_ part: Double, passedAt now: Arrival) -> Bool {
    now.monotonic >= from.monotonic.advanced(bySeconds: part)
      || Double(now.wall.rawValue - from.wall.rawValue) / 1e9 >= part
  }

  package func isOver(_ now: Arrival) -> Bool { has(seconds, passedAt: now) }
  package func isDue(_ now: Arrival) -> Bool { has(seconds * fraction, passedAt: now) }
  package var renewAt: MonotonicNanos { from.monotonic.advanced(bySeconds: seconds * fraction) }
}

/// When the login server may be asked again.
package struct RetrySchedule {
  private let limits: AccountLimits
  private var random: UInt64
  private var troubles = 0
  private var refusals = 0
  package private(set) var refusedCredentials: Credentials?
  package private(set) var notBefore = MonotonicNanos(rawValue: .min)
  private var waitSeconds = 0.0

  package init(_ limits: AccountLimits, seed: UInt64) {
    self.limits = limits
    random = seed
  }

  /// Whether these secrets were refused so often that only others are tried.
  package var isParked: Bool { refusals >= limits.maximumRefusals }

  /// For people.
  package var waitWords: String { "\((waitSeconds * 10).rounded() / 10) s" }

  /// From 0 up to 1, without it.
  package mutating func chance() -> Double {
    random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(random >> 11) / Double(UInt64(1) << 53)
  }

  /// - Parameter rejections: tokens in a row that the feed refused: the next one is not asked for at once.
  package mutating func succeeded(rejections: Int, now: MonotonicNanos) {
    troubles = 0
    refusals = 0
    refusedCredentials = nil
    wait(rejections == 0 ? 0 : backOff(rejections - 1), now)
  }

  package mutating func failed(_ error: AccountError, _ credentials: Credentials?, now: MonotonicNanos) {
    switch error {
    case .noCredentials, .credentials, .badURL, .refused:
      if credentials != refusedCredentials { refusals = 0 }
      refusedCredentials = credentials
      refusals += 1
      wait(limits.refusalSeconds, now)
    case .tooMany(_, let seconds):
      // Never sooner than asked, and not everybody at that moment.
      let asked = min(seconds ?? 0, limits.longestRetryAfterSeconds)
      let own = backOff(troubles)
      troubles += 1
      wait(max(own, asked * (1 + chance() / 10)), now)
    default:
      let own = backOff(troubles)
      troubles += 1
      wait(own, now)
    }
  }

  private mutating func backOff(_ attempt: Int) -> Double {
    let full = min(limits.longestRetrySeconds, limits.firstRetrySeconds * Double(UInt64(1) << UInt64(min(attempt, 30))))
    return full * (1 - chance() / 2)
  }

  private mutating func wait(_ seconds: Double, _ now: MonotonicNanos) {
    waitSeconds = seconds
    notBefore = now.advanced(bySeconds: seconds)
  }
}
