import Bytes
package import Ingest
package import Market
import Metrics
package import Rings
package import Screen
import Sinks
import Synchronization

/// Looks at a run once a second and keeps the picture of it. `tick` is called by one thread, the picture is read
/// by any.
package final class RunObserver: Sendable {
  package struct Settings: Sendable {
    /// Where the feed comes from, as people know it; never with a secret.
    package var source = ""
    /// Whether symbols are shown.
    package var wantsSymbols = false
    /// Whether events arrive as they are received; false for a replay.
    package var isLive = true
    /// Event types that were asked for; empty for unknown.
    package var types: [EventType] = []
    /// Seconds that a type may be quiet.
    package var staleLimits: [EventType: Double] = [:]
    package init() {}
  }

  package let settings: Settings
  private let lanes = Mutex<[LaneWatch]>([])
  private let latest = Mutex(RunPicture())
  private let work: Mutex<Work>

  /// What only `tick` uses.
  private struct Work {
    var alarms: StaleAlarms
    var before = Before()
    var samples: [RunPicture.Sample] = []
    var messages: [String] = []
    var order = TopState.Order.rate
    var lastSample: MonotonicNanos?
    var stuck: [StuckSink] = []
  }

  /// Figures of the last sample, for rates.
  private struct Before {
    var time = MonotonicNanos(rawValue: 0)
    var laneEvents: [Int] = []
    var bytes = 0
    var written: [Int] = []
    var dropped = 0
    var gaps = 0
    var lag: [HistogramSnapshot] = []
    var latency: HistogramSnapshot?
    var symbolEvents: [[Int]] = []
    var recordingLost = 0
  }

  /// A sink that has events and writes none.
  private struct StuckSink {
    var written = -1
    var since = MonotonicNanos(rawValue: 0)
  }

  /// A sink that has written nothing for so long while events wait is not healthy.
  package static let stuckSeconds = 10.0
  private static let sampleSeconds = 1.0

  package init(_ settings: Settings) {
    self.settings = settings
    work = Mutex(Work(alarms: StaleAlarms(settings.staleLimits)))
  }

  /// For `RunSettings.watch`: makes the watch of the next lane.
  package var laneWatch: @Sendable () -> @Sendable (borrowing EventBatch, TextStore) -> Void {
    { [self] in
      let watch = LaneWatch(wantsSymbols: settings.wantsSymbols, measuresLag: settings.isLive)
      lanes.withLock { $0.append(watch) }
      return { watch.take($0, $1) }
    }
  }

  package var laneWatches: [LaneWatch] { lanes.withLock { $0 } }
  package var picture: RunPicture { latest.withLock { $0 } }

  /// Event types that went quiet, for the figures of the run.
  package var stale: [StaleAlarms.Figures] { work.withLock { $0.alarms.types } }

  package var order: TopState.Order {
    get { work.withLock { $0.order } }
    set {
      work.withLock { $0.order = newValue }
      latest.withLock {
        $0.top.order = newValue
        Self.sort(&$0.top.symbols, newValue)
      }
    }
  }

  /// A sentence for the picture, beside where it is written.
  package func note(_ sentence: String) {
    work.withLock { work in
      work.messages.append(sentence)
      if work.messages.count > WatchLimits.messages { work.messages.removeFirst() }
    }
  }

  /// Looks at the run; makes a new picture when a second has passed. Returns sentences about quiet feeds, and whether
  /// there is a new picture.
  package func tick(_ status: RunStatus, _ time: WatchTime) -> (sentences: [String], isNew: Bool) {
    work.withLock { work in
      if let last = work.lastSample, time.monotonic.seconds(since: last) < Self.sampleSeconds { return ([], false) }
      work.lastSample = time.monotonic
      let watches = laneWatches
      let types = watches.map(\.types)
      let lasts = (0..<EventType.count).map { i in types.compactMap { $0[i].lastArrival }.max() }
      let sentences = work.alarms.advance(time.monotonic, lastArrivals: lasts)
      let seconds = max(0.001, time.monotonic.seconds(since: work.before.time.rawValue == 0
        ? status.startedAt : work.before.time))
      var picture = RunPicture()
      picture.wall = time.wall
      picture.cpuSeconds = Double(CPUTime.processNanos()) / 1e9
      fill(&picture.top, status, time, seconds, watches, &work)
      picture.types = typeRows(types, time.monotonic, work.alarms)
      picture.unready = unready(status, time.monotonic, &work)
      picture.top.isHealthy = picture.unready.isEmpty
      keep(&picture, status, &work)
      work.before.time = time.monotonic
      latest.withLock { $0 = picture }
      return (sentences, true)
    }
  }

  private func fill(
    _ top: inout TopState, _ status: RunStatus, _ time: WatchTime, _ seconds: Double, _ watches: [LaneWatch],
    _ work: inout Work
  ) {
    top.source = settings.source
    top.elapsedSeconds = time.monotonic.seconds(since: status.startedAt)
    top.state = Self.state(status)
    let lags = watches.map { $0.lag.snapshot() }
    for (i, lane) in status.lanes.enumerated() {
      var row = TopState.Lane()
      let before = i < work.before.laneEvents.count ? work.before.laneEvents[i] : 0
      row.number = i
      row.state = "\(lane.state)"
      row.isStreaming = lane.state == .streaming
      row.events = lane.events
      row.eventsPerSecond = Double(lane.events - before) / seconds
      row.reconnects = lane.reconnects
      row.gaps = lane.gaps
      row.malformed = lane.malformed
      if i < lags.count {
        let new = i < work.before.lag.count ? lags[i].since(work.before.lag[i]) : lags[i]
        if new.count > 0 { row.lagNanos = new.percentile(50) }
      }
      top.lanes.append(row)
      top.events += lane.events
      top.bytes += lane.bytes
    }
    top.eventsPerSecond = top.lanes.reduce(0) { $0 + $1.eventsPerSecond }
    top.bytesPerSecond = Double(top.bytes - work.before.bytes) / seconds
    for (i, sink) in status.sinks.enumerated() {
      var row = TopState.Sink()
      let before = i < work.before.written.count ? work.before.written[i] : 0
      row.name = sink.name
      // Read in this order, so that a queue is never negative.
      row.written = sink.counters.written
      row.queue = max(0, sink.counters.accepted - row.written)
      row.dropped = sink.counters.dropped
      row.eventsPerSecond = Double(row.written - before) / seconds
      top.sinks.append(row)
    }
    top.recordedBytes = status.recording?.bytes
    top.lag = Self.latency(lags, since: work.before.lag)
    let latencies = status.latencies.map { $0.histogram.snapshot() }
    if settings.isLive, let all = Self.together(latencies) {
      top.sinkLatency = Self.latency([all], since: work.before.latency.map { [$0] } ?? [])
      work.before.latency = all
    }
    fillSymbols(&top, seconds, watches, &work)
    work.before.laneEvents = status.lanes.map(\.events)
    work.before.bytes = top.bytes
    work.before.written = top.sinks.map(\.written)
    work.before.lag = lags
    top.order = work.order
    top.messages = work.messages
    top.alarms = work.alarms.standing
  }

  private func fillSymbols(_ top: inout TopState, _ seconds: Double, _ watches: [LaneWatch], _ work: inout Work) {
    guard settings.wantsSymbols else { return }
    var all: [TopState.Symbol] = []
    for (lane, watch) in watches.enumerated() {
      guard let table = watch.symbols else { continue }
      let before = lane < work.before.symbolEvents.count ? work.before.symbolEvents[lane] : []
      for (i, row) in table.rows.enumerated() {
        var symbol = TopState.Symbol()
        symbol.name = row.name
        symbol.events = row.events
        symbol.eventsPerSecond = Double(row.events - (i < before.count ? before[i] : 0)) / seconds
        (symbol.bid, symbol.bidSize) = (row.bid, row.bidSize)
        (symbol.ask, symbol.askSize) = (row.ask, row.askSize)
        (symbol.last, symbol.lastSize) = (row.last, row.lastSize)
        all.append(symbol)
      }
      top.eventsBeyondTable += table.eventsBeyond
      if lane >= work.before.symbolEvents.count { work.before.symbolEvents.append([]) }
      work.before.symbolEvents[lane] = table.rows.map(\.events)
    }
    top.symbolCount = all.count
    Self.sort(&all, work.order)
    top.symbols = Array(all.prefix(WatchLimits.symbolsShown))
  }

  private static func sort(_ symbols: inout [TopState.Symbol], _ order: TopState.Order) {
    switch order {
    case .name: symbols.sort { $0.name < $1.name }
    case .rate:
      symbols.sort { ($1.eventsPerSecond, $1.events, $0.name) < ($0.eventsPerSecond, $0.events, $1.name) }
    case .events: symbols.sort { ($1.events, $0.name) < ($0.events, $1.name) }
    }
  }

  private func typeRows(
    _ types: [[TypeFigures]], _ now: MonotonicNanos, _ alarms: StaleAlarms
  ) -> [RunPicture.TypeRow] {
    EventType.allCases.compactMap { type in
      let events = types.reduce(0) { $0 + $1[type.index].events }
      let alarm = alarms.types.first { $0.type == type }
      guard events > 0 || alarm != nil || settings.types.contains(type) else { return nil }
      let last = types.compactMap { $0[type.index].lastArrival }.max()
      return RunPicture.TypeRow(
        name: type.name, events: events, quietSeconds: last.map { max(0, now.seconds(since: $0)) },
        limitSeconds: alarm?.limitSeconds, isStale: alarm?.isStale ?? false)
    }
  }

  /// Why the run is not ready.
  private func unready(_ status: RunStatus, _ now: MonotonicNanos, _ work: inout Work) -> [String] {
    var reasons: [String] = []
    for (i, lane) in status.lanes.enumerated() where lane.state != .streaming {
      reasons.append("lane \(i) is not streaming (\(lane.state))")
    }
    if work.stuck.count != status.sinks.count { work.stuck = status.sinks.map { _ in StuckSink() } }
    for (i, sink) in status.sinks.enumerated() {
      let written = sink.counters.written
      let waiting = sink.counters.accepted - written
      if waiting <= 0 || written != work.stuck[i].written {
        work.stuck[i] = StuckSink(written: written, since: now)
      }
      let quiet = now.seconds(since: work.stuck[i].since)
      if quiet >= Self.stuckSeconds {
        let seconds = StaleAlarms.rounded(quiet)
        reasons.append("\(sink.name) has written nothing for \(seconds) s while \(waiting) events wait")
      }
    }
    if let recording = status.recording {
      let lost = recording.lost
      if lost > work.before.recordingLost { reasons.append("the recording loses entries: \(lost) so far") }
      work.before.recordingLost = lost
    }
    return reasons + work.alarms.standing
  }

  /// Adds the second to the charts.
  private func keep(_ picture: inout RunPicture, _ status: RunStatus, _ work: inout Work) {
    var sample = RunPicture.Sample()
    sample.eventsPerSecond = picture.top.eventsPerSecond
    sample.lagP50 = picture.top.lag?.p50
    sample.lagP99 = picture.top.lag?.p99
    sample.sinkP50 = picture.top.sinkLatency?.p50
    sample.sinkP99 = picture.top.sinkLatency?.p99
    sample.queue = picture.top.sinks.reduce(0) { $0 + $1.queue }
    sample.dropped = picture.top.dropped - work.before.dropped
    sample.gaps = picture.top.gaps - work.before.gaps
    work.before.dropped = picture.top.dropped
    work.before.gaps = picture.top.gaps
    work.samples.append(sample)
    if work.samples.count > WatchLimits.historySeconds { work.samples.removeFirst() }
    picture.samples = work.samples
    picture.top.rates = work.samples.map(\.eventsPerSecond)
  }

  private static func state(_ status: RunStatus) -> String {
    guard let first = status.lanes.first else { return "no lanes" }
    if status.lanes.count == 1 { return "\(first.state)" }
    return "\(status.lanes.count { $0.state == .streaming })/\(status.lanes.count) lanes streaming"
  }

  static func together(_ snapshots: [HistogramSnapshot]) -> HistogramSnapshot? {
    guard let first = snapshots.first else { return nil }
    return snapshots.dropFirst().reduce(first) { $0.merged(with: $1) }
  }

  /// Of what came since the snapshots before; nil where nothing did.
  private static func latency(_ now: [HistogramSnapshot], since before: [HistogramSnapshot]) -> TopState.Latency? {
    let new = now.enumerated().map { i, one in i < before.count ? one.since(before[i]) : one }
    guard let all = together(new), all.count > 0 else { return nil }
    var latency = TopState.Latency()
    latency.p50 = all.percentile(50)
    latency.p99 = all.percentile(99)
    latency.max = all.max
    return latency
  }
}
