import Bytes
import IO
import Recording
import Rings

/// The thread that writes the recording: it drains the lanes' rings, appends entries and writes blocks.
///
/// The file's header is flushed to the device at once, with its name in the folder, then what was written meanwhile
/// every few seconds and at the end: a power cut costs the entries of that time.
///
/// While a write fails the worker tries again every `retryNanos`. When the lanes have gone it gives up after
/// `lastTryNanos`, and every entry that is not whole in the file is counted as lost.
struct RecordingWorker: ~Copyable {
  private var writer: RecordingWriter
  private var file: File
  private let inputs: [RecordingInput]
  private let counters: RecordingCounters
  private let bell: Bell
  private let trouble: @Sendable (String) -> Void
  /// Whether to give up at once what cannot be written.
  private let isStopping: @Sendable () -> Bool
  private let syncNanos: Int64
  private var offset: Int
  /// Bytes of the pending ones that are in the file although their write failed in the end.
  private var partial = 0
  private var unsynced = 0
  private var syncedAt = MonotonicNanos(rawValue: 0)
  /// What was written before it may be missing after a power cut, and no later flush can tell.
  private var syncFailure: IOError?
  private var isInTrouble = false
  private var doze = Doze()

  static let blockBytes = 256 << 10
  static let entriesPerTurn = 64
  static let idleNanos: Int64 = 100_000_000
  static let retryNanos: Int64 = 250_000_000
  static let lastTryNanos: Int64 = 2_000_000_000

  init(
    _ writer: consuming RecordingWriter, _ file: consuming File, inputs: [RecordingInput],
    counters: RecordingCounters, bell: Bell, syncNanos: Int64 = 5_000_000_000,
    isStopping: @escaping @Sendable () -> Bool = { false },
    trouble: @escaping @Sendable (String) -> Void
  ) {
    offset = writer.offset - writer.pendingCount
    self.writer = writer
    self.file = file
    self.inputs = inputs
    self.counters = counters
    self.bell = bell
    self.trouble = trouble
    self.isStopping = isStopping
    self.syncNanos = syncNanos
  }

  /// Works until every lane has gone and everything is written. Returns what went wrong, nil at a clean end.
  mutating func run() -> String? {
    do throws(IOError) {
      while true {
        let taken = drain()
        if writer.pendingCount >= Self.blockBytes || (taken == 0 && writer.pendingCount > 0) { try writeOut() }
        if taken > 0 {
          doze.foundNews()
          continue
        }
        let now = MonotonicNanos.now()
        writer.closeSegmentIfDue(now: now)
        synchronizeIfDue(now)
        if inputs.allSatisfy({ $0.consumer.isFinished() }) {
          writer.close(at: .now())
          try writeOut()
          try file.synchronize()
          if let syncFailure { throw syncFailure }
          return nil
        }
        let dozes = doze.begins(now)
        bell.wait(timeoutNanos: dozes ? Doze.nanos : Self.idleNanos, dozes: dozes) {
          inputs.contains { $0.consumer.hasNews() }
        }
      }
    } catch {
      return "\(error)\(giveUp())"
    }
  }

  /// Counts every entry that is not whole in the file.
  private mutating func giveUp() -> String {
    counters.loseAppended(writer.entriesLost(behind: partial))
    var waiting = 0
    for input in inputs { _ = unsafe input.consumer.drain(limit: .max) { _ in waiting += 1 } }
    counters.lose(waiting)
    return counters.lost > 0 ? "; \(counters.lost) of \(counters.offered) entries are missing in it" : ""
  }

  /// A flush that fails is told of at once and at the end: the system forgets what it could not write.
  private mutating func synchronizeIfDue(_ now: MonotonicNanos) {
    guard unsynced > 0, now.nanos(since: syncedAt) >= syncNanos else { return }
    do throws(IOError) {
      // The name first: once, with the header.
      if syncedAt.rawValue == 0 { try Directory.synchronize(Directory.parent(of: file.path)) }
      try file.synchronize()
    } catch {
      if syncFailure == nil { trouble("recording: \(error); a power cut may cost what was written before") }
      syncFailure = syncFailure ?? error
    }
    unsynced = 0
    syncedAt = now
  }

  private mutating func drain() -> Int {
    var taken = 0
    for input in inputs {
      taken += unsafe input.consumer.drain(limit: Self.entriesPerTurn) { bytes in unsafe append(bytes) }
    }
    return taken
  }

  private mutating func append(_ bytes: UnsafeRawBufferPointer) {
    let head = unsafe bytes.loadUnaligned(as: RecordingPort.Head.self)
    let payload = unsafe UnsafeRawBufferPointer(rebasing: bytes[MemoryLayout<RecordingPort.Head>.size...])
    do {
      try unsafe writer.append(
        EntryKind(rawValue: head.kind), lane: head.lane, arrival: head.arrival, payload: payload)
      counters.append(1)
    } catch {
      // The rings bound what one turn appends far below the writer's limit.
      counters.lose(1)
      trouble("recording: \(error)")
    }
  }

  /// Writes what is pending; a write that fails is tried again at the same place.
  private mutating func writeOut() throws(IOError) {
    var lanesGoneAt: MonotonicNanos?
    while writer.pendingCount > 0 {
      do throws(IOError) {
        let at = offset
        let count = try unsafe writer.withPending { bytes throws(IOError) in
          try unsafe file.write(bytes.bytes, at: at, done: &partial)
          return bytes.count
        }
        partial = 0
        writer.removePending(count)
        offset += count
        unsynced += count
        counters.write(bytes: count)
        synchronizeIfDue(.now())
        if isInTrouble { trouble("recording: writing goes on") }
        isInTrouble = false
      } catch {
        if !isInTrouble { trouble("recording: \(error); trying again until it works") }
        isInTrouble = true
        if inputs.allSatisfy({ $0.consumer.isProducerGone }) {
          let since = lanesGoneAt ?? .now()
          lanesGoneAt = since
          if isStopping() || MonotonicNanos.now().nanos(since: since) > Self.lastTryNanos { throw error }
        }
        Pause.sleep(nanos: Self.retryNanos)
      }
    }
  }
}

/// One lane's end of the recording.
final class RecordingInput {
  var consumer: ByteConsumer
  init(_ consumer: consuming ByteConsumer) { self.consumer = consumer }
}
