import Bytes

/// Whether a worker that found nothing shall doze or sleep: it dozes while every look brings news soon.
struct Doze {
  /// How long a doze lasts. News of dense traffic wait so long at most.
  static let nanos: Int64 = 500_000
  /// Traffic is dense when the worker found nothing so short a time before.
  static let denseNanos: Int64 = 1_000_000

  private var lastBegin = MonotonicNanos(rawValue: 0)
  private var hasNews = false

  mutating func foundNews() { hasNews = true }

  /// Call before each wait.
  mutating func begins(_ now: MonotonicNanos) -> Bool {
    let isDense = hasNews && now.nanos(since: lastBegin) < Self.denseNanos
    hasNews = false
    lastBegin = now
    return isDense
  }
}
