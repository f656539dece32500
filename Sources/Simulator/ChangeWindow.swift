import Bytes

/// Changes of a client's subscriptions within the last 60 seconds.
struct ChangeWindow {
  static let nanos: Int64 = 60_000_000_000

  private var changes: [(at: MonotonicNanos, count: Int)] = []
  private var head = 0
  private(set) var count = 0

  /// Whether that many more stay within the limit; then they are counted.
  mutating func take(_ more: Int, limit: Int, _ now: MonotonicNanos) -> Bool {
    while head < changes.count, now >= changes[head].at.advanced(byNanos: Self.nanos) {
      count -= changes[head].count
      head += 1
    }
    if head > 1024 || head == changes.count {
      changes.removeFirst(head)
      head = 0
    }
    guard count + more <= limit else { return false }
    changes.append((now, more))
    count += more
    return true
  }
}
