package import Bytes
import DXLink
package import IO
package import Logs
import Market
package import Metrics
import Recording
import Rings
package import Sinks
import Synchronization

/// A run under way, as the progress line sees it.
package struct RunStatus: Sendable {
  package let startedAt: MonotonicNanos
  package let lanes: [LaneProgress]
  package let sinks: [(name: String, counters: SinkCounters)]
  package let recording: RecordingCounters?
  /// From arrival to each sink's encoder, in nanoseconds; one a writing thread, by the sink's name.
  package var latencies: [(name: String, histogram: Histogram)] = []
  /// How each sink goes on in new files; nil where it has none.
  package var rotations: [(name: String, rotation: SinkRotation?)] = []
}

/// What the owner of a run is asked and told while it goes on.
package struct RunHooks {
  /// Signalled by lanes that end; the owner may signal it too, to be asked sooner.
  package var attention: Wakeup
  /// Asked about ten times a second: what signals want.
  package var request: () -> RunRequest = { .none }
  /// Called after each wait, for progress.
  package var tick: (RunStatus) -> Void = { _ in }
  /// Called once, when the lanes begin, with the way to change what they subscribe.
  package var started: (SubscriptionRouter) -> Void = { _ in }
  /// Sentences for people, from any thread.
  package var say: @Sendable (String) -> Void = { _ in }
  /// The same with the part of the program that speaks; nil where `say` takes them all.
  package var log: (@Sendable (LogModule, String) -> Void)?

  /// How one part of the program says its sentences.
  func voice(_ module: LogModule) -> @Sendable (String) -> Void {
    guard let log else { return say }
    return { log(module, $0) }
  }

  package init(attention: Wakeup) { self.attention = attention }
}

package enum RunRequest: Sendable { case none, drain, abandon }

/// Starts sinks, recording and lanes, waits for their end, and adds up what they did.
package enum IngestRun {
  package static func run(_ settings: IngestSettings, _ hooks: RunHooks) throws(RunFailure) -> RunOutcome {
    var shares = try LaneShares(settings)
    if let sentence = shares.refusal { hooks.say(sentence) }
    let startedAt = MonotonicNanos.now()
    let cpuBefore = CPUTime.processNanos()
    let stop = try RunFailure.from { () throws(IOError) in
      if let given = settings.run.stop { return given }
      return try StopFlag(limit: settings.run.limit)
    }
    var pipelines: [Handover<PayloadPipeline>] = []
    var stores: [TextStore] = []
    for _ in 0..<shares.lanes {
      let pipeline = PayloadPipeline(stop: stop, settings.run)
      stores.append(pipeline.textStore)
      pipelines.append(Handover(pipeline))
    }
    let sinks = try openSinks(settings, stores, stop, hooks)
    let inboxes = try RunFailure.from { () throws(IOError) in
      var inboxes: [LaneInbox] = []
      for _ in 0..<shares.lanes { inboxes.append(try LaneInbox()) }
      return inboxes
    }
    // Here, and not with a lane's voice, which would take the first word otherwise.
    if case .renewed(let renewal) = settings.lane.token { renewal.start(say: hooks.voice(.auth)) }
    let lanes = try startLanes(settings, &shares, pipelines, sinks, inboxes, stop, hooks)
    hooks.started(SubscriptionRouter(inboxes, shares.plan, shard: settings.shard))
    let status = RunStatus(
      startedAt: startedAt, lanes: lanes.map(\.progress), sinks: sinks.counters,
      recording: settings.record == nil ? nil : sinks.recordingCounters, latencies: sinks.latencies,
      rotations: sinks.rotations)
    let deadline = settings.seconds.map { startedAt.advanced(bySeconds: $0) }
    let interrupted = RunWatch.supervise(status, stop, deadline, hooks)
    return finish(lanes, stores, sinks, shares, startedAt, cpuBefore, interrupted)
  }

  private static func openSinks(
    _ settings: IngestSettings, _ stores: [TextStore], _ stop: StopFlag, _ hooks: RunHooks
  ) throws(RunFailure) -> SinkSet {
    var options = SinkSet.Options()
    options.force = settings.run.force
    options.trouble = hooks.voice(.sink)
    options.written = settings.run.written
    options.readerGone = { stop.drain() }
    options.isStopping = { stop.isAbandoned }
    options.recordingSyncNanos = Int64(settings.recordingSyncSeconds * 1e9)
    let sinks: SinkSet
    do { sinks = try SinkSet(settings.run.sinks, lanes: stores, options: options) } catch {
      throw RunFailure(.failed, "\(error)")
    }
    guard let path = settings.record else { return sinks }
    do {
      options.trouble = hooks.voice(.recording)
      let writer = try RecordingFile.writer(compressed: settings.compressesRecording)
      let file = try RecordingFile.create(path, force: settings.run.force)
      try sinks.record(
        writer, to: file, policy: settings.recordingPolicy, ringBytes: settings.recordingRingBytes, options: options)
    } catch { throw RunFailure(.failed, "\(error)") }
    return sinks
  }

  /// What a lane leaves behind.
  private struct LaneResult {
    var outcome: LaneOutcome
    var totals: PipelineTotals
    var digest: DigestBox
  }

  private final class LaneBox: Sendable {
    let progress = LaneProgress()
    let result = Mutex<LaneResult?>(nil)
  }

  /// A lane that runs.
  private struct LaneHandle {
    let box: LaneBox
    let thread: Handover<WorkerThread>
    var progress: LaneProgress { box.progress }
  }

  private static func startLanes(
    _ settings: IngestSettings, _ shares: inout LaneShares, _ pipelines: [Handover<PayloadPipeline>], _ sinks: SinkSet,
    _ inboxes: [LaneInbox], _ stop: StopFlag, _ hooks: RunHooks
  ) throws(RunFailure) -> [LaneHandle] {
    var handles: [LaneHandle] = []
    for number in 0..<shares.lanes {
      let box = LaneBox()
      var mine = settings.lane
      mine.backoff = settings.lane.backoff.reseeded(number)
      mine.dom = settings.run.dom
      mine.session.dom = mine.session.dom.filter { LanePlan.home(of: $0.symbol, lanes: shares.lanes) == number }
      mine.subscriptions = shares.take(number)
      let pipeline = pipelines[number].take()
      var ports = sinks.takePorts(lane: number)
      ports.sinks += settings.ports?(number, pipeline.textStore) ?? []
      let lane = Handover(
        Lane(
          number: number, settings: mine, pipeline: pipeline, ports: ports,
          stop: stop, progress: box.progress, inbox: inboxes[number], say: hooks.voice(.lane)))
      let attention = hooks.attention
      do {
        let thread = try WorkerThread("qw-lane-\(number)") {
          let (outcome, totals, digest) = lane.take().run()
          box.result.withLock { $0 = LaneResult(outcome: outcome, totals: totals, digest: DigestBox(digest)) }
          attention.signal()
        }
        handles.append(LaneHandle(box: box, thread: Handover(thread)))
      } catch {
        stop.abandon()
        throw RunFailure(.failed, "\(error)")
      }
    }
    return handles
  }

  private static func finish(
    _ lanes: [LaneHandle], _ stores: [TextStore], _ sinks: SinkSet, _ shares: LaneShares,
    _ startedAt: MonotonicNanos, _ cpuBefore: Int64, _ interrupted: Bool
  ) -> RunOutcome {
    var outcome = RunOutcome()
    outcome.wasInterrupted = interrupted
    var digests: [(digest: Digest, texts: TextStore)] = []
    outcome.report.unplacedTopics = shares.unplaced.count
    outcome.report.listedTopics = shares.unplaced.prefix(RunReport.maximumListedTopics).map(\.text)
    for (number, (lane, texts)) in zip(lanes, stores).enumerated() {
      lane.thread.take().join()
      guard let result = lane.box.result.withLock({ $0 }) else { continue }
      outcome.report.totals += result.totals
      outcome.report.gaps += result.outcome.gaps
      outcome.report.filledGaps += result.outcome.filledGaps
      outcome.report.reconnects += result.outcome.reconnects
      outcome.report.lanes.append(RunReport.Lane(number, result.outcome, result.totals))
      outcome.report.listedTopics += result.outcome.refusedTopics.map(\.text)
      if let digest = result.digest.value { digests.append((digest, texts)) }
      switch result.outcome.end {
      case .drained, .endOfFeed: break
      case .refused(let why): outcome.failure = RunFailure(.refused, why)
      case .failed(let why): outcome.failure = outcome.failure ?? RunFailure(.failed, why)
      }
    }
    RunClose.close(&outcome, sinks, digests, startedAt, cpuBefore)
    return outcome
  }
}
