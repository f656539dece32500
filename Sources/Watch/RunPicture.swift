package import Bytes
package import Screen

/// Everything that is shown of a run, at one moment.
package struct RunPicture: Sendable {
  /// One second of the charts. Times in nanoseconds, nil where nothing was measured.
  package struct Sample: Sendable, Equatable {
    package var eventsPerSecond = 0.0
    package var lagP50: Int64?
    package var lagP99: Int64?
    package var sinkP50: Int64?
    package var sinkP99: Int64?
    /// Events that wait in all sinks.
    package var queue = 0
    /// New since the sample before.
    package var dropped = 0
    package var gaps = 0
    package init() {}
  }

  /// One event type.
  package struct TypeRow: Sendable, Equatable {
    package var name: String
    package var events: Int
    /// Since its last event; nil where none has come.
    package var quietSeconds: Double?
    package var limitSeconds: Double?
    package var isStale: Bool
  }

  package var wall = WallNanos(rawValue: 0)
  package var top = TopState()
  /// The oldest first, `WatchLimits.historySeconds` at most.
  package var samples: [Sample] = []
  package var types: [TypeRow] = []
  /// Why the run is not ready; empty when it is.
  package var unready: [String] = ["the run has not begun"]
  package var cpuSeconds = 0.0

  package init() {}
}
