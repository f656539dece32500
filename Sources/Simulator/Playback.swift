import Bytes
import DXLink
import Market
import Recording

/// One client's way through a recording: received frames are decoded, filtered by the session's subscription, and
/// written again with the client's fields, message by message as they were recorded.
///
/// Each lane of the recording has its own decoder, because channel numbers belong to a connection.
struct Playback: ~Copyable {
  enum Outcome { case more, waiting(MonotonicNanos), over }

  /// Entries that one step reads at most, so that one client cannot hold up the others.
  static let entriesPerStep = 256
  /// Lanes of one recording that are kept apart; the frames of further ones are skipped.
  static let maximumLanes = 64
  static let batchRecords = 1024

  private let source: RecordingSource
  private let speed: ReplaySpeed
  private let isLooped: Bool
  private var reader: RecordingReader
  private var pacer: ReplayPacer
  private var lanes: [UInt16: LaneDecoder] = [:]
  private let texts = TextBox()
  private var held: Entry?
  private var isEmptyPass = true
  private(set) var framesRefused = 0

  private final class LaneDecoder {
    var decoder = FeedDecoder()
    var batch = EventBatch(capacity: Playback.batchRecords)
  }

  private final class TextBox {
    var table = TextTable()
  }

  init(
    _ source: RecordingSource, speed: ReplaySpeed, isLooped: Bool, now: MonotonicNanos
  ) throws(SimulatorError) {
    let pacer = try Self.makePacer(speed, now)
    let reader = try source.makeReader()
    self.source = source
    self.speed = speed
    self.isLooped = isLooped
    self.pacer = pacer
    self.reader = reader
  }

  private static func makePacer(_ speed: ReplaySpeed, _ now: MonotonicNanos) throws(SimulatorError) -> ReplayPacer {
    do throws(RecordingError) { return try ReplayPacer(speed: speed, start: now) } catch {
      throw .recording("\(error)")
    }
  }

  /// Plays what is due until `out` holds about `targetBytes`.
  mutating func step(
    _ now: MonotonicNanos, _ session: inout ServerSession, _ out: inout MessageQueue, targetBytes: Int
  ) -> Outcome {
    guard source.isWhole() else { return .over }
    for _ in 0..<Self.entriesPerStep {
      if out.byteCount >= targetBytes { return .more }
      if held == nil { held = nextEntry() }
      guard let entry = held else {
        guard isLooped, !isEmptyPass, restart(now) else { return .over }
        continue
      }
      let due = pacer.due(entry)
      if due > now { return .waiting(due) }
      play(entry, &session, &out)
      held = nil
    }
    return .more
  }

  private mutating func nextEntry() -> Entry? {
    while let entry = reader.next() {
      if entry.kind == .received || entry.kind == .sent || entry.kind == .sessionStart { return entry }
    }
    return nil
  }

  private mutating func restart(_ now: MonotonicNanos) -> Bool {
    guard let fresh = try? Self.makePacer(speed, now) else { return false }
    pacer = fresh
    reader.rewind()
    for lane in lanes.values { lane.decoder.reset() }
    isEmptyPass = true
    return true
  }

  private mutating func play(_ entry: Entry, _ session: inout ServerSession, _ out: inout MessageQueue) {
    isEmptyPass = false
    if lanes[entry.lane] == nil {
      guard lanes.count < Self.maximumLanes else {
        framesRefused += 1
        return
      }
      lanes[entry.lane] = LaneDecoder()
    }
    guard let lane = lanes[entry.lane] else { return }
    if entry.kind == .sessionStart { return lane.decoder.reset() }
    if entry.kind == .sent { return unsafe lane.decoder.takeSent(entry.payload) }
    let texts = self.texts
    let store = texts.table.store
    lane.batch.removeAll()
    do throws(FeedError) {
      _ = try unsafe lane.decoder.decode(
        entry.payload, receivedNanos: entry.arrival.wall.rawValue, batch: &lane.batch, texts: &texts.table
      ) { full in
        full.forEach { session.deliver($0, store, &out) }
        full.removeAll()
      }
      lane.batch.forEach { session.deliver($0, store, &out) }
    } catch {
      // A frame that nobody could read is nothing to play.
      framesRefused += 1
    }
    session.flush(&out)
  }
}
