import IO
import Market
import Recording
import Rings
import Simulator
import Sinks
import Synchronization
import TestSupport
import Testing

@testable import Ingest

/// Counts that two threads add to.
private final class Seen: Sendable {
  let published = Atomic<Int>(0)
  let written = Atomic<Int>(0)
  let names = Mutex<Set<String>>([])
}

@Suite("Observers of a run", .tags(.unit))
struct ObserverTests {
  @Test(
    "every event is told once when it is published, and once when its block is written", arguments: ["csv", "ndjson"])
  func counts(_ kind: String) throws {
    let folder = TemporaryFolder()
    var file = try File(folder.file("in.qwr"), .create())
    let summary = try unsafe GeneratedRecording.make(
      GenerateSpec("seed=4,symbols=20,rate=3000,mix=Quote:4/Trade:1,duration=1s")
    ) { bytes in _ = try? unsafe file.write(bytes) }
    try file.close()
    let seen = Seen()
    var settings = ReplaySettings(files: [folder.file("in.qwr")])
    settings.run.sinks = [try SinkSpec(parsing: "\(kind):\(folder.file("out"))")]
    settings.run.published = { batch in seen.published.wrappingAdd(batch.eventCount, ordering: .relaxed) }
    settings.run.written = { name, events in
      seen.written.wrappingAdd(events, ordering: .relaxed)
      seen.names.withLock { _ = $0.insert(name) }
    }
    let outcome = try ReplayRun.run(settings, RunHooks(attention: try Wakeup()))
    #expect(outcome.failure == nil && outcome.report.totals.events == summary.eventsDecoded)
    #expect(seen.published.load(ordering: .relaxed) == summary.eventsDecoded)
    #expect(seen.written.load(ordering: .relaxed) == summary.eventsDecoded)
    #expect(seen.names.withLock { $0 } == ["\(kind):\(folder.file("out"))"])
  }
}
