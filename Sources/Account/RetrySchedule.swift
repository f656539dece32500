import Bytes

/// From when to when a token serves, on both clocks: the monotonic one stands still while a machine sleeps, the other
/// may be set back.
struct TokenLife: Sendable {
  let from: Arrival
  let seconds: Double
  let fraction: Double

  private func has(_ part: Double, passedAt now: Arrival) -> Bool {
    now.monotonic >= from.monotonic.advanced(bySeconds: part)
      || Double(now.wall.rawValue - from.wall.rawValue) / 1e9 >= part
  }

  func isOver(_ now: Arrival) -> Bool { has(seconds, passedAt: now) }
  func isDue(_ now: Arrival) -> Bool { has(seconds * fraction, passedAt: now) }
  var renewAt: MonotonicNanos { from.monotonic.advanced(bySeconds: seconds * fraction) }
}

/// When the login server may be asked again.
struct RetrySchedule {
  private let limits: AccountLimits
  private var random: UInt64
  private var troubles = 0
  private var refusals = 0
  private(set) var refusedCredentials: Credentials?
  private(set) var notBefore = MonotonicNanos(rawValue: .min)
  private var waitSeconds = 0.0

  init(_ limits: AccountLimits, seed: UInt64) {
    self.limits = limits
    random = seed
  }

  /// Whether these secrets were refused so often that only others are tried.
  var isParked: Bool { refusals >= limits.maximumRefusals }

  /// For people.
  var waitWords: String { "\((waitSeconds * 10).rounded() / 10) s" }

  /// From 0 up to 1, without it.
  mutating func chance() -> Double {
    random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(random >> 11) / Double(UInt64(1) << 53)
  }

  /// - Parameter rejections: tokens in a row that the feed refused: the next one is not asked for at once.
  mutating func succeeded(rejections: Int) {
    troubles = 0
    refusals = 0
    refusedCredentials = nil
    wait(rejections == 0 ? 0 : backOff(rejections - 1))
  }

  mutating func failed(_ error: AccountError, _ credentials: Credentials?) {
    switch error {
    case .noCredentials, .credentials, .badURL, .refused:
      if credentials != refusedCredentials { refusals = 0 }
      refusedCredentials = credentials
      refusals += 1
      wait(limits.refusalSeconds)
    case .tooMany(_, let seconds):
      // Never sooner than asked, and not everybody at that moment.
      let asked = min(seconds ?? 0, limits.longestRetryAfterSeconds)
      let own = backOff(troubles)
      troubles += 1
      wait(max(own, asked * (1 + chance() / 10)))
    default:
      let own = backOff(troubles)
      troubles += 1
      wait(own)
    }
  }

  private mutating func backOff(_ attempt: Int) -> Double {
    let full = min(limits.longestRetrySeconds, limits.firstRetrySeconds * Double(UInt64(1) << UInt64(min(attempt, 30))))
    return full * (1 - chance() / 2)
  }

  private mutating func wait(_ seconds: Double) {
    waitSeconds = seconds
    notBefore = MonotonicNanos.now().advanced(bySeconds: seconds)
  }
}
