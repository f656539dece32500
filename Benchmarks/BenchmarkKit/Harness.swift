import Bytes

/// Runs benchmarks one after another: warm-up that doubles its batch, then the samples of a plan.
package struct Harness: Sendable {
  package struct Settings: Hashable, Sendable {
    package var warmUpSeconds = 0.5
    package var measureSeconds = 2.0
    package var samples = 50
    package var isSmoke = false
    /// Whether to hold benchmarks to their allowance of allocations: only optimised builds keep it.
    package var limitsAllocations = true
    /// Iterations done beyond those that a sample claims, in percent: a slowdown planted to prove the gate.
    package var handicapPercent = 0
    package init() {}

    /// Two iterations of each on the smallest input: shows that it still works, not how fast it is.
    package static var smoke: Settings {
      var settings = Settings()
      settings.warmUpSeconds = 0
      settings.measureSeconds = 0
      settings.samples = 2
      settings.isSmoke = true
      return settings
    }
  }

  package var settings: Settings
  /// Hooks into malloc, where the program has them.
  package var allocations: (@Sendable () -> AllocationCounts)?

  package init(settings: Settings, allocations: (@Sendable () -> AllocationCounts)? = nil) {
    self.settings = settings
    self.allocations = allocations
  }

  /// Prepares and measures one benchmark; its input is gone afterwards.
  package func run(_ benchmark: Benchmark) throws(BenchmarkError) -> BenchmarkResult {
    do {
      let work = try benchmark.prepare(settings.isSmoke ? .smoke : .full)
      return try measure(benchmark, work)
    } catch let error as BenchmarkError { throw error } catch {
      throw .failed(benchmark: benchmark.name, reason: "\(error)")
    }
  }

  private func measure(_ benchmark: Benchmark, _ work: Work) throws -> BenchmarkResult {
    let digest = try work.expectedDigest ?? work.iterate()
    let expected = Expected(benchmark: benchmark.name, digest: digest)
    let nanos = try warmUp(work, expected)
    let plan = SamplingPlan(
      samples: settings.samples, measureNanos: Int64(settings.measureSeconds * 1e9), nanosPerIteration: nanos)
    let allocated = try countAllocations(work, expected)
    if let allowed = benchmark.allowedAllocations, let allocated, settings.limitsAllocations,
      allocated.count > allowed
    {
      throw BenchmarkError.tooManyAllocations(benchmark: benchmark.name, count: allocated.count, allowed: allowed)
    }
    var samples: [Sample] = []
    samples.reserveCapacity(plan.iterations.count)
    let cpuBefore = CPUTime.processNanos()
    var handicap = Handicap(percent: settings.handicapPercent)
    for iterations in plan.iterations {
      let nanos = try time(work, iterations + handicap.extra(for: iterations), expected)
      samples.append(Sample(iterations: iterations, nanos: nanos))
    }
    let cpu = CPUTime.processNanos() - cpuBefore
    let total = plan.iterations.reduce(0, +)
    var result = BenchmarkResult(name: benchmark.name, input: benchmark.input, units: work.units)
    result.mode = plan.mode
    result.samples = samples
    result.cpuNanosPerIteration = Double(cpu) / Double(total)
    result.digest = Hex.text(digest)
    result.allocations = allocated
    result.peakResidentBytes = ProcessMemory.peakResidentBytes()
    result.recordings = work.recordings
    return result
  }

  private struct Expected {
    let benchmark: String
    let digest: UInt64
  }

  /// Batches of 1, 2, 4, … iterations until the time is over; gives the nanoseconds of an iteration in the last ones.
  private func warmUp(_ work: Work, _ expected: Expected) throws -> Double {
    let limit = Int64(settings.warmUpSeconds * 1e9)
    var iterations = 1
    var spent: Int64 = 0
    while true {
      let nanos = try time(work, iterations, expected)
      spent += nanos
      if spent >= limit { return Double(nanos) / Double(iterations) }
      iterations *= 2
    }
  }

  /// Times that many iterations. A wrong digest is found after the clock was read.
  private func time(_ work: Work, _ iterations: Int, _ expected: Expected) throws -> Int64 {
    var different: UInt64?
    let start = MonotonicNanos.now()
    for _ in 0..<iterations {
      let digest = try work.iterate()
      if digest != expected.digest { different = digest }
    }
    let nanos = MonotonicNanos.now().nanos(since: start)
    if let different {
      throw BenchmarkError.wrongDigest(benchmark: expected.benchmark, expected: expected.digest, got: different)
    }
    return nanos
  }

  /// Allocations of one iteration after the warm-up.
  private func countAllocations(_ work: Work, _ expected: Expected) throws -> AllocationCounts? {
    guard let allocations else { return nil }
    let before = allocations()
    _ = try work.iterate()
    let after = allocations()
    return AllocationCounts(count: after.count - before.count, bytes: after.bytes - before.bytes)
  }
}
