/// How large inputs are made.
package enum InputSize: Sendable {
  /// As small as still says something: for the test command.
  case smoke
  case full
}

/// What one benchmark measures, ready to run. Used by one thread.
package struct Work {
  /// What one iteration goes through.
  package var units: Units
  /// What an iteration must give; nil takes the first one's answer for all others.
  package var expectedDigest: UInt64?
  /// Recordings that the work reads, by their digest, for the environment record.
  package var recordings: [String: String] = [:]
  package var sampling = Sampling.repeated
  /// What the iterations have found besides their time; each is asked for after the last one.
  package var latency: (() -> [LatencyFigures])?
  package var memory: (() -> [MemoryPoint])?
  /// Allocations that the work counted itself, between two points of its steady state. Without it the harness counts
  /// those of a whole iteration.
  package var allocations: (() -> AllocationCounts?)?
  /// One iteration. What it gives depends on the input alone.
  package let iterate: () throws -> UInt64

  /// How iterations become samples.
  package enum Sampling: Sendable {
    /// Warm-up and then the samples of a plan.
    case repeated
    /// One iteration, which lasts as long as it must: an open loop at a fixed rate, the growth of memory over time.
    /// The run is its own warm-up and the only sample; what matters is what it has found.
    case once
  }

  package init(_ units: Units, expectedDigest: UInt64? = nil, _ iterate: @escaping () throws -> UInt64) {
    self.units = units
    self.expectedDigest = expectedDigest
    self.iterate = iterate
  }
}

/// A piece of work with a name, such as `decode/compact-mix`.
package struct Benchmark: Sendable {
  package let name: String
  /// The input in a few words.
  package let input: String
  /// Allocations that an iteration may make in steady state in an optimised build; nil where nothing was promised.
  package let allowedAllocations: Int?
  /// Share of the warm-up and measuring time that this one gets: less where there are many of a kind.
  package let timeShare: Double
  package let prepare: @Sendable (InputSize) throws -> Work

  package init(
    _ name: String, input: String, allocations: Int? = nil, timeShare: Double = 1,
    prepare: @escaping @Sendable (InputSize) throws -> Work
  ) {
    precondition(timeShare > 0 && timeShare <= 1)
    self.name = name
    self.input = input
    allowedAllocations = allocations
    self.timeShare = timeShare
    self.prepare = prepare
  }
}

/// Allocations, of a process or a thread since it started or of a stretch between two readings.
package struct AllocationCounts: Hashable, Sendable {
  package var count: Int
  package var bytes: Int
  package init(count: Int, bytes: Int) {
    self.count = count
    self.bytes = bytes
  }

  package static func + (a: Self, b: Self) -> Self {
    AllocationCounts(count: a.count + b.count, bytes: a.bytes + b.bytes)
  }

  package static func - (later: Self, earlier: Self) -> Self {
    AllocationCounts(count: later.count - earlier.count, bytes: later.bytes - earlier.bytes)
  }
}

/// Why a benchmark has no result.
package enum BenchmarkError: Error, CustomStringConvertible {
  /// What it computed is not what it must compute.
  case wrongDigest(benchmark: String, expected: UInt64, got: UInt64)
  case tooManyAllocations(benchmark: String, count: Int, allowed: Int)
  case failed(benchmark: String, reason: String)
  /// Something that this machine lacks.
  case skipped(String)

  package var description: String {
    switch self {
    case .wrongDigest(let name, let expected, let got):
      "\(name): the digest is \(Hex.text(got)), not \(Hex.text(expected)): it computes something else than it should"
    case .tooManyAllocations(let name, let count, let allowed):
      "\(name): \(count) allocations in an iteration, \(allowed) are allowed in steady state"
    case .failed(let name, let reason): "\(name): \(reason)"
    case .skipped(let reason): reason
    }
  }
}

package enum Hex {
  /// Sixteen lower-case digits.
  package static func text(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
