/// What was measured of one benchmark.
package struct BenchmarkResult: Hashable, Sendable {
  package var name: String
  package var input: String
  package var units: Units
  package var mode = SamplingPlan.Mode.flat
  package var samples: [Sample] = []
  /// CPU time of all threads of the process.
  package var cpuNanosPerIteration = 0.0
  package var digest = ""
  /// Of one iteration, or of a stretch that the benchmark chose; nil where nobody counted.
  package var allocations: AllocationCounts?
  /// Of the process during this benchmark, its preparation included; up to its end where the system does not let the
  /// peak begin anew.
  package var peakResidentBytes = 0
  package var recordings: [String: String] = [:]
  /// Of open-loop measurements; empty for all others.
  package var latency: [LatencyFigures] = []
  /// Of measurements of growth, in the order of time; empty for all others.
  package var memory: [MemoryPoint] = []

  package init(name: String, input: String, units: Units) {
    self.name = name
    self.input = input
    self.units = units
  }

  /// Nanoseconds an iteration, of each sample.
  package var nanosPerIteration: [Double] { samples.map(\.nanosPerIteration) }
  package var description: Description { Description(nanosPerIteration) }

  /// The best guess at an iteration's time: the slope of linear samples, the median of flat ones.
  package var estimateNanos: Double {
    mode == .linear ? Slope.nanosPerIteration(samples) : description.median
  }

  private func rate(_ count: Int, _ nanos: Double) -> Double? {
    count > 0 && nanos > 0 ? Double(count) / nanos * 1e9 : nil
  }
  /// By the median.
  package var framesPerSecond: Double? { rate(units.frames, description.median) }
  package var eventsPerSecond: Double? { rate(units.events, description.median) }
  package var megabytesPerSecond: Double? { rate(units.bytes, description.median).map { $0 / 1e6 } }
  package var itemsPerSecond: Double? { rate(units.items, description.median) }
  package var framesPerCPUSecond: Double? { rate(units.frames, cpuNanosPerIteration) }
  /// By the median, as if every iteration made as many; nil where nobody counted.
  package var allocationsPerSecond: Double? { allocations.map { rate($0.count, description.median) ?? 0 } }
  package var allocatedBytesPerSecond: Double? { allocations.map { rate($0.bytes, description.median) ?? 0 } }
  package var nanosPerEvent: Double? { units.events > 0 ? description.median / Double(units.events) : nil }
}

/// A run of several benchmarks, as one file keeps it.
package struct RunResult: Hashable, Sendable {
  package var name: String
  /// Seconds since 1970 UTC.
  package var startedAt: Int64
  package var environment: Environment
  package var settings: Harness.Settings
  package var benchmarks: [BenchmarkResult]

  package init(
    name: String, startedAt: Int64, environment: Environment, settings: Harness.Settings,
    benchmarks: [BenchmarkResult]
  ) {
    self.name = name
    self.startedAt = startedAt
    self.environment = environment
    self.settings = settings
    self.benchmarks = benchmarks
  }

  package func benchmark(_ name: String) -> BenchmarkResult? { benchmarks.first { $0.name == name } }

  /// The date in UTC, `2026-03-02T14:30:00Z`.
  package var dateText: String { CivilTime.text(startedAt) }
}

/// Dates without Foundation.
package enum CivilTime {
  /// Days to year, month and day as Hinnant (2013) does it: years begin in March.
  package static func text(_ seconds: Int64) -> String {
    let days = Int(seconds.quotientFloored(by: 86_400))
    let rest = Int(seconds) - days * 86_400
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    return date + "T\(padded(rest / 3600, 2)):\(padded(rest / 60 % 60, 2)):\(padded(rest % 60, 2))Z"
  }

  private static func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}

extension Int64 {
  fileprivate func quotientFloored(by divisor: Int64) -> Int64 {
    let quotient = self / divisor
    return self % divisor < 0 ? quotient - 1 : quotient
  }
}
