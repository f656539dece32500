package import Bytes
import Market
package import Recording
package import Rings

/// A lane's end of the way to the recording: each payload goes here before anything interprets it. Used by one thread.
package final class RecordingPort {
  /// What stands before each payload in the ring.
  struct Head: BitwiseCopyable {
    var arrival: Arrival
    var lane: UInt16
    var kind: UInt8
  }

  private var producer: ByteProducer
  private let lane: UInt16
  private let policy: RecordingPolicy
  private let counters: RecordingCounters
  private var lost = Loss()
  private var scratch = ByteWriter(capacity: 512)

  /// How long a waiting lane sleeps between looks at a full ring.
  private static let waitNanos: Int64 = 50_000
  /// Longest wait for room for the last gap mark.
  private static let lastWaitNanos: Int64 = 2_000_000_000

  /// What was dropped since the last gap mark.
  private struct Loss {
    var frames: UInt64 = 0
    var bytes: UInt64 = 0
    var from = WallNanos(rawValue: 0)
  }

  package init(
    _ producer: consuming ByteProducer, lane: Int, policy: RecordingPolicy, counters: RecordingCounters
  ) {
    self.producer = producer
    self.lane = UInt16(truncatingIfNeeded: lane)
    self.policy = policy
    self.counters = counters
  }

  /// The largest payload that the ring can carry.
  package var maximumPayloadBytes: Int { producer.maximumEntryBytes - MemoryLayout<Head>.size }

  /// Hands over a payload that arrived, or that was sent. Never a message that holds a token.
  package func accept(
    _ kind: EntryKind, _ payload: UnsafeRawBufferPointer, _ arrival: Arrival, isStopping: () -> Bool
  ) {
    if unsafe offerBehindLoss(kind, payload, arrival) { return }
    if policy == .wait && payload.count <= maximumPayloadBytes {
      producer.publish()
      while !producer.isConsumerGone && !isStopping() {
        Pause.sleep(nanos: Self.waitNanos)
        if unsafe offerBehindLoss(kind, payload, arrival) { return }
      }
    }
    if lost.frames == 0 { lost.from = arrival.wall }
    lost.frames += 1
    lost.bytes += UInt64(payload.count)
    counters.offer(1)
    counters.lose(1)
  }

  package func accept(_ mark: SessionStart, _ arrival: Arrival, isStopping: () -> Bool) {
    acceptMark(.sessionStart, arrival, isStopping) { out in mark.encode(into: &out) }
  }

  package func accept(_ mark: SessionEnd, _ arrival: Arrival, isStopping: () -> Bool) {
    acceptMark(.sessionEnd, arrival, isStopping) { out in mark.encode(into: &out) }
  }

  package func accept(_ mark: GapMark, _ arrival: Arrival, isStopping: () -> Bool) {
    acceptMark(.gap, arrival, isStopping) { out in mark.encode(into: &out) }
  }

  /// Makes what was handed over visible to the writing thread: once per read.
  package func publish() { producer.publish() }

  /// Marks what is still unmarked, waiting a while for room; call before the port goes.
  package func finish(_ arrival: Arrival, isStopping: () -> Bool) {
    let deadline = MonotonicNanos.now().advanced(byNanos: Self.lastWaitNanos)
    while lost.frames > 0 {
      markLoss(arrival)
      producer.publish()
      if lost.frames == 0 || producer.isConsumerGone || isStopping() || .now() > deadline { break }
      Pause.sleep(nanos: Self.waitNanos)
    }
    producer.publish()
  }

  /// Marks stand behind the payloads that came before them, lost ones too, and wait for room under either policy.
  private func acceptMark(
    _ kind: EntryKind, _ arrival: Arrival, _ isStopping: () -> Bool, _ encode: (inout ByteWriter) -> Void
  ) {
    var mark = ByteWriter(capacity: 512)
    encode(&mark)
    while unsafe !mark.withBytes({ bytes in unsafe offerBehindLoss(kind, bytes, arrival) }) {
      producer.publish()
      if producer.isConsumerGone || isStopping() {
        counters.offer(1)
        counters.lose(1)
        return
      }
      Pause.sleep(nanos: Self.waitNanos)
    }
    producer.publish()
  }

  /// What was lost before is marked first; nothing passes it.
  private func offerBehindLoss(_ kind: EntryKind, _ payload: UnsafeRawBufferPointer, _ arrival: Arrival) -> Bool {
    if lost.frames > 0 { markLoss(arrival) }
    return unsafe lost.frames == 0 && offer(kind, payload, arrival)
  }

  private func offer(_ kind: EntryKind, _ payload: UnsafeRawBufferPointer, _ arrival: Arrival) -> Bool {
    var head = Head(arrival: arrival, lane: lane, kind: kind.rawValue)
    guard unsafe withUnsafeBytes(of: &head, { h in unsafe producer.append(h, payload) }) else { return false }
    counters.offer(1)
    return true
  }

  private func markLoss(_ arrival: Arrival) {
    let mark = GapMark(
      from: lost.from, to: arrival.wall, lostFrames: lost.frames, lostBytes: lost.bytes, cause: .recordingOverflow,
      reason: Gap.Reason.recordingOverflow.words)
    scratch.removeAll()
    mark.encode(into: &scratch)
    if unsafe scratch.withBytes({ bytes in unsafe offer(.gap, bytes, arrival) }) { lost = Loss() }
  }
}

/// What a lane does when the recording cannot keep up.
package enum RecordingPolicy: String, CaseIterable, Sendable {
  /// The lane waits, and with it the socket. The default: the recording is the truth.
  case wait
  /// Payloads are dropped, counted and marked as a gap in the recording.
  case drop
}
