import BenchmarkKit
import Market
import TestSupport
import Testing

@testable import Suites

@Suite("The benchmarks", .tags(.unit))
struct SuitesTests {
  private static let names = Suites.all().map(\.name)

  @Test("every benchmark has a name of its own")
  func unique() {
    #expect(Set(Self.names).count == Self.names.count)
  }

  @Test("every event type is decoded in both forms", arguments: EventType.allCases)
  func types(_ type: EventType) {
    #expect(Self.names.contains("decode/compact-\(type.name)") && Self.names.contains("decode/full-\(type.name)"))
  }

  @Test("what may not allocate says so")
  func allowances() {
    let none = Suites.all().filter { $0.allowedAllocations == 0 }.map(\.name)
    for name in [
      "websocket/decode", "decode/compact-mix", "encode/csv", "recording/append", "ring/steady-state",
      "book/update", "memory/live-steady-state",
    ] {
      #expect(none.contains(name), "\(name)")
    }
  }

  @Test("a benchmark of each kept recording exists and gives the same digest twice", arguments: RecordingsSuite.names)
  func recordings(_ name: String) throws {
    let harness = Harness(settings: .smoke)
    for stage in ["decode/compact", "replay/null", "recording/read"] {
      let benchmark = try #require(Suites.all().first { $0.name == "\(stage)@\(name)" })
      let first = try harness.run(benchmark)
      #expect(try harness.run(benchmark).digest == first.digest)
      #expect(first.units.frames > 0 && first.recordings.count == 1)
    }
  }

  @Test("an open loop measures all its events on each way, with percentiles in their order")
  func latency() throws {
    let benchmark = try #require(Suites.all().first { $0.name == "latency/50k" })
    let result = try Harness(settings: .smoke).run(benchmark)
    #expect(result.latency.map(\.name) == ["wire-to-ring", "wire-to-file", "send-delay"])
    #expect(result.latency.allSatisfy { $0.count == 5000 && $0.ratePerSecond == 50_000 })
    for way in result.latency {
      #expect(way.percentiles.map(\.percentile) == result.latency[0].percentiles.map(\.percentile))
      #expect(zip(way.percentiles, way.percentiles.dropFirst()).allSatisfy { $0.nanos <= $1.nanos })
    }
    #expect(result.samples.count == 1 && result.units.events == 5000 && result.units.frames == 625)
  }

  @Test(
    "memory is noted at the begin, after the warm-up and at the end",
    .disabled(if: Sanitizer.isThere, "a sanitizer keeps what was freed"))
  func memory() throws {
    let benchmark = try #require(Suites.all().first { $0.name == "memory/replay-growth" })
    let result = try Harness(settings: .smoke).run(benchmark)
    #expect(result.memory.map(\.name) == ["begin", "warm", "end"])
    #expect(result.memory.allSatisfy { $0.residentBytes > 0 })
  }

  @Test("growth beyond the limit fails, growth before the warm-up does not")
  func growth() throws {
    func points(_ end: Int) -> [MemoryPoint] {
      zip(["begin", "warm", "end"], [0, 5 << 20, end]).map { MemoryPoint(name: $0, residentBytes: $1) }
    }
    try MemorySuite.holdFlat("x", points((5 << 20) + MemorySuite.growthLimitBytes))
    #expect(throws: BenchmarkError.self) {
      try MemorySuite.holdFlat("x", points((5 << 20) + MemorySuite.growthLimitBytes + 1))
    }
  }

  @Test("a benchmark that counts allocations is left out where nobody counts them")
  func uncounted() throws {
    let benchmark = try #require(Suites.all().first { $0.name == "memory/live-steady-state" })
    #expect {
      try Harness(settings: .smoke).run(benchmark)
    } throws: { error in
      guard case .skipped = error as? BenchmarkError else { return false }
      return true
    }
  }
}
