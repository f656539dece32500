package import Bytes
package import Ingest
import Market
package import Metrics
import Sinks

/// Names what a run counts for Prometheus. Everything is read where it is kept when somebody asks: a run that is not
/// scraped pays nothing. docs/operations.md lists each name with its meaning.
package enum RunMetrics {
  /// Bounds of lags, in nanoseconds: 1 ms to 60 s. Below lies what clocks differ by.
  package static let lagBounds: [Int64] = [
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000,
  ].map { $0 * 1_000_000 }

  /// Bounds of the way to a sink, in nanoseconds: 10 µs to 10 s.
  package static let latencyBounds: [Int64] = [
    10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 50_000, 100_000, 500_000, 1_000_000, 10_000_000,
  ].map { $0 * 1_000 }

  /// Of every process, before a run has begun.
  package static func addProcess(_ registry: Registry, version: String, started: WallNanos) throws(MetricsError) {
    try registry.gauge(
      "quotewire_build_info", help: "Always 1; the label tells the version.", labels: [.init("version", version)]
    ) { 1 }
    try registry.gauge(
      "quotewire_start_time", help: "When the program started, since 1970 UTC.", unit: .nanosAsSeconds
    ) { Int(started.rawValue) }
    try registry.counter("process_cpu", help: "CPU time of the process, user and system.", unit: .nanosAsSeconds) {
      Int(CPUTime.processNanos())
    }
    try registry.gauge("quotewire_peak_resident_memory", help: "Most memory held at a time.", unit: .bytes) {
      ProcessMemory.peakResidentBytes()
    }
  }

  package static func add(_ status: RunStatus, _ observer: RunObserver, to registry: Registry) throws(MetricsError) {
    for (i, lane) in status.lanes.enumerated() { try add(lane, [.init("lane", "\(i)")], registry) }
    for sink in status.sinks { try add(sink.name, status, registry) }
    if let recording = status.recording {
      try registry.counter("quotewire_recording_entries", help: "Entries appended to the recording.") {
        max(0, recording.entries)
      }
      try registry.counter("quotewire_recording_written", help: "Size of the recording.", unit: .bytes) {
        recording.bytes
      }
      try registry.counter("quotewire_recording_lost_entries", help: "Entries that are not in the recording.") {
        recording.lost
      }
    }
    try addTypes(observer, registry)
    if observer.settings.isLive {
      try registry.histogram(
        "quotewire_lag", help: "Arrival time minus the event's own time, of events that have one.", bounds: lagBounds
      ) { RunObserver.together(observer.laneWatches.map { $0.lag.snapshot() }) ?? Histogram().snapshot() }
    }
  }

  private static func add(_ lane: LaneProgress, _ labels: [MetricLabel], _ registry: Registry) throws(MetricsError) {
    try registry.counter("quotewire_frames", help: "Data frames received.", labels: labels) { lane.frames }
    try registry.counter("quotewire_received", help: "Bytes of their payloads.", unit: .bytes, labels: labels) {
      lane.bytes
    }
    try registry.counter("quotewire_events", help: "Events decoded.", labels: labels) { lane.events }
    try registry.counter("quotewire_malformed", help: "Messages and rows that could not be read.", labels: labels) {
      lane.malformed
    }
    try registry.counter("quotewire_gaps", help: "Interruptions of the feed.", labels: labels) { lane.gaps }
    try registry.counter("quotewire_reconnects", help: "Connections made again.", labels: labels) { lane.reconnects }
    for state in [LaneProgress.State.connecting, .handshaking, .streaming, .waiting, .ended] {
      try registry.gauge(
        "quotewire_lane_state", help: "1 for the state that the lane is in, 0 for the others.",
        labels: labels + [.init("state", "\(state)")]
      ) { lane.state == state ? 1 : 0 }
    }
  }

  private static func add(_ name: String, _ status: RunStatus, _ registry: Registry) throws(MetricsError) {
    guard let sink = status.sinks.first(where: { $0.name == name })?.counters else { return }
    let labels = [MetricLabel("sink", name)]
    try registry.counter("quotewire_sink_accepted_events", help: "Events taken by the sink.", labels: labels) {
      sink.accepted
    }
    try registry.counter("quotewire_sink_dropped_events", help: "Events given up by its policy.", labels: labels) {
      sink.dropped
    }
    try registry.counter("quotewire_sink_spilled_events", help: "Events that waited on disk.", labels: labels) {
      sink.spilled
    }
    try registry.counter("quotewire_sink_written_events", help: "Events written.", labels: labels) { sink.written }
    try registry.counter("quotewire_sink_written", help: "Bytes written.", unit: .bytes, labels: labels) { sink.bytes }
    try registry.gauge("quotewire_sink_queue_events", help: "Events taken and not yet written.", labels: labels) {
      let written = sink.written
      return max(0, sink.accepted - written)
    }
    let histograms = status.latencies.filter { $0.name == name }.map(\.histogram)
    guard !histograms.isEmpty else { return }
    try registry.histogram(
      "quotewire_sink_latency", help: "Time from the arrival of the bytes to the sink.", bounds: latencyBounds,
      labels: labels
    ) { RunObserver.together(histograms.map { $0.snapshot() }) ?? Histogram().snapshot() }
  }

  private static func addTypes(_ observer: RunObserver, _ registry: Registry) throws(MetricsError) {
    let types = observer.settings.types.isEmpty ? EventType.allCases : observer.settings.types
    for type in types {
      let labels = [MetricLabel("type", type.name)]
      try registry.counter("quotewire_type_events", help: "Events by type.", labels: labels) {
        observer.laneWatches.reduce(0) { $0 + $1.types[type.index].events }
      }
      try registry.gauge(
        "quotewire_last_event_timestamp", help: "When the last event of the type came, since 1970 UTC; 0: none yet.",
        unit: .nanosAsSeconds, labels: labels
      ) {
        guard let last = observer.laneWatches.compactMap({ $0.types[type.index].lastArrival }).max() else { return 0 }
        return Int(WallNanos.now().rawValue - MonotonicNanos.now().nanos(since: last))
      }
    }
    for type in observer.settings.staleLimits.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
      let labels = [MetricLabel("type", type.name)]
      try registry.gauge(
        "quotewire_feed_stale", help: "1 while the type is quiet for longer than it may.", labels: labels
      ) { observer.stale.first { $0.type == type }?.isStale == true ? 1 : 0 }
      try registry.counter("quotewire_feed_stale_alarms", help: "How often it went quiet.", labels: labels) {
        observer.stale.first { $0.type == type }?.alarms ?? 0
      }
    }
  }
}
