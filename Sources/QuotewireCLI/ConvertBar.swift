import Bytes
import Synchronization

/// How much of the inputs is read, on a terminal.
final class ConvertBar: Sendable {
  private let console: Console
  private let startedAt = MonotonicNanos.now()
  private let lastShown = Mutex(MonotonicNanos(rawValue: 0))

  private static let seconds = 0.25
  private static let width = 24

  init(_ console: Console) { self.console = console }

  func show(_ bytes: Int, of total: Int) {
    guard console.isLive, total > 0 else { return }
    let now = MonotonicNanos.now()
    let isDue = lastShown.withLock { last in
      guard now.seconds(since: last) >= Self.seconds else { return false }
      last = now
      return true
    }
    if isDue { console.show(Self.line(bytes, of: total, seconds: now.seconds(since: startedAt))) }
  }

  /// `[######··················]  25 %  1.2 GB of 4.8 GB  310.0 MB/s  00:12 left`
  static func line(_ bytes: Int, of total: Int, seconds: Double) -> String {
    let share = min(1, Double(bytes) / Double(max(1, total)))
    let filled = Int(share * Double(width))
    let bar = String(repeating: "#", count: filled) + String(repeating: "·", count: width - filled)
    let rate = Double(bytes) / max(seconds, 0.001)
    var line = "[\(bar)] \(Int(share * 100)) %  \(Count.bytes(bytes)) of \(Count.bytes(total))"
    line += "  \(Count.bytes(Int(rate)))/s"
    if bytes > 0 { line += "  \(Count.clock(Double(total - bytes) / max(rate, 1))) left" }
    return line
  }
}
