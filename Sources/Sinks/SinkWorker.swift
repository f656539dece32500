import Bytes
import IO
import Market
import Metrics
import Rings
import Synchronization

/// One lane's end of a sink: the reading half of the ring and the texts that its events refer to.
final class SinkInput {
  var consumer: RecordConsumer
  let texts: TextStore

  init(_ consumer: consuming RecordConsumer, _ texts: TextStore) {
    self.consumer = consumer
    self.texts = texts
  }
}

/// How a sink ended.
package struct SinkOutcome: Sendable {
  /// What went wrong, in a sentence; nil at a clean end.
  package var failure: String?
  /// Events that were encoded and could not be written; more may wait in the rings.
  package var unwritten = 0
  /// The reader of standard output went away: no failure, but nothing more is wanted.
  package var isReaderGone = false
}

/// The thread that drains one sink's rings.
///
/// Waking it for every frame would cost the lanes as much as decoding does. While it has news at each look it dozes
/// between looks: it wakes by itself after `dozeNanos`, or when half of a ring waits.
///
/// While a write fails (a full disk, say) the worker holds its block and tries again every `retryNanos`; the rings
/// fill up and each lane's policy decides. When the lanes have gone it gives up after `lastTryNanos`, leaves whole rows
/// alone in its files, and every event that is not among them is counted as accepted and not written.
struct SinkWorker<Body: SinkBody & ~Copyable>: ~Copyable {
  var body: Body
  let inputs: [SinkInput]
  let counters: SinkCounters
  /// Nil where receive times are not of now.
  let latency: Histogram?
  let bell: Bell
  /// Told of each block that was written: its events.
  let written: (@Sendable (Int) -> Void)?
  let trouble: @Sendable (String) -> Void
  /// What asks for new files.
  let rotation: SinkRotation?
  /// Whether to give up at once what cannot be written.
  let isStopping: @Sendable () -> Bool
  private var unwritten = 0
  /// Of `body.flushedEvents`, how many are counted as written.
  private var told = 0
  private var isInTrouble = false
  /// The last sentence about a file that could not be completed.
  private var lastCompletion = ""
  private var doze = Doze()
  /// Whether a lane fills the sink on its own thread, and so waits with us.
  private var isLaneHere = false

  /// A block is written when it has reached this size, or when nothing else waits.
  static var blockBytes: Int { 256 << 10 }
  static var recordsPerTurn: Int { 4096 }
  static var idleNanos: Int64 { 100_000_000 }
  static var retryNanos: Int64 { 250_000_000 }
  static var lastTryNanos: Int64 { 2_000_000_000 }

  init(
    _ body: consuming Body, inputs: [SinkInput], counters: SinkCounters, latency: Histogram?, bell: Bell,
    written: (@Sendable (Int) -> Void)? = nil, rotation: SinkRotation? = nil,
    isStopping: @escaping @Sendable () -> Bool = { false },
    trouble: @escaping @Sendable (String) -> Void
  ) {
    self.body = body
    self.inputs = inputs
    self.counters = counters
    self.latency = latency
    self.bell = bell
    self.written = written
    self.rotation = rotation
    self.trouble = trouble
    self.isStopping = isStopping
  }

  /// Works until every lane has gone and everything is written, or until nothing more can be written.
  mutating func run() -> SinkOutcome {
    defer { rotation?.end() }
    do throws(SinkFailure) {
      while true {
        let taken = drain()
        let now = MonotonicNanos.now()
        if body.isDue(isIdle: taken == 0, hasUnwritten: unwritten > 0, now: now) { try writeOut() }
        if let request = rotation?.request { try rotate(request) }
        if taken > 0 {
          doze.foundNews()
          continue
        }
        try completeDue(now)
        if inputs.allSatisfy({ $0.consumer.isFinished() }) { return try end() }
        let dozes = doze.begins(now)
        bell.wait(timeoutNanos: dozes ? Doze.nanos : Self.idleNanos, dozes: dozes) {
          inputs.contains { $0.consumer.available() > 0 }
        }
      }
    } catch { return giveUp(error) }
  }

  private mutating func end() throws(SinkFailure) -> SinkOutcome {
    try writeOut()
    try body.finish()
    note(isWhole: true)
    return SinkOutcome()
  }

  private mutating func giveUp(_ failure: SinkFailure) -> SinkOutcome {
    if case .readerGone = failure { return SinkOutcome(failure: nil, unwritten: unwritten, isReaderGone: true) }
    let left = body.abandon()
    let place = left.isEmpty ? "" : "; what was written is in \(left.joined(separator: ", "))"
    return SinkOutcome(failure: failure.description + place, unwritten: unwritten)
  }

  // MARK: on the lane's thread

  /// Encodes a batch, and writes what is due. Gives the end where nothing more can be written.
  mutating func take(_ batch: borrowing EventBatch, _ texts: TextStore) -> SinkOutcome? {
    isLaneHere = true
    unsafe batch.withRecords { records in unsafe body.append(records, texts) }
    body.endRun(texts)
    unwritten &+= batch.eventCount
    return turn()
  }

  mutating func take(_ gap: Gap) -> SinkOutcome? {
    isLaneHere = true
    body.append(gap)
    return turn()
  }

  private mutating func turn() -> SinkOutcome? {
    let now = MonotonicNanos.now()
    do throws(SinkFailure) {
      if body.isDue(isIdle: false, hasUnwritten: true, now: now) { try writeOut() }
      try completeDue(now)
      return nil
    } catch { return giveUp(error) }
  }

  /// Writes everything: the lane has ended.
  mutating func finish() -> SinkOutcome {
    isLaneHere = false
    do throws(SinkFailure) { return try end() } catch { return giveUp(error) }
  }

  /// Counts what the body has written since it was asked last; all but what it holds where it cannot tell.
  private mutating func note(isWhole: Bool) {
    var events = isWhole ? unwritten - body.heldEvents : 0
    if let flushed = body.flushedEvents {
      events = flushed - told
      told = flushed
    }
    if events <= 0 { return }
    counters.write(events)
    written?(events)
    unwritten -= events
  }

  /// Encodes what waits in the rings, a bounded share of each; returns the records taken.
  private mutating func drain() -> Int {
    var taken = 0
    let now = latency == nil ? 0 : WallNanos.now().rawValue
    for input in inputs {
      var arrivals = ArrivalRuns()
      let texts = input.texts
      // Loads of its own, because calls into another module would cost more than a column does.
      let (recordBytes, typeOffset, gapByte) = (EventRecord.byteCount, EventHead.typeOffset, Gap.typeByte)
      taken += unsafe input.consumer.drainRuns(limit: Self.recordsPerTurn) { run, count in
        var i = 0
        while i < count {
          let start = unsafe run + i &* recordBytes
          let event = unsafe EventRef(start)
          let typeByte = unsafe start.load(fromByteOffset: typeOffset, as: UInt8.self)
          i &+= 1 &+ Int(typeByte &>> 6 & 1)
          if typeByte == gapByte, let gap = event.gap {
            body.append(gap)
          } else {
            body.append(event, texts)
            unwritten &+= 1
            if let latency { arrivals.add(event.receivedNanos, now, latency) }
          }
        }
        body.endRun(texts)
        return i
      }
      if let latency { arrivals.flush(now, latency) }
    }
    return taken
  }

  /// A file that cannot be completed is told of, and again at the end; the next rows go into another.
  private mutating func completeDue(_ now: MonotonicNanos) throws(SinkFailure) {
    do throws(SinkFailure) { try body.rotate(now: now) } catch {
      if error.isFinal { throw error }
      let sentence = "\(error)"
      if sentence != lastCompletion { trouble(sentence) }
      lastCompletion = sentence
    }
  }

  /// Goes on in new files because somebody asked for it.
  private mutating func rotate(_ request: Int) throws(SinkFailure) {
    try writeOut()
    do throws(SinkFailure) {
      let files = try body.rotateNow(now: .now())
      note(isWhole: true)
      rotation?.finish(request, files: files, failure: nil)
    } catch {
      rotation?.finish(request, files: [], failure: "\(error)")
      if error.isFinal { throw error }
    }
  }

  private mutating func writeOut() throws(SinkFailure) {
    var lanesGoneAt: MonotonicNanos?
    while true {
      do throws(SinkFailure) {
        let bytes = body.pendingBytes
        try body.flush(now: .now())
        counters.write(bytes: bytes)
        note(isWhole: true)
        if isInTrouble { trouble("writing goes on") }
        isInTrouble = false
        return
      } catch {
        if error.isFinal { throw error }
        note(isWhole: false)
        if !isInTrouble { trouble("\(error); trying again until it works") }
        isInTrouble = true
        if isLaneHere {
          if isStopping() { throw error }
        } else if inputs.allSatisfy({ $0.consumer.isProducerGone }) {
          let since = lanesGoneAt ?? .now()
          lanesGoneAt = since
          if isStopping() || MonotonicNanos.now().nanos(since: since) > Self.lastTryNanos { throw error }
        }
        Pause.sleep(nanos: Self.retryNanos)
      }
    }
  }
}
