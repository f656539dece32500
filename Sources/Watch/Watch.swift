// Watch: what people and machines see of a run while it goes on: figures by lane, symbol and event type, alarms about
// quiet feeds, the picture of `top`, the metrics, health and the status page.
//
// Invariant: a run that nobody watches pays nothing: lanes are given a `LaneWatch` only when something here is wanted.
// Every table and history has a named limit.
//
// Out of scope: drawing (Screen), serving bytes (HTTPServer), what a run does (Ingest).

package import Bytes
import Market

/// Limits of what is kept about a run.
package enum WatchLimits {
  /// Symbols that a lane keeps figures of; the events of others are counted together.
  package static let symbolsPerLane = 65_536
  /// Symbols that a picture holds, the busiest first.
  package static let symbolsShown = 500
  /// Seconds of the charts and of the sparkline.
  package static let historySeconds = 300
  /// Sentences that the picture remembers.
  package static let messages = 50
}

/// The clock of a picture.
package struct WatchTime: Sendable {
  package var monotonic: MonotonicNanos
  package var wall: WallNanos

  package init(monotonic: MonotonicNanos, wall: WallNanos) {
    self.monotonic = monotonic
    self.wall = wall
  }

  package static func now() -> WatchTime { WatchTime(monotonic: .now(), wall: .now()) }
}
