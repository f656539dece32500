package import Bytes
package import Market

/// Tells when an event type has gone quiet for longer than it may, and when it comes again.
package struct StaleAlarms: Sendable {
  package struct Figures: Sendable, Equatable {
    package var type: EventType
    /// Longest time without an event, in seconds.
    package var limitSeconds: Double
    package var isStale = false
    /// Since the last event, or since the beginning; in seconds.
    package var quietSeconds = 0.0
    package var alarms = 0
    /// Seconds beyond the last events before each alarm, those of the present one included.
    package var staleSeconds: Double { endedSeconds + (isStale ? quietSeconds : 0) }
    fileprivate var endedSeconds = 0.0
  }

  package private(set) var types: [Figures]
  private var startedAt: MonotonicNanos?
  private var staleSince: [MonotonicNanos]

  /// - Parameter limits: seconds by type.
  package init(_ limits: [EventType: Double]) {
    types = limits.keys.sorted { $0.rawValue < $1.rawValue }.map { Figures(type: $0, limitSeconds: limits[$0] ?? 0) }
    staleSince = types.map { _ in MonotonicNanos(rawValue: 0) }
  }

  /// Sentences about what has changed. `lastArrivals` by `EventType.index`; the first call starts the clock.
  package mutating func advance(_ now: MonotonicNanos, lastArrivals: [MonotonicNanos?]) -> [String] {
    let start = startedAt ?? now
    startedAt = start
    var sentences: [String] = []
    for i in types.indices {
      let last = max(start, lastArrivals[types[i].type.index] ?? start)
      let quiet = max(0, now.seconds(since: last))
      let name = types[i].type.name
      if quiet > types[i].limitSeconds {
        if !types[i].isStale {
          types[i].alarms += 1
          types[i].isStale = true
          staleSince[i] = last
          sentences.append("no \(name) event has come for \(Self.rounded(quiet)) s")
        }
      } else if types[i].isStale {
        let seconds = last.seconds(since: staleSince[i])
        types[i].isStale = false
        types[i].endedSeconds += seconds
        sentences.append("\(name) events come again, after \(Self.rounded(seconds)) s")
      }
      types[i].quietSeconds = quiet
    }
    return sentences
  }

  /// Alarms that stand, as sentences.
  package var standing: [String] {
    types.filter(\.isStale).map {
      "no \($0.type.name) event for \(Self.rounded($0.quietSeconds)) s (allowed: \(Self.rounded($0.limitSeconds)) s)"
    }
  }

  static func rounded(_ seconds: Double) -> String {
    let tenths = Int((min(seconds, 1e12) * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
  }
}
