import Bytes

/// Runs benchmarks one after another: warm-up that doubles its batch, then the samples of a plan.
package struct Harness: Sendable {
  package struct Settings: Hashable, Sendable {
    package var warmUpSeconds = 0.5
    package var measureSeconds = 2.0
    package var samples = 50
    /// Fewest samples of a benchmark whose iterations are so long that `samples` of them would take more than twice the
    /// measuring time.
    package var leastSamples = 10
    package var isSmoke = false
    /// Whether to hold benchmarks to their allowance of allocations: only optimised builds keep it.
    package var limitsAllocations = true
    /// Time that each sample takes beyond its work's, in percent: a slowdown planted to prove the gate.
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
  /// Nanoseconds that never go back.
  package var clock: @Sendable () -> Int64

  package init(
    settings: Settings, allocations: (@Sendable () -> AllocationCounts)? = nil,
    clock: @escaping @Sendable () -> Int64 = { MonotonicNanos.now().rawValue }
  ) {
    self.settings = settings
    self.allocations = allocations
    self.clock = clock
  }

  /// Prepares and measures one benchmark; its input is gone afterwards.
  package func run(_ benchmark: Benchmark) throws(BenchmarkError) -> BenchmarkResult {
    do {
      ResidentMemory.resetPeak()
      let work = try benchmark.prepare(settings.isSmoke ? .smoke : .full)
      var result = BenchmarkResult(name: benchmark.name, input: benchmark.input, units: work.units)
      switch work.sampling {
      case .repeated: try measure(benchmark, work, &result)
      case .once: try measureOnce(benchmark, work, &result)
      }
      result.peakResidentBytes = ResidentMemory.peak() ?? ProcessMemory.peakResidentBytes()
      result.recordings = work.recordings
      result.latency = work.latency?() ?? []
      result.memory = work.memory?() ?? []
      return result
    } catch let error as BenchmarkError { throw error } catch {
      throw .failed(benchmark: benchmark.name, reason: "\(error)")
    }
  }

  private func measure(_ benchmark: Benchmark, _ work: Work, _ result: inout BenchmarkResult) throws {
    let digest = try work.expectedDigest ?? work.iterate()
    let expected = Expected(benchmark: benchmark.name, digest: digest)
    let nanos = try warmUp(work, expected, seconds: settings.warmUpSeconds * benchmark.timeShare)
    let measureNanos = Int64(settings.measureSeconds * benchmark.timeShare * 1e9)
    let fitting = Int(min(2 * Double(measureNanos) / max(nanos, 1), 1e6))
    let samples = min(settings.samples, max(settings.leastSamples, fitting))
    let plan = SamplingPlan(samples: samples, measureNanos: measureNanos, nanosPerIteration: nanos)
    result.allocations = try work.allocations.map { $0() } ?? countAllocations(work, expected)
    try holdToAllowance(benchmark, result.allocations)
    result.samples.reserveCapacity(plan.iterations.count)
    let cpuBefore = CPUTime.processNanos()
    for iterations in plan.iterations {
      let nanos = prolong(try time(work, iterations, expected))
      result.samples.append(Sample(iterations: iterations, nanos: nanos))
    }
    let cpu = CPUTime.processNanos() - cpuBefore
    result.mode = plan.mode
    result.cpuNanosPerIteration = Double(cpu) / Double(plan.iterations.reduce(0, +))
    result.digest = Hex.text(digest)
  }

  private func measureOnce(_ benchmark: Benchmark, _ work: Work, _ result: inout BenchmarkResult) throws {
    let countBefore = allocations?()
    let cpuBefore = CPUTime.processNanos()
    let start = clock()
    let digest = try work.iterate()
    result.samples = [Sample(iterations: 1, nanos: clock() - start)]
    result.cpuNanosPerIteration = Double(CPUTime.processNanos() - cpuBefore)
    if let counted = work.allocations {
      result.allocations = counted()
    } else if let countBefore, let now = allocations?() {
      result.allocations = now - countBefore
    }
    if let expected = work.expectedDigest, digest != expected {
      throw BenchmarkError.wrongDigest(benchmark: benchmark.name, expected: expected, got: digest)
    }
    result.digest = Hex.text(digest)
    try holdToAllowance(benchmark, result.allocations)
  }

  private func holdToAllowance(_ benchmark: Benchmark, _ counts: AllocationCounts?) throws {
    guard let allowed = benchmark.allowedAllocations, let counts, settings.limitsAllocations, counts.count > allowed
    else { return }
    throw BenchmarkError.tooManyAllocations(benchmark: benchmark.name, count: counts.count, allowed: allowed)
  }

  private struct Expected {
    let benchmark: String
    let digest: UInt64
  }

  /// Batches of 1, 2, 4, … iterations until the time is over; gives the nanoseconds of an iteration in the last ones.
  private func warmUp(_ work: Work, _ expected: Expected, seconds: Double) throws -> Double {
    let limit = Int64(seconds * 1e9)
    var iterations = 1
    var spent: Int64 = 0
    while true {
      let nanos = try time(work, iterations, expected)
      spent += nanos
      if spent >= limit { return Double(nanos) / Double(iterations) }
      iterations *= 2
    }
  }

  /// Spins for the planted slowdown's share of a sample. The time is really spent, so that a machine can disturb it.
  private func prolong(_ nanos: Int64) -> Int64 {
    let more = nanos * Int64(settings.handicapPercent) / 100
    if more == 0 { return nanos }
    let start = clock()
    var spent: Int64 = 0
    while spent < more { spent = clock() - start }
    return nanos + spent
  }

  /// Times that many iterations. A wrong digest is found after the clock was read.
  private func time(_ work: Work, _ iterations: Int, _ expected: Expected) throws -> Int64 {
    var different: UInt64?
    let start = clock()
    for _ in 0..<iterations {
      let digest = try work.iterate()
      if digest != expected.digest { different = digest }
    }
    let nanos = clock() - start
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
    return allocations() - before
  }
}
