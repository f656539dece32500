import Bytes
package import IO
import Market
package import Metrics
package import Recording
package import Rings
import Synchronization

/// All sinks of a run and the recording: opened before the lanes start, finished after they ended.
package final class SinkSet {
  /// A sink that runs.
  private struct Running {
    let spec: SinkSpec
    let counters: SinkCounters
    /// One a writing thread.
    var latencies: [Histogram]
    /// Nil where the lanes themselves do what there is to do.
    var thread: Handover<WorkerThread>?
    let outcome = OutcomeBox()
    /// Nil where there are no files that could be exchanged.
    var rotation: SinkRotation?
  }

  /// What a sink's thread leaves behind.
  private final class OutcomeBox: Sendable {
    let value = Mutex<SinkOutcome?>(nil)
  }

  /// How a run wants its sinks.
  package struct Options: Sendable {
    /// Replace files that exist.
    package var force = false
    /// Whether events arrive as they are received, so that the time to the sink says something.
    package var measuresLatency = true
    /// Whether Arrow files are filled on the lane's own thread where they lose nothing: there is one lane, which may be
    /// late.
    package var fillsInPlace = false
    /// Called, from a sink's thread, with sentences for people.
    package var trouble: @Sendable (String) -> Void = { _ in }
    /// Called, from a sink's thread, for each block that was written, with the sink's name and the block's events.
    package var written: (@Sendable (_ sink: String, _ events: Int) -> Void)?
    /// Called when the reader of standard output has gone.
    package var readerGone: @Sendable () -> Void = {}
    /// Whether the run was told to end at once: what cannot be written then is given up.
    package var isStopping: @Sendable () -> Bool = { false }
    /// How often what was recorded is flushed to the device, in nanoseconds.
    package var recordingSyncNanos: Int64 = 5_000_000_000
    package init() {}
  }

  private var running: [Running] = []
  private var ports: [[any SinkPort]]
  private var recordingPorts: [RecordingPort?]
  private var recorder: (thread: Handover<WorkerThread>, outcome: RecorderOutcome)?
  package let recordingCounters = RecordingCounters()

  private final class RecorderOutcome: Sendable {
    let failure = Mutex<String?>(nil)
  }

  /// Opens every sink for lanes with these text stores.
  package init(
    _ specs: [SinkSpec], lanes: [TextStore], options: Options
  ) throws(SinkSetError) {
    ports = Array(repeating: [], count: lanes.count)
    recordingPorts = Array(repeating: nil, count: lanes.count)
    for spec in specs {
      switch spec.target {
      case .null: count(spec, options)
      case .csv(let directory):
        let body: CSVBody
        do { body = try CSVBody(directory: directory, spec: spec, force: options.force) } catch { throw .io(error) }
        try start(spec, lanes, options, body)
      case .arrow(let directory):
        let body: ColumnBody
        do {
          let plan = ColumnFile.Plan.arrow(spec, force: options.force, isLive: options.measuresLatency)
          body = try ColumnBody(directory: directory, ending: ".arrow", plan: plan)
        } catch { throw .io(error) }
        if options.fillsInPlace && spec.policy == .wait && lanes.count == 1 {
          fillInPlace(spec, lanes[0], options, body)
        } else {
          try start(spec, lanes, options, body)
        }
      case .parquet(let directory):
        let body: ColumnBody
        do {
          let plan = try ColumnFile.Plan.parquet(spec, force: options.force)
          body = try ColumnBody(directory: directory, ending: ".parquet", plan: plan)
        } catch { throw .io(error) }
        try start(spec, lanes, options, body)
      case .ndjson(let file):
        let body: NDJSONBody
        do { body = try NDJSONBody(file: file, spec: spec, force: options.force) } catch { throw .io(error) }
        try start(spec, lanes, options, body)
      }
    }
  }

  deinit {
    // Where opening failed half-way, workers that run already end only when their ports are gone, and are joined after.
    ports = []
    recordingPorts = []
  }

  /// A sink that only counts: each lane does so itself.
  private func count(_ spec: SinkSpec, _ options: Options) {
    let counters = SinkCounters()
    let latencies = ports.map { _ in Histogram() }
    for lane in ports.indices {
      ports[lane].append(NullPort(counters, latency: options.measuresLatency ? latencies[lane] : nil))
    }
    running.append(Running(spec: spec, counters: counters, latencies: latencies, thread: nil))
  }

  /// Where one lane's events go when the ring is full; nil where the policy is another.
  private func spill(_ spec: SinkSpec, _ options: Options) throws(SinkSetError) -> SpillQueue? {
    guard spec.policy == .spill else { return nil }
    let (name, say) = (spec.name, options.trouble)
    do {
      return try SpillQueue(
        folder: spec.spillFolder ?? SpillQueue.defaultFolder, limitBytes: spec.spillBytes / ports.count
      ) { say("\(name): \($0)") }
    } catch { throw .io(error) }
  }

  private func start<Body: SinkBody & ~Copyable>(
    _ spec: SinkSpec, _ lanes: [TextStore], _ options: Options, _ body: consuming Body
  ) throws(SinkSetError) {
    let bell = Bell()
    let counters = SinkCounters()
    let latency = Histogram()
    var inputs: [SinkInput] = []
    for (lane, texts) in lanes.enumerated() {
      var ring = RecordRing(capacity: spec.ringRecords, bell: bell)
      ports[lane].append(RingPort(ring.takeProducer(), spec.policy, counters, spill: try spill(spec, options)))
      inputs.append(SinkInput(ring.takeConsumer(), texts))
    }
    let name = spec.name
    let trouble = options.trouble
    var written: (@Sendable (Int) -> Void)?
    if let told = options.written { written = { told(name, $0) } }
    let rotation = spec.hasFiles ? SinkRotation() : nil
    let worker = Handover(
      SinkWorker(
        body, inputs: inputs, counters: counters, latency: options.measuresLatency ? latency : nil, bell: bell,
        written: written, rotation: rotation, isStopping: options.isStopping
      ) { trouble("\(name): \($0)") })
    var entry = Running(spec: spec, counters: counters, latencies: [latency])
    entry.rotation = rotation
    let outcome = entry.outcome
    let readerGone = options.readerGone
    do {
      let thread = try WorkerThread("qw-sink") {
        var mine = worker.take()
        let ended = mine.run()
        outcome.value.withLock { $0 = ended }
        if ended.isReaderGone { readerGone() }
      }
      entry.thread = Handover(thread)
    } catch { throw .thread(error) }
    running.append(entry)
  }

  private func fillInPlace<Body: SinkBody & ~Copyable>(
    _ spec: SinkSpec, _ texts: TextStore, _ options: Options, _ body: consuming Body
  ) {
    let (name, counters) = (spec.name, SinkCounters())
    var written: (@Sendable (Int) -> Void)?
    if let told = options.written { written = { told(name, $0) } }
    let trouble = options.trouble
    let worker = SinkWorker(
      body, inputs: [], counters: counters, latency: nil, bell: Bell(), written: written,
      isStopping: options.isStopping
    ) { trouble("\(name): \($0)") }
    let entry = Running(spec: spec, counters: counters, latencies: [Histogram()], thread: nil)
    let (outcome, readerGone) = (entry.outcome, options.readerGone)
    ports[0].append(
      InPlacePort(worker, texts, counters) { ended in
        outcome.value.withLock { $0 = ended }
        if ended.isReaderGone { readerGone() }
      })
    running.append(entry)
  }

  /// Adds a recording that all lanes write to.
  package func record(
    _ writer: consuming RecordingWriter, to file: consuming sending File, policy: RecordingPolicy,
    ringBytes: Int, options: Options
  ) throws(SinkSetError) {
    let bell = Bell()
    var inputs: [RecordingInput] = []
    for lane in recordingPorts.indices {
      var ring = ByteRing(capacity: ringBytes, bell: bell)
      recordingPorts[lane] = RecordingPort(
        ring.takeProducer(), lane: lane, policy: policy, counters: recordingCounters)
      inputs.append(RecordingInput(ring.takeConsumer()))
    }
    let worker = Handover(
      RecordingWorker(
        writer, file, inputs: inputs, counters: recordingCounters, bell: bell,
        syncNanos: options.recordingSyncNanos, isStopping: options.isStopping, trouble: options.trouble))
    let outcome = RecorderOutcome()
    do {
      let thread = try WorkerThread("qw-record") {
        var mine = worker.take()
        let failure = mine.run()
        outcome.failure.withLock { $0 = failure }
      }
      recorder = (Handover(thread), outcome)
    } catch { throw .thread(error) }
  }

  /// Gives a lane its ports, once. When the lane lets go of them, the sinks know that it has ended.
  package func takePorts(lane: Int) -> (sinks: [any SinkPort], recording: RecordingPort?) {
    defer {
      ports[lane] = []
      recordingPorts[lane] = nil
    }
    return (ports[lane], recordingPorts[lane])
  }

  /// One sink's figures at the end.
  package struct Result: Sendable {
    package let name: String
    package let accepted: Int
    package let dropped: Int
    package let written: Int
    /// Events that waited on disk for room.
    package let spilled: Int
    /// From arrival to encoding, in nanoseconds.
    package let latency: HistogramSnapshot
    package let failure: String?
  }

  /// Waits until every sink has written what it accepted. The lanes must have let go of their ports.
  package func finish() -> (sinks: [Result], recordingFailure: String?) {
    ports = []
    recordingPorts = []
    var results: [Result] = []
    for sink in running {
      sink.thread?.take().join()
      let outcome = sink.outcome.value.withLock { $0 }
      results.append(
        Result(
          name: sink.spec.name, accepted: sink.counters.accepted, dropped: sink.counters.dropped,
          written: sink.counters.written,
          spilled: sink.counters.spilled, latency: Self.together(sink.latencies), failure: outcome?.failure))
    }
    running = []
    var failure: String?
    if let recorder {
      recorder.thread.take().join()
      failure = recorder.outcome.failure.withLock { $0 }
    }
    recorder = nil
    return (results, failure)
  }

  private static func together(_ latencies: [Histogram]) -> HistogramSnapshot {
    latencies.dropFirst().reduce((latencies.first ?? Histogram()).snapshot()) { $0.merged(with: $1.snapshot()) }
  }

  /// Each writing thread's latencies with the name of its sink, for whoever looks while they grow.
  package var latencies: [(name: String, histogram: Histogram)] {
    running.flatMap { sink in sink.latencies.map { (sink.spec.name, $0) } }
  }

  /// Each sink's name and counters, for a progress line.
  package var counters: [(name: String, counters: SinkCounters)] { running.map { ($0.spec.name, $0.counters) } }

  /// Each sink's name and the way to have it go on in new files; nil where it has none.
  package var rotations: [(name: String, rotation: SinkRotation?)] { running.map { ($0.spec.name, $0.rotation) } }
}

/// Why the sinks could not be opened.
package enum SinkSetError: Error, CustomStringConvertible {
  case io(IOError)
  case thread(ThreadError)

  package var description: String {
    switch self {
    case .io(let error): error.description
    case .thread(let error): error.description
    }
  }
}
