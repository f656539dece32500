import Bytes
import IO
import Market
import Metrics
import Recording
import Rings
import Sinks

/// The end of every run: sinks finished, figures added up.
enum RunClose {
  static func close(
    _ outcome: inout RunOutcome, _ sinks: SinkSet, _ digests: [(digest: Digest, texts: TextStore)],
    _ startedAt: MonotonicNanos, _ cpuBefore: Int64
  ) {
    let (results, recordingFailure) = sinks.finish()
    var latency = Histogram().snapshot()
    for sink in results {
      outcome.report.sinks.append(
        RunReport.Sink(
          name: sink.name, accepted: sink.accepted, dropped: sink.dropped, written: sink.written, spilled: sink.spilled
        ))
      latency = latency.merged(with: sink.latency)
      if let why = sink.failure, outcome.failure == nil {
        let missing = sink.accepted - sink.written
        outcome.failure = RunFailure(.failed, "\(sink.name): \(why); \(missing) accepted events are not written")
      }
    }
    if let recordingFailure, outcome.failure == nil {
      outcome.failure = RunFailure(.failed, "the recording is not complete: \(recordingFailure)")
    }
    outcome.report.recordingOffered = sinks.recordingCounters.offered
    outcome.report.recordedEntries = sinks.recordingCounters.entries
    outcome.report.recordedBytes = sinks.recordingCounters.bytes
    outcome.report.recordingLost = sinks.recordingCounters.lost
    outcome.report.latency.p50 = micros(latency.percentile(50))
    outcome.report.latency.p99 = micros(latency.percentile(99))
    outcome.report.latency.p999 = micros(latency.percentile(99.9))
    outcome.report.latency.max = micros(latency.max)
    if !digests.isEmpty { outcome.report.digest = Digest.text(Digest.total(digests)) }
    outcome.report.seconds = MonotonicNanos.now().seconds(since: startedAt)
    outcome.report.cpuSeconds = Double(CPUTime.processNanos() - cpuBefore) / 1e9
    outcome.report.peakResidentBytes = ProcessMemory.peakResidentBytes()
  }

  private static func micros(_ nanos: Int64) -> Double { Double(nanos) / 1000 }
}

/// A digest on its way out of its thread.
struct DigestBox: Sendable {
  let value: Digest?
  init(_ value: Digest?) { self.value = value }
}

extension PayloadPipeline {
  init(stop: StopFlag, _ settings: RunSettings, handOverRecords: Int = Self.handOverRecords) {
    self.init(
      stop: stop, wantsDigest: settings.wantsDigest, handOverRecords: handOverRecords,
      limits: TextStore.Limits(
        maximumTexts: settings.texts.maximumTexts, maximumBytes: settings.texts.maximumBytes),
      snapshots: settings.snapshots, published: settings.published,
      receive: Self.receiver(settings))
  }

  /// What is called for each batch: nothing, one of the two, or both.
  private static func receiver(_ settings: RunSettings) -> (@Sendable (borrowing EventBatch, TextStore) -> Void)? {
    guard let watch = settings.watch?() else { return settings.receive }
    guard let receive = settings.receive else { return watch }
    return { batch, texts in
      receive(batch, texts)
      watch(batch, texts)
    }
  }
}

extension RunFailure {
  /// Runs something of IO's and words its error.
  static func from<R: ~Copyable>(_ body: () throws(IOError) -> R) throws(RunFailure) -> R {
    do throws(IOError) { return try body() } catch { throw RunFailure(.failed, "\(error)") }
  }
}

/// The file of a new recording.
enum RecordingFile {
  /// Creates and locks it; refuses one that exists unless `force` empties it.
  static func create(_ path: String, force: Bool) throws(IOError) -> File {
    try Directory.create(Directory.parent(of: path))
    var file = try File(path, force ? .readWrite() : .create())
    try file.lockForWriting()
    if force { try file.truncate(to: 0) }
    return file
  }

  static func writer(compressed: Bool) throws(IOError) -> RecordingWriter {
    let compression = compressed ? try ZstdCompression() : nil
    return RecordingWriter(fileID: RandomBytes.next(), created: .now(), compression: compression)
  }
}
