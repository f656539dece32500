// BenchmarkKit: measures pieces of work, keeps the raw samples and says what can be concluded from them.
//
// Invariant: a result holds its raw samples, and every figure shown is computed from them; a piece of work whose digest
// differs from the expected one has no result.
//
// Out of scope: what is measured (Suites), hooks into malloc (CAllocations hands its counts in), reports
// (BenchmarkReports), hardware counters.

/// What a piece of work goes through: the units in which throughput is given.
package struct Units: Hashable, Sendable {
  package var frames: Int
  package var events: Int
  package var bytes: Int
  /// Things that are none of the three, such as symbols; named in the benchmark's name.
  package var items: Int

  package init(frames: Int = 0, events: Int = 0, bytes: Int = 0, items: Int = 0) {
    self.frames = frames
    self.events = events
    self.bytes = bytes
    self.items = items
  }
}

/// Keeps the optimiser from seeing that a value is not used.
@inline(never)
package func blackBox<T>(_ value: T) { withExtendedLifetime(value) {} }
