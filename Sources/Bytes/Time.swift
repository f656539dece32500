import CShims

/// A reading of CLOCK_MONOTONIC in nanoseconds: for deadlines and durations, never for dates.
@frozen
@usableFromInline
package struct MonotonicNanos: RawRepresentable, Comparable, Hashable, Sendable, BitwiseCopyable {
  @usableFromInline package var rawValue: Int64
  @inlinable package init(rawValue: Int64) { self.rawValue = rawValue }

  package static func now() -> MonotonicNanos { MonotonicNanos(rawValue: qw_monotonic_nanos()) }
  package static let distantFuture = MonotonicNanos(rawValue: .max)

  @inlinable package static func < (a: MonotonicNanos, b: MonotonicNanos) -> Bool { a.rawValue < b.rawValue }

  /// This time plus a duration in nanoseconds; saturates.
  @inlinable package func advanced(byNanos nanos: Int64) -> MonotonicNanos {
    let (sum, overflow) = rawValue.addingReportingOverflow(nanos)
    return MonotonicNanos(rawValue: overflow ? (nanos > 0 ? .max : .min) : sum)
  }

  package func advanced(bySeconds seconds: Double) -> MonotonicNanos {
    advanced(byNanos: Int64(max(-9e18, min(9e18, seconds * 1e9))))
  }

  /// Nanoseconds from `earlier` to this time.
  package func nanos(since earlier: MonotonicNanos) -> Int64 { rawValue &- earlier.rawValue }
  package func seconds(since earlier: MonotonicNanos) -> Double { Double(nanos(since: earlier)) / 1e9 }
}

/// A reading of CLOCK_REALTIME: nanoseconds since 1970-01-01 UTC. It can jump; never used for deadlines.
package struct WallNanos: RawRepresentable, Comparable, Hashable, Sendable, BitwiseCopyable {
  package var rawValue: Int64
  package init(rawValue: Int64) { self.rawValue = rawValue }

  package static func now() -> WallNanos { WallNanos(rawValue: qw_wall_nanos()) }
  package static func < (a: WallNanos, b: WallNanos) -> Bool { a.rawValue < b.rawValue }
}

/// When bytes arrived, on both clocks, taken once per read.
package struct Arrival: Hashable, Sendable, BitwiseCopyable {
  package var wall: WallNanos
  package var monotonic: MonotonicNanos
  package init(wall: WallNanos, monotonic: MonotonicNanos) {
    self.wall = wall
    self.monotonic = monotonic
  }
  package static func now() -> Arrival { Arrival(wall: .now(), monotonic: .now()) }
}

/// CPU time used by the process and by the calling thread, in nanoseconds.
package enum CPUTime {
  package static func processNanos() -> Int64 { qw_process_cpu_nanos() }
  package static func threadNanos() -> Int64 { qw_thread_cpu_nanos() }
}

/// Memory of the process.
package enum ProcessMemory {
  /// Peak resident set in bytes (getrusage).
  package static func peakResidentBytes() -> Int { Int(qw_peak_resident_bytes()) }
}
