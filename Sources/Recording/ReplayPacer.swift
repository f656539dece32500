package import Bytes

/// How fast a replay goes.
package enum ReplaySpeed: Hashable, Sendable {
  /// As fast as the consumer takes it.
  case max
  /// Recorded time divided by this; 1 is as recorded.
  case factor(Double)
}

/// Says when a recorded entry is due. Owns no clock and does not sleep.
///
/// Recorded time within a session is its monotonic time, so that a jump of the wall clock neither stalls nor rushes a
/// replay; a session (of a source and lane) is placed among the others by the wall time of its first entry. Due times
/// never go backwards.
package struct ReplayPacer: Sendable {
  private struct Anchor {
    var monotonic: Int64
    /// Recorded nanoseconds since the first entry paced.
    var timeline: Int64
  }

  package let speed: ReplaySpeed
  package let start: MonotonicNanos
  package let longestSilenceNanos: Int64?
  /// Recorded nanoseconds taken out by `longestSilenceNanos`.
  package private(set) var silenceCutNanos: Int64 = 0

  private var anchors: [UInt64: Anchor] = [:]
  private var recentKey: UInt64?
  private var recent = Anchor(monotonic: 0, timeline: 0)
  private var firstWall: Int64?
  private var latest: Int64 = 0

  /// - Parameters:
  ///   - start: when the first entry is due.
  ///   - longestSilenceNanos: a longer recorded silence is shortened to this; nil keeps silences as they are.
  /// - Throws: `speedNotPositive`.
  package init(
    speed: ReplaySpeed, start: MonotonicNanos, longestSilenceNanos: Int64? = nil
  ) throws(RecordingError) {
    if case .factor(let factor) = speed, !(factor > 0 && factor.isFinite) { throw .speedNotPositive }
    precondition(longestSilenceNanos ?? 1 > 0)
    self.speed = speed
    self.start = start
    self.longestSilenceNanos = longestSilenceNanos
  }

  /// When this entry is due; at speed `max` always `start`. Entries come in the order of the replay.
  /// - Parameter source: which recording, where several are merged.
  package mutating func due(_ entry: Entry, source: Int = 0) -> MonotonicNanos {
    due(kind: entry.kind, source: source, lane: entry.lane, arrival: entry.arrival)
  }

  package mutating func due(kind: EntryKind, source: Int, lane: UInt16, arrival: Arrival) -> MonotonicNanos {
    guard case .factor(let factor) = speed else { return start }
    let elapsed = timelineNanos(kind: kind, source: source, lane: lane, arrival: arrival)
    if factor == 1 { return start.advanced(byNanos: elapsed) }
    let scaled = Double(elapsed) / factor
    return scaled < 9e18 ? start.advanced(byNanos: Int64(scaled)) : .distantFuture
  }

  /// Recorded nanoseconds from the first entry to this one, silences shortened: replay time at speed 1.
  package mutating func timelineNanos(kind: EntryKind, source: Int, lane: UInt16, arrival: Arrival) -> Int64 {
    let key = UInt64(truncatingIfNeeded: source) &<< 16 | UInt64(lane)
    if kind == .sessionStart || key != recentKey { enter(key, restarts: kind == .sessionStart, arrival) }
    let within = Self.difference(arrival.monotonic.rawValue, recent.monotonic)
    var timeline = Self.sum(recent.timeline, within) &- silenceCutNanos
    if let longest = longestSilenceNanos, Self.difference(timeline, latest) > longest {
      let cut = timeline &- latest &- longest
      silenceCutNanos = Self.sum(silenceCutNanos, cut)
      timeline = latest &+ longest
    }
    latest = max(latest, timeline)
    return latest
  }

  /// Makes `recent` the anchor of this session; a session met for the first time is anchored by its wall time.
  @inline(never)
  private mutating func enter(_ key: UInt64, restarts: Bool, _ arrival: Arrival) {
    if firstWall == nil { firstWall = arrival.wall.rawValue }
    recentKey = key
    if !restarts, let known = anchors[key] {
      recent = known
      return
    }
    let byWall = Self.difference(arrival.wall.rawValue, firstWall ?? 0)
    // Uncut time: the cut is taken off each time an anchor is used.
    recent = Anchor(monotonic: arrival.monotonic.rawValue, timeline: max(byWall, Self.sum(latest, silenceCutNanos)))
    anchors[key] = recent
  }

  private static func difference(_ a: Int64, _ b: Int64) -> Int64 {
    let (value, overflow) = a.subtractingReportingOverflow(b)
    return overflow ? (a > b ? .max / 2 : .min / 2) : Swift.max(.min / 2, Swift.min(.max / 2, value))
  }

  private static func sum(_ a: Int64, _ b: Int64) -> Int64 {
    let (value, overflow) = a.addingReportingOverflow(b)
    return overflow ? (a > 0 ? .max / 2 : .min / 2) : Swift.max(.min / 2, Swift.min(.max / 2, value))
  }
}
