import Bytes
import Market
import Metrics
import TestSupport
import Testing

@testable import Sinks

@Suite("The port of null:", .tags(.unit))
struct NullPortTests {
  @Test("what is accepted is written in the same moment, and nothing is ever dropped or held back")
  func accounting() {
    let counters = SinkCounters()
    let port = NullPort(counters, latency: nil)
    let source = EventSource()
    port.accept(source.batch([(.quote, "A"), (.order, "A"), (.greeks, "B")])) {
      Issue.record("it waited")
      return true
    }
    port.accept(gap(1)) { true }
    port.accept(EventBatch(capacity: 2)) { true }
    #expect(counters.accepted == 3 && counters.written == 3 && counters.dropped == 0 && counters.bytes == 0)
    port.settle()
    port.finish { true }
    #expect(!port.holdsBack && counters.accepted == 3)
  }

  @Test("every event counts once for the latency, with its own arrival")
  func latency() {
    let latency = Histogram()
    let port = NullPort(SinkCounters(), latency: latency)
    let now = WallNanos.now().rawValue
    var batch = EventBatch(capacity: 16)
    // Three arrived an hour ago, two half an hour ago, in runs and alternating; none is of the future.
    let ages: [Int64] = [3600, 3600, 1800, 3600, 1800]
    for age in ages {
      var quote = Quote()
      quote.head.symbol = TextID(rawValue: 1)
      quote.receivedNanos = now - age * 1_000_000_000
      let isIn = batch.append(quote)
      #expect(isIn)
    }
    port.accept(batch) { false }
    let seen = latency.snapshot()
    #expect(seen.count == 5)
    #expect(seen.percentile(40) < 1_900_000_000_000 && seen.percentile(40) >= 1_800_000_000_000)
    #expect(seen.percentile(60) >= 3_600_000_000_000)
  }

  @Test("events that are known to have arrived together are one entry, with their number")
  func together() {
    let latency = Histogram()
    let port = NullPort(SinkCounters(), latency: latency)
    let arrival = WallNanos.now().rawValue - 1_800_000_000_000
    var batch = EventBatch(capacity: 16)
    batch.noteArrival(arrival)
    for _ in 0..<3 {
      var quote = Quote()
      quote.receivedNanos = arrival
      let isIn = batch.append(quote)
      #expect(isIn)
    }
    batch.noteArrival(arrival)
    #expect(batch.commonReceivedNanos == arrival)
    port.accept(batch) { false }
    let seen = latency.snapshot()
    #expect(seen.count == 3 && seen.percentile(1) >= 1_800_000_000_000 && seen.max < 1_900_000_000_000)
    // Another arrival in the same batch, and a batch that begins anew.
    batch.noteArrival(arrival + 1)
    #expect(batch.commonReceivedNanos == nil)
    batch.removeAll()
    batch.noteArrival(arrival + 2)
    #expect(batch.commonReceivedNanos == arrival + 2)
  }

  @Test("each lane measures by itself, and the set adds the lanes up")
  func lanes() throws {
    let lanes = [EventSource(), EventSource()]
    let set = try SinkSet(
      [SinkSpec(parsing: "null:?policy=drop&ring=4")], lanes: lanes.map(\.texts), options: SinkSet.Options())
    do {
      let ports = [set.takePorts(lane: 0), set.takePorts(lane: 1)]
      // Far more than a ring of four takes: there is none.
      for _ in 0..<50 { ports[0].sinks[0].accept(lanes[0].quotes(10)) { false } }
      ports[1].sinks[0].accept(lanes[1].quotes(7)) { false }
    }
    let result = set.finish().sinks[0]
    #expect(result.accepted == 507 && result.written == 507 && result.dropped == 0)
    #expect(result.latency.count == 507 && result.failure == nil)
  }
}

@Suite("Doze", .tags(.unit))
struct DozeTests {
  private func at(_ micros: Int64) -> MonotonicNanos { MonotonicNanos(rawValue: 5_000_000_000 + micros * 1000) }

  @Test("a worker dozes only while news come within a millisecond of its last wait")
  func dense() {
    var doze = Doze()
    // When it waits, whether news came since the last wait, and whether it dozes.
    let waits: [(micros: Int64, news: Bool, dozes: Bool)] = [
      (0, false, false), (900, true, true), (1400, false, false), (2399, true, true), (3400, true, false),
      (3500, true, true),
    ]
    for wait in waits {
      if wait.news { doze.foundNews() }
      let dozes = doze.begins(at(wait.micros))
      #expect(dozes == wait.dozes, "at \(wait.micros)")
    }
  }
}
