import Bytes
import IO
import Logs
import Market
import Recording
import Rings
import Sinks
import Synchronization

/// Starts sinks and the replay's thread, waits for their end, and adds up what they did.
package enum ReplayRun {
  package static func run(_ settings: ReplaySettings, _ hooks: RunHooks) throws(RunFailure) -> RunOutcome {
    let startedAt = MonotonicNanos.now()
    let cpuBefore = CPUTime.processNanos()
    let stop = try RunFailure.from { () throws(IOError) in
      if let given = settings.run.stop { return given }
      return try StopFlag(limit: settings.run.limit)
    }
    let progress = LaneProgress()
    let records = fillsColumns(settings) ? PayloadPipeline.columnHandOverRecords : PayloadPipeline.handOverRecords
    var replay = try Replay(
      settings, pipeline: PayloadPipeline(stop: stop, settings.run, handOverRecords: records), stop: stop,
      progress: progress, say: hooks.voice(.replay))
    let texts = replay.textStore
    var options = SinkSet.Options()
    options.force = settings.run.force
    options.measuresLatency = false
    options.fillsInPlace = settings.speed == .max && settings.isOneThread
    options.trouble = hooks.voice(.sink)
    options.written = settings.run.written
    options.readerGone = { stop.drain() }
    options.isStopping = { stop.isAbandoned }
    let sinks: SinkSet
    do { sinks = try SinkSet(settings.run.sinks, lanes: [texts], options: options) } catch {
      throw RunFailure(.failed, "\(error)")
    }
    replay.connect(sinks.takePorts(lane: 0).sinks + (settings.ports?(texts) ?? []))
    let status = RunStatus(startedAt: startedAt, lanes: [progress], sinks: sinks.counters, recording: nil,
      latencies: sinks.latencies)
    let box = ResultBox()
    let work = Handover(replay)
    let attention = hooks.attention
    do {
      let thread = try WorkerThread("qw-replay") {
        var mine = work.take()
        let (totals, digest) = mine.run()
        box.value.withLock {
          $0 = ReplayResult(
            totals: totals, digest: DigestBox(digest), gaps: mine.gaps, filledGaps: mine.filledGaps,
            damaged: mine.damagedFiles)
        }
        attention.signal()
      }
      let interrupted = RunWatch.supervise(status, stop, nil, hooks)
      thread.join()
      return finish(box, texts, sinks, startedAt, cpuBefore, interrupted)
    } catch { throw RunFailure(.failed, "\(error)") }
  }

  /// Whether events become columns on the replay's thread.
  private static func fillsColumns(_ settings: ReplaySettings) -> Bool {
    settings.speed == .max && (settings.ports != nil || settings.isOneThread)
  }

  private struct ReplayResult {
    var totals: PipelineTotals
    var digest: DigestBox
    var gaps: Int
    var filledGaps: Int
    var damaged: Int
  }

  private final class ResultBox: Sendable {
    let value = Mutex<ReplayResult?>(nil)
  }

  private static func finish(
    _ box: ResultBox, _ texts: TextStore, _ sinks: SinkSet, _ startedAt: MonotonicNanos, _ cpuBefore: Int64,
    _ interrupted: Bool
  ) -> RunOutcome {
    var outcome = RunOutcome()
    outcome.wasInterrupted = interrupted
    var digests: [(digest: Digest, texts: TextStore)] = []
    if let result = box.value.withLock({ $0 }) {
      outcome.report.totals = result.totals
      outcome.report.gaps = result.gaps
      outcome.report.filledGaps = result.filledGaps
      outcome.report.damagedFiles = result.damaged
      if let digest = result.digest.value { digests.append((digest, texts)) }
    }
    RunClose.close(&outcome, sinks, digests, startedAt, cpuBefore)
    return outcome
  }
}
