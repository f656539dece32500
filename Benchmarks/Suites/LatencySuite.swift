import BenchmarkKit
import Bytes
import DXLink
import IO
import Ingest
import Market
import Simulator
import Sinks
import Synchronization

/// Open-loop latency: quotes at a fixed rate over loopback into CSV files, each latency from the intended time of
/// sending.
///
///     intended time ──► frame made ──► socket ──► decoded ──► published ──► encoded ──► block written
///           └── send-delay ──┘                                    │                           │
///           └───────────────────── wire-to-ring ──────────────────┘                           │
///           └───────────────────── wire-to-file ──────────────────────────────────────────────┘
///
/// The sender's own delay is in the other two, and stated so that it can be told apart.
enum LatencySuite {
  /// Events a second. The last ones are beyond what two cores can do: there `achieved` stays below the rate, and the
  /// latencies grow for as long as the run lasts.
  static let rates = [1_000, 10_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000]

  static var all: [Benchmark] { rates.map(openLoop) }

  private static func openLoop(_ rate: Int) -> Benchmark {
    let label = rate < 1_000_000 ? "\(rate / 1000)k" : "\(rate / 1_000_000)M"
    // What saturates takes longer than its schedule, so that one is shorter.
    let seconds = rate < 1_000_000 ? 2.0 : 1.0
    let input = "quotes over loopback, 8 a frame, \(Int(seconds)) s (smoke: 0.1 s), to CSV files"
    return Benchmark("latency/\(label)", input: input) { size in
      let seconds = size == .smoke ? 0.1 : seconds
      let loop = try OpenLoop(rate: rate, events: max(8, Int(Double(rate) * seconds)))
      var work = Work(loop.units, expectedDigest: loop.expectedDigest) { try loop.run() }
      work.sampling = .once
      work.latency = { loop.figures }
      return work
    }
  }
}

/// One run at one rate.
private final class OpenLoop {
  private let spec: PacedSpec
  private let probe: LatencyProbe
  private let sendDelay: LatencyRecorder
  private let folder: TemporaryPlace

  init(rate: Int, events: Int) throws {
    let clock = Arrival.now()
    var spec = PacedSpec(eventsPerSecond: Double(rate), eventCount: events, clock: clock)
    let probe = LatencyProbe(spec)
    let delay = LatencyRecorder("send-delay") { MonotonicNanos.now().rawValue }
    spec.made = { late, events in
      let now = MonotonicNanos.now().rawValue
      delay.arrived(intended: now - late, at: now, events: events)
    }
    self.spec = spec
    self.probe = probe
    sendDelay = delay
    folder = try TemporaryPlace()
  }

  var units: Units {
    let perFrame = spec.eventsPerFrame
    return Units(frames: (spec.eventCount + perFrame - 1) / perFrame, events: spec.eventCount)
  }

  /// Over the intended times of all events, counted from the first.
  var expectedDigest: UInt64 {
    (0..<spec.eventCount).reduce(0) { Fold.add($0, UInt64(bitPattern: spec.offsetNanos(of: $1))) }
  }

  var figures: [LatencyFigures] {
    [probe.toRing, probe.toFile, sendDelay].map { $0.figures(ratePerSecond: spec.eventsPerSecond) }
  }

  func run() throws -> UInt64 {
    let probe = probe
    let outcome = try Loopback.ingest(Loopback.configuration(.paced(spec))) { settings in
      settings.lane.session.fieldLists[.quote] = PacedSpec.fields
      settings.lane.subscriptions = [Subscription(.quote, Subscription.wildcard)]
      settings.run.sinks = [try SinkSpec(parsing: "csv:" + folder.path + "/csv")]
      settings.run.published = { batch in probe.published(batch) }
      settings.run.written = { _, events in probe.written(events) }
    }
    let rows = try rows()
    guard rows == spec.eventCount, outcome.report.totals.events == rows, probe.toFile.total == rows else {
      throw BenchmarkError.failed(
        benchmark: "latency", reason: "\(spec.eventCount) events were sent, \(rows) rows are in the file")
    }
    return probe.digest
  }

  /// Rows of the file that the sink wrote, without the header. Read in parts: a map would count as resident memory.
  private func rows() throws -> Int {
    var file = try File(folder.path + "/csv/Quote.csv", .readOnly)
    var part = [UInt8](repeating: 0, count: 1 << 18)
    var lines = 0
    while true {
      let got = try unsafe part.withUnsafeMutableBytes { room in try unsafe file.read(into: room) }
      if got == 0 { return lines - 1 }
      lines += part[..<got].reduce(0) { $0 + ($1 == 0x0A ? 1 : 0) }
    }
  }
}

/// Takes the time where events come by: on the lane's thread when they are in the ring, on the sink's when they are in
/// the file. Events of one lane keep their order, so that a block's events are known by their number.
private final class LatencyProbe: Sendable {
  let toRing: LatencyRecorder
  let toFile: LatencyRecorder
  private let spec: PacedSpec
  private let clock: @Sendable () -> Int64
  private let bidTime: Int
  private let nanoPart: Int
  /// The first event's stamp; 0 before it came.
  private let firstStamp = Atomic<Int64>(0)
  private let sum = Atomic<UInt64>(0)
  private let writtenCount = Atomic<Int>(0)

  init(_ spec: PacedSpec) {
    let start = spec.clock
    // The clock of the stamps.
    let clock: @Sendable () -> Int64 = { start.wall.rawValue + MonotonicNanos.now().nanos(since: start.monotonic) }
    toRing = LatencyRecorder("wire-to-ring", clock: clock)
    toFile = LatencyRecorder("wire-to-file", clock: clock)
    self.spec = spec
    self.clock = clock
    let schema = Schema.of(.quote)
    bidTime = schema.field("bidTime")?.offset ?? 0
    nanoPart = schema.field("timeNanoPart")?.offset ?? 0
  }

  var digest: UInt64 { sum.load(ordering: .relaxed) }

  func published(_ batch: borrowing EventBatch) {
    let now = clock()
    var first = firstStamp.load(ordering: .relaxed)
    var digest = sum.load(ordering: .relaxed)
    batch.forEach { event in
      let stamp = PacedSpec.stamp(
        bidTime: event.load(bidTime, as: Int64.self), timeNanoPart: event.load(nanoPart, as: Int32.self))
      if first == 0 {
        first = stamp
        firstStamp.store(stamp, ordering: .releasing)
      }
      toRing.arrived(intended: stamp, at: now)
      digest = Fold.add(digest, UInt64(bitPattern: stamp - first))
    }
    sum.store(digest, ordering: .relaxed)
  }

  func written(_ events: Int) {
    if events == 0 { return }
    let now = clock()
    var first = firstStamp.load(ordering: .acquiring)
    // The lane publishes first and tells the probe then.
    while first == 0 {
      Pause.sleep(nanos: 1000)
      first = firstStamp.load(ordering: .acquiring)
    }
    let start = writtenCount.load(ordering: .relaxed)
    var at = start
    while at < start + events {
      let end = min(start + events, (at / spec.eventsPerFrame + 1) * spec.eventsPerFrame)
      toFile.arrived(intended: first + spec.offsetNanos(of: at), at: now, events: end - at)
      at = end
    }
    writtenCount.store(at, ordering: .relaxed)
  }
}
