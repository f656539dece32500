// Suites: what is measured, on the product's own targets. One file a topic; a benchmark is a name, an input, and what
// one iteration does.
//
// Invariant: inputs come from seeds, so that a digest is the same on every machine; nothing here leaves this machine.
//
// Out of scope: sampling, statistics, reports (BenchmarkKit).

package import BenchmarkKit

package enum Suites {
  /// - Parameter threadAllocations: those of the calling thread, where the program counts them.
  package static func all(threadAllocations: (@Sendable () -> AllocationCounts)? = nil) -> [Benchmark] {
    FrameSuite.all + TextSuite.all + DecodeSuite.all + RingSuite.all + FormatSuite.all + ColumnSuite.all
      + ImportSuite.all
      + RecordingSuite.all + RunSuite.all + LibrarySuite.all + SubscriptionSuite.all + StartSuite.all + CollectSuite.all
      + EndOfDaySuite.all + RecordingsSuite.all + LatencySuite.all + BookSuite.all
      + MemorySuite.all(threadAllocations)
  }
}
