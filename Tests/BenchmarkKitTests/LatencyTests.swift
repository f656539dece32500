import BenchmarkKit
import Synchronization
import TestSupport
import Testing

/// A clock that stands until it is moved.
private final class HandClock: Sendable {
  private let nanos = Atomic<Int64>(0)
  var now: Int64 { nanos.load(ordering: .relaxed) }
  func move(to value: Int64) { nanos.store(value, ordering: .relaxed) }
  func move(by value: Int64) { nanos.wrappingAdd(value, ordering: .relaxed) }
  var reading: @Sendable () -> Int64 { { [self] in now } }
}

@Suite("Latency of open loops", .tags(.unit))
struct LatencyTests {
  @Test("what a stall held up counts from its intended time, not from when it was sent")
  func coordinatedOmission() {
    let clock = HandClock()
    let recorder = LatencyRecorder("wire-to-ring", clock: clock.reading)
    // One event each microsecond; those of the first 100 µs all arrive after the stall, the others at once.
    clock.move(to: 100_000)
    for i in 0..<100 { recorder.arrived(intended: Int64(i) * 1000) }
    for i in 100..<1000 {
      clock.move(to: Int64(i) * 1000)
      recorder.arrived(intended: Int64(i) * 1000)
    }
    let figures = recorder.figures(ratePerSecond: 1e6)
    #expect(figures.name == "wire-to-ring" && figures.count == 1000)
    #expect(figures.nanos(50) == 0 && figures.nanos(90) == 0)
    // The tenth of the events that waited waited between 1 and 100 µs: rank 990 of 1000 is the 90th of them.
    #expect(figures.nanos(99) == LatencyTests.bucketed(90_000))
    #expect(figures.nanos(100) == 100_000)
  }

  /// The highest value of the histogram's bucket: below 2^17 and from 2^16 on buckets are 64 wide.
  private static func bucketed(_ nanos: Int64) -> Int64 { nanos / 64 * 64 + 63 }

  @Test("the achieved rate is that between the first arrival and the last")
  func achieved() {
    let clock = HandClock()
    let recorder = LatencyRecorder("x", clock: clock.reading)
    for i in 1...11 {
      clock.move(to: Int64(i) * 1_000_000)
      recorder.arrived(intended: 0, events: 8)
    }
    // Ten frames of 8 events in 10 ms after the first.
    #expect(recorder.figures(ratePerSecond: 9000).achievedPerSecond == 8000)
    #expect(recorder.figures(ratePerSecond: 9000).ratePerSecond == 9000)
    #expect(recorder.total == 88)
  }

  @Test("where everything arrives at one moment the first intended time gives the rate, and nothing gives none")
  func oneMoment() {
    let clock = HandClock()
    let recorder = LatencyRecorder("x", clock: clock.reading)
    #expect(recorder.figures(ratePerSecond: 1).achievedPerSecond == 0)
    clock.move(to: 2_000_000_000)
    recorder.arrived(intended: 1_000_000_000, events: 30)
    recorder.arrived(intended: 1_500_000_000, events: 20)
    recorder.arrived(intended: 0, events: 0)
    let figures = recorder.figures(ratePerSecond: 1)
    #expect(figures.achievedPerSecond == 50 && figures.count == 50 && figures.nanos(100) == 1_000_000_000)
  }

  @Test("every standard percentile is there, in rising order, the last being the maximum")
  func percentiles() {
    let recorder = LatencyRecorder("x") { 10_000_000 }
    for i in 1...10_000 { recorder.arrived(intended: 10_000_000 - Int64(i)) }
    let points = recorder.figures(ratePerSecond: 1).percentiles
    #expect(points.map(\.percentile) == [50, 90, 99, 99.9, 99.99, 100])
    #expect(points.last?.nanos == 10_000)
    for (point, exact) in zip(points, [5000, 9000, 9900, 9990, 9999, 10_000] as [Int64]) {
      #expect(point.nanos >= exact && point.nanos <= exact + exact / 1024 + 1, "\(point)")
    }
  }

  @Test("the table of latencies has a row a way, and there is none where nothing was measured")
  func table() throws {
    var result = BenchmarkResult(name: "latency/100k", input: "", units: Units(events: 10))
    result.samples = [Sample(iterations: 1, nanos: 5)]
    #expect(Overview.latency([result]) == nil)
    let recorder = LatencyRecorder("wire-to-file") { 1500 }
    recorder.arrived(intended: 0)
    result.latency = [recorder.figures(ratePerSecond: 100_000)]
    let rows = try #require(Overview.latency([result])).rows
    #expect(rows[0].suffix(6) == ["p50", "p90", "p99", "p99.9", "p99.99", "max"])
    #expect(rows.count == 2 && rows[1].prefix(3) == ["latency/100k", "wire-to-file", "100 k"])
    #expect(rows[1].last == "1.50 µs")
  }
}

@Suite("Benchmarks that are measured once, and shares of time", .tags(.unit))
struct OnceTests {
  /// Work that lasts `nanos` of the clock and counts its iterations.
  private static func work(
    _ clock: HandClock, _ count: Ticker, nanos: Int64 = 7_000, expected: UInt64? = nil, digest: UInt64 = 5
  ) -> Work {
    Work(Units(events: 700), expectedDigest: expected) {
      _ = count.next()
      clock.move(by: nanos)
      return digest
    }
  }

  @Test("one iteration is the only one and the only sample, by the clock that was given")
  func once() throws {
    let clock = HandClock()
    let count = Ticker()
    let benchmark = Benchmark("once", input: "") { _ in
      var work = Self.work(clock, count)
      work.sampling = .once
      work.latency = {
        let recorder = LatencyRecorder("way", clock: clock.reading)
        recorder.arrived(intended: 0)
        return [recorder.figures(ratePerSecond: 1)]
      }
      work.memory = { [MemoryPoint(name: "end", residentBytes: 4096)] }
      return work
    }
    let result = try Harness(settings: Harness.Settings(), clock: clock.reading).run(benchmark)
    #expect(count.next() == 2, "one iteration came before")
    #expect(result.samples == [Sample(iterations: 1, nanos: 7000)])
    #expect(result.digest == "0000000000000005" && result.eventsPerSecond == 1e8)
    // Asked for after the run: the clock had moved.
    #expect(result.latency.first?.nanos(100) == 7000)
    #expect(result.memory == [MemoryPoint(name: "end", residentBytes: 4096)])
  }

  @Test("a single run with another digest than expected fails")
  func digest() {
    let clock = HandClock()
    let benchmark = Benchmark("once", input: "") { _ in
      var work = Self.work(clock, Ticker(), expected: 6)
      work.sampling = .once
      return work
    }
    #expect(throws: BenchmarkError.self) { try Harness(settings: .smoke, clock: clock.reading).run(benchmark) }
  }

  @Test("allocations that the work counted itself are what its allowance is held to")
  func ownAllocations() throws {
    let clock = HandClock()
    func benchmark(_ counted: Int) -> Benchmark {
      Benchmark("once", input: "", allocations: 0) { _ in
        var work = Self.work(clock, Ticker())
        work.sampling = .once
        work.allocations = { AllocationCounts(count: counted, bytes: counted * 16) }
        return work
      }
    }
    // The process allocates at each look; only the work's own stretch counts.
    let process = Ticker()
    let harness = Harness(
      settings: .smoke, allocations: { AllocationCounts(count: process.next(), bytes: 0) }, clock: clock.reading)
    #expect(try harness.run(benchmark(0)).allocations == AllocationCounts(count: 0, bytes: 0))
    #expect(throws: BenchmarkError.self) { try harness.run(benchmark(1)) }
  }

  @Test("a benchmark with a tenth of the time makes a tenth of the iterations")
  func share() throws {
    func iterations(_ share: Double) throws -> Int {
      let clock = HandClock()
      let count = Ticker()
      var settings = Harness.Settings()
      settings.warmUpSeconds = 0
      settings.measureSeconds = 1
      settings.samples = 10
      let benchmark = Benchmark("b", input: "", timeShare: share) { _ in Self.work(clock, count, nanos: 1_000_000) }
      let result = try Harness(settings: settings, clock: clock.reading).run(benchmark)
      return result.samples.reduce(0) { $0 + $1.iterations }
    }
    // 55 steps of 18 iterations, and of 2.
    #expect(try iterations(1) == 990)
    #expect(try iterations(0.1) == 110)
  }

  @Test("long iterations make for fewer samples, down to a least number")
  func fewerSamples() throws {
    func samples(_ nanos: Int64, least: Int) throws -> Int {
      let clock = HandClock()
      var settings = Harness.Settings()
      settings.warmUpSeconds = 0
      settings.measureSeconds = 1
      settings.leastSamples = least
      let benchmark = Benchmark("b", input: "") { _ in Self.work(clock, Ticker(), nanos: nanos) }
      return try Harness(settings: settings, clock: clock.reading).run(benchmark).samples.count
    }
    #expect(try samples(1_000_000, least: 10) == 50)
    #expect(try samples(100_000_000, least: 10) == 20)
    #expect(try samples(500_000_000, least: 10) == 10)
    #expect(try samples(500_000_000, least: 50) == 50)
  }

  @Test("allocations a second follow from the median")
  func rates() {
    var result = BenchmarkResult(name: "b", input: "", units: Units())
    result.samples = [Sample(iterations: 2, nanos: 4_000_000)]
    #expect(result.allocationsPerSecond == nil)
    result.allocations = AllocationCounts(count: 3, bytes: 96)
    #expect(result.allocationsPerSecond == 1500 && result.allocatedBytesPerSecond == 48_000)
    result.allocations = AllocationCounts(count: 0, bytes: 0)
    #expect(result.allocationsPerSecond == 0)
  }

  @Test("resident memory of this process is known, its peak no lower, and that of no process is not")
  func resident() throws {
    ResidentMemory.resetPeak()
    let now = try #require(ResidentMemory.now())
    let peak = try #require(ResidentMemory.peak())
    #expect(now > 1 << 20 && peak > 1 << 20)
    #expect(ResidentMemory.now(of: 0) == nil && ResidentMemory.peak(of: -1) == nil)
  }
}
