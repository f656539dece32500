import BenchmarkKit
import Bytes
import DXLink
import IO
import Ingest
import Market
import Recording
import Simulator
import Sinks
import Synchronization

/// What memory does over time: allocations of a live run in its steady state, growth of replays and of live ingest.
enum MemorySuite {
  /// A live ingest of 10,000 symbols stays below this.
  static let residentLimitBytes = 32_000_000
  /// Growth between the end of the warm-up and the end that still counts as flat: the C library's own slack.
  static let growthLimitBytes = 1 << 20

  /// - Parameter threadAllocations: those of the calling thread; nil where nobody counts.
  static func all(_ threadAllocations: (@Sendable () -> AllocationCounts)?) -> [Benchmark] {
    [
      Benchmark(
        "memory/live-steady-state",
        input: "mix four times over loopback to CSV and a recording: lane and sink, the least of three times",
        allocations: 0
      ) { size in try steadyState(size, threadAllocations) },
      Benchmark("memory/replay-growth", input: "mix to null: for 6 s (smoke: twice), one process") { size in
        try replayGrowth(size)
      },
      Benchmark(
        "memory/ingest-10k-symbols",
        input: "quotewire ingest of 10,000 symbols at 20,000 events/s for 10 s (smoke: 2 s)"
      ) { size in try ingestGrowth(size) },
    ]
  }

  /// Throws where memory grew by more than the limit from the point named `warm` to the last.
  static func holdFlat(_ name: String, _ points: [MemoryPoint]) throws {
    guard let warm = points.first(where: { $0.name == "warm" }), let end = points.last else { return }
    let growth = end.residentBytes - warm.residentBytes
    guard growth > growthLimitBytes else { return }
    throw BenchmarkError.failed(
      benchmark: name,
      reason: "resident memory grew from \(warm.residentBytes) to \(end.residentBytes) bytes after the warm-up; "
        + "\(growthLimitBytes) are allowed")
  }

  // MARK: allocations

  /// Sent again and again, so that from the second time on every symbol and schema is known. A buffer still grows where
  /// more waits than ever before; what a frame costs shows each time, so the time with the least counts.
  private static func steadyState(
    _ size: InputSize, _ threadAllocations: (@Sendable () -> AllocationCounts)?
  ) throws -> Work {
    guard let threadAllocations else { throw BenchmarkError.skipped("this program does not count allocations") }
    let market = try MarketInput(MarketInput.mix, size)
    let folder = try TemporaryPlace()
    let out = try TemporaryPlace()
    try market.write(to: folder.file("in.qwr"))
    let all = market.eventCount
    let times = SteadyStretch.times
    let lane = SteadyStretch(events: all, threadAllocations)
    let sink = SteadyStretch(events: all, threadAllocations)
    var units = market.units
    units.frames *= times
    units.events *= times
    units.bytes *= times
    let feed = ServerConfiguration.Feed.recording(path: folder.file("in.qwr"), speed: .max, isLooped: true)
    var work = market.work(units, expectedDigest: 0) {
      let outcome = try withExtendedLifetime(folder) {
        try Loopback.ingest(Loopback.configuration(feed)) { settings in
          settings.run.limit = all * times
          settings.run.sinks = [try SinkSpec(parsing: "csv:" + out.path + "/csv")]
          settings.record = out.file("day.qwr")
          settings.run.published = { batch in lane.passed(batch.eventCount) }
          settings.run.written = { _, events in sink.passed(events) }
        }
      }
      guard outcome.report.totals.events == all * times, lane.isComplete, sink.isComplete else {
        throw BenchmarkError.failed(benchmark: "memory/live-steady-state", reason: "the feed ended early")
      }
      return 0
    }
    work.sampling = .once
    work.allocations = { lane.counts + sink.counts }
    return work
  }

  // MARK: growth

  private static func replayGrowth(_ size: InputSize) throws -> Work {
    let market = try MarketInput(MarketInput.mix, size)
    let folder = try TemporaryPlace()
    try market.write(to: folder.file("in.qwr"))
    var settings = ReplaySettings(files: [folder.file("in.qwr")])
    settings.run.sinks = [try SinkSpec(parsing: "null:")]
    let growth = Growth()
    let seconds = size == .smoke ? 0 : 6.0
    var work = market.work(Units(), expectedDigest: market.digest) { [settings] in
      growth.note("begin")
      let start = MonotonicNanos.now()
      var rounds = 0
      var digest: UInt64 = 0
      while rounds < 2 || MonotonicNanos.now().seconds(since: start) < seconds {
        digest = try withExtendedLifetime(folder) { try RunSuite.digest(ReplayRun.run(settings, RunSuite.hooks())) }
        rounds += 1
        if !growth.has("warm"), MonotonicNanos.now().seconds(since: start) >= seconds / 6 { growth.note("warm") }
      }
      growth.note("end")
      try holdFlat("memory/replay-growth", growth.points)
      return digest
    }
    work.sampling = .once
    work.memory = { growth.points }
    return work
  }

  private static func ingestGrowth(_ size: InputSize) throws -> Work {
    let program = try Place.program("quotewire")
    let folder = try TemporaryPlace()
    let spec = try GenerateSpec("seed=10,symbols=10000,rate=20000,mix=Quote:1", endless: true)
    let symbols = try Generator(spec).symbols
    try writeLines(symbols, to: folder.file("symbols.txt"))
    let seconds = size == .smoke ? 2 : 10
    let growth = Growth()
    var work = Work(Units(items: symbols.count), expectedDigest: 0) {
      let server = try ServerThread(ServerConfiguration(feed: .generator(spec, speed: .factor(1))))
      defer { server.stop() }
      let child = try ChildProcess(
        program,
        [
          "ingest", "--url", "ws://127.0.0.1:\(server.address.port)/", "--types", "Quote", "--symbols-file",
          folder.file("symbols.txt"), "--to", "null:", "--for", "\(seconds)", "--reconnect", "0",
        ])
      while child.isRunning {
        growth.follow(child.id, events: server.stats[.events], symbols: symbols.count)
        Pause.sleep(nanos: 20_000_000)
      }
      try hold(growth.points)
      return UInt64(UInt32(bitPattern: child.wait()))
    }
    work.sampling = .once
    work.memory = { growth.points }
    return work
  }

  private static func hold(_ points: [MemoryPoint]) throws {
    let name = "memory/ingest-10k-symbols"
    guard let peak = points.first(where: { $0.name == "peak" })?.residentBytes else {
      throw BenchmarkError.failed(benchmark: name, reason: "not all symbols had data in time")
    }
    try holdFlat(name, points)
    guard peak > residentLimitBytes else { return }
    throw BenchmarkError.failed(
      benchmark: name, reason: "the peak of resident memory is \(peak) bytes; \(residentLimitBytes) are allowed")
  }

  private static func writeLines(_ lines: [String], to path: String) throws(IOError) {
    var file = try File(path, .create())
    let bytes = Array(lines.joined(separator: "\n").utf8)
    try unsafe file.write(bytes.span.bytes)
    try file.close()
  }
}

/// The allocations of one thread each time the feed is played, but for the first. That thread calls `passed`.
private final class SteadyStretch: Sendable {
  /// How often the feed is played.
  static let times = 4
  private let events: Int
  private let read: @Sendable () -> AllocationCounts
  private let state = Mutex(State())

  private struct State {
    var events = 0
    /// Readings where the feed began anew.
    var readings: [AllocationCounts] = []
  }

  /// - Parameter events: of the feed played once.
  init(events: Int, _ read: @escaping @Sendable () -> AllocationCounts) {
    self.events = events
    self.read = read
    state.withLock { $0.readings.reserveCapacity(Self.times) }
  }

  func passed(_ count: Int) {
    let now = read()
    state.withLock { state in
      state.events += count
      // The last reading is taken before the end, where files are completed.
      let next = events * (state.readings.count + 1)
      let due = state.readings.count + 1 < Self.times ? next : next - events / 10
      if state.events >= due, state.readings.count < Self.times { state.readings.append(now) }
    }
  }

  var isComplete: Bool { state.withLock { $0.readings.count == Self.times } }

  /// Of the time with the fewest.
  var counts: AllocationCounts {
    state.withLock { state in
      let each = zip(state.readings.dropFirst(), state.readings).map { $0 - $1 }
      return each.min { $0.count < $1.count } ?? AllocationCounts(count: 0, bytes: 0)
    }
  }
}

/// Resident memory by the names of moments, in their order.
private final class Growth {
  private(set) var points: [MemoryPoint] = []

  func has(_ name: String) -> Bool { points.contains { $0.name == name } }

  func note(_ name: String) {
    if let bytes = ResidentMemory.now() { points.append(MemoryPoint(name: name, residentBytes: bytes)) }
  }

  /// Another process that ends by itself: its first data, all symbols and as many events again, its last look and
  /// its peak.
  func follow(_ process: Int32, events: Int, symbols: Int) {
    guard let now = ResidentMemory.now(of: process), let peak = ResidentMemory.peak(of: process), events > 0 else {
      return
    }
    if !has("begin") { points.append(MemoryPoint(name: "begin", residentBytes: now)) }
    guard events >= 2 * symbols else { return }
    if !has("warm") { points.append(MemoryPoint(name: "warm", residentBytes: now)) }
    points.removeAll { $0.name == "peak" || $0.name == "end" }
    points.append(MemoryPoint(name: "peak", residentBytes: peak))
    points.append(MemoryPoint(name: "end", residentBytes: now))
  }
}
