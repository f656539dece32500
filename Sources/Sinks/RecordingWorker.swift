import Bytes
import IO
import Recording
import Rings

/// The thread that writes the recording: it drains the lanes' rings, appends entries and writes blocks.
struct RecordingWorker: ~Copyable {
  private var writer: RecordingWriter
  private var file: File
  private let inputs: [RecordingInput]
  private let counters: RecordingCounters
  private let bell: Bell
  private let trouble: @Sendable (String) -> Void
  private var offset: Int
  private var isInTrouble = false
  private var doze = Doze()

  static let blockBytes = 256 << 10
  static let entriesPerTurn = 64
  static let idleNanos: Int64 = 100_000_000
  static let retryNanos: Int64 = 250_000_000
  static let lastTryNanos: Int64 = 2_000_000_000

  init(
    _ writer: consuming RecordingWriter, _ file: consuming File, inputs: [RecordingInput],
    counters: RecordingCounters, bell: Bell, trouble: @escaping @Sendable (String) -> Void
  ) {
    offset = writer.offset - writer.pendingCount
    self.writer = writer
    self.file = file
    self.inputs = inputs
    self.counters = counters
    self.bell = bell
    self.trouble = trouble
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
        if inputs.allSatisfy({ $0.consumer.isFinished() }) {
          writer.close(at: .now())
          try writeOut()
          try file.synchronize()
          return nil
        }
        let dozes = doze.begins(now)
        bell.wait(timeoutNanos: dozes ? Doze.nanos : Self.idleNanos, dozes: dozes) {
          inputs.contains { $0.consumer.hasNews() }
        }
      }
    } catch {
      return "\(error)"
    }
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
          try unsafe file.write(bytes.bytes, at: at)
          return bytes.count
        }
        writer.removePending(count)
        offset += count
        counters.write(bytes: count)
        if isInTrouble { trouble("recording: writing goes on") }
        isInTrouble = false
      } catch {
        if !isInTrouble { trouble("recording: \(error); trying again until it works") }
        isInTrouble = true
        if inputs.allSatisfy({ $0.consumer.isProducerGone }) {
          let since = lanesGoneAt ?? .now()
          lanesGoneAt = since
          if MonotonicNanos.now().nanos(since: since) > Self.lastTryNanos { throw error }
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
