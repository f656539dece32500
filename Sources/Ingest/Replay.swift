import Bytes
import DXLink
import IO
import Market
import Recording
import Rings
import Sinks

/// Plays recordings into a pipeline: several files merged by arrival time, each lane of each file with a decoder of
/// its own.
struct Replay: ~Copyable {
  private let settings: ReplaySettings
  private let stop: StopFlag
  private let progress: LaneProgress
  private let say: @Sendable (String) -> Void
  private var pipeline: PayloadPipeline
  private var merge = RecordingMerge()
  private var maps: [MappedRecording] = []
  private var decoders = ReplayDecoders()
  private(set) var gaps = 0
  private(set) var filledGaps = 0
  private(set) var damagedFiles = 0
  private var complaints = 0
  private var sentReader = MessageReader()
  private var dom = RecordedDOM()
  private var unwanted = EventBatch(capacity: 64)
  private var unwantedTexts = TextTable()

  /// Sentences about malformed messages that are said.
  static let maximumComplaints = 20
  /// Longest wait between looks for room while conflation holds events back, in nanoseconds.
  static let settleNanos: Int64 = 10_000_000
  /// Files that one replay merges.
  static let maximumFiles = 512
  /// Entries between two updates of the progress line at full speed.
  private static let progressEntries = 4096

  /// Keeps a map alive while its reader lives.
  private final class MappedRecording {
    let map: MappedFile
    init(_ map: consuming MappedFile) { self.map = map }
    /// Valid as long as this object.
    var bytes: UnsafeRawBufferPointer { unsafe map.withBytes { unsafe $0 } }
  }

  init(
    _ settings: ReplaySettings, pipeline: consuming PayloadPipeline, stop: StopFlag, progress: LaneProgress,
    say: @escaping @Sendable (String) -> Void
  ) throws(RunFailure) {
    self.settings = settings
    self.stop = stop
    self.progress = progress
    self.say = say
    self.pipeline = pipeline
    guard settings.files.count <= Self.maximumFiles else {
      throw RunFailure(.usage, "a replay merges at most \(Self.maximumFiles) files, not \(settings.files.count)")
    }
    if case .factor(let factor) = settings.speed, !(factor > 0 && factor.isFinite) {
      throw RunFailure(.usage, "the speed of a replay is a number above 0, not \(factor)")
    }
    for path in settings.files {
      do throws(IOError) { maps.append(MappedRecording(try MappedFile(path))) } catch {
        throw RunFailure(.failed, "\(error)")
      }
      do throws(RecordingError) {
        merge.add(try unsafe RecordingReader(maps[maps.count - 1].bytes, compression: try? ZstdCompression()))
      } catch { throw RunFailure(.failed, "\(path): \(error)") }
    }
  }

  var textStore: TextStore { pipeline.textStore }

  mutating func connect(_ sinks: [any SinkPort]) { pipeline.connect(sinks) }

  /// Plays to the end, then gives the totals.
  mutating func run() -> (totals: PipelineTotals, digest: Digest?) {
    progress.enter(.streaming)
    do throws(RecordingError) { try play() } catch { say("\(error)") }
    var counters: [FeedCounters] = []
    decoders.forEachCounters { counters.append($0) }
    for one in counters { pipeline.add(one) }
    judge()
    pipeline.finish()
    countFilled()
    pipeline.show(in: progress)
    progress.enter(.ended)
    return (pipeline.totals, pipeline.digest)
  }

  private mutating func play() throws(RecordingError) {
    var silence: Int64?
    if let seconds = settings.longestSilenceSeconds { silence = max(1, Int64(min(seconds, 1e9) * 1e9)) }
    var pacer = try ReplayPacer(speed: settings.speed, start: .now(), longestSilenceNanos: silence)
    let first = settings.start?.rawValue ?? .min
    let last = settings.stop?.rawValue ?? .max
    let isPaced = settings.speed != .max
    var count = 0
    while !stop.isDraining, let merged = merge.next() {
      let wall = merged.entry.arrival.wall.rawValue
      if wall > last { continue }
      if wall < first {
        prepare(merged)
        continue
      }
      if isPaced {
        guard waitUntil(pacer.due(merged.entry, source: merged.source)) else { return }
      }
      play(merged)
      count &+= 1
      if isPaced || count & (Self.progressEntries - 1) == 0 {
        pipeline.deliver()
        pipeline.show(in: progress)
      }
    }
  }

  /// False when the run is asked to end meanwhile.
  private func waitUntil(_ due: MonotonicNanos) -> Bool {
    while true {
      if due <= .now() { return !stop.isDraining }
      pipeline.settle()
      let turn = pipeline.holdsBack ? MonotonicNanos.now().advanced(byNanos: Self.settleNanos) : due
      guard (try? stop.wakeup.wait(until: min(due, turn))) == false else { return false }
    }
  }

  private mutating func play(_ merged: MergedEntry) {
    let entry = merged.entry
    switch entry.kind {
    case .received:
      do throws(FeedError) {
        let received = try unsafe pipeline.accept(
          entry.payload, entry.arrival, &decoders.of(source: merged.source, lane: entry.lane).pointee)
        if case .message(.domSnapshot(let channel, let snapshot)) = received { take(snapshot, channel, merged) }
      } catch {
        complain("\(settings.files[merged.source]): the message at byte \(entry.position) was skipped: \(error)")
      }
    case .sessionStart: startSession(merged)
    case .sent: noteSent(merged)
    case .gap:
      guard let mark = unsafe GapMark(parsing: entry.payload) else { return }
      take(GapText.gap(mark, lane: Int(entry.lane)))
    default: break
    }
  }

  /// A mark that a gap was filled is made anew where snapshots are held back.
  private mutating func take(_ gap: Gap) {
    countFilled()
    if gap.isLoss {
      gaps += 1
      _ = pipeline.interrupt()
    } else if settings.run.snapshots == .raw {
      filledGaps += 1
    } else {
      return
    }
    pipeline.accept(gap)
  }

  private mutating func countFilled() { if pipeline.takeFilled() != nil { filledGaps += 1 } }

  /// Before the first wanted time only what the channels are counts: everything but FEED_DATA.
  private mutating func prepare(_ merged: MergedEntry) {
    let entry = merged.entry
    switch entry.kind {
    case .sessionStart: startSession(merged)
    case .sent: noteSent(merged)
    case .received:
      if unsafe Self.isFeedData(entry.payload) { return }
      // Events that come along nevertheless (another layout of the same message) go nowhere.
      _ = try? unsafe decoders.of(source: merged.source, lane: entry.lane).pointee.decode(
        entry.payload, receivedNanos: 0, batch: &unwanted, texts: &unwantedTexts
      ) { full in full.removeAll() }
      unwanted.removeAll()
    default: break
    }
  }

  private mutating func startSession(_ merged: MergedEntry) {
    unsafe decoders.of(source: merged.source, lane: merged.entry.lane).pointee.reset()
    dom.sessionStarted(source: merged.source, lane: merged.entry.lane)
  }

  private func take(_ snapshot: DOMSnapshot, _ channel: Int, _ merged: MergedEntry) {
    guard let receive = settings.run.dom,
      let topic = dom.topic(source: merged.source, lane: merged.entry.lane, channel: channel)
    else { return }
    receive(DOMUpdate(topic: topic, snapshot: snapshot, receivedNanos: merged.entry.arrival.wall.rawValue))
  }

  /// What the client asked for decides where the server never told.
  private mutating func noteSent(_ merged: MergedEntry) {
    switch try? unsafe sentReader.read(merged.entry.payload) {
    case .feedSetup(let channel, let setup)?:
      unsafe decoders.of(source: merged.source, lane: merged.entry.lane).pointee.sent(setup, channel: channel)
    case .channelRequest(let channel, let service)?:
      dom.requested(service, source: merged.source, lane: merged.entry.lane, channel: channel)
    default: break
    }
  }

  /// Whether the text begins as servers begin FEED_DATA; other layouts are read and found out.
  private static func isFeedData(_ payload: UnsafeRawBufferPointer) -> Bool {
    let start: StaticString = "{\"type\":\"FEED_DATA\""
    let count = start.utf8CodeUnitCount
    guard payload.count > count else { return false }
    return unsafe payload.prefix(count).elementsEqual(UnsafeBufferPointer(start: start.utf8Start, count: count))
  }

  private mutating func complain(_ sentence: String) {
    complaints += 1
    if complaints <= Self.maximumComplaints { say(sentence) }
    if complaints == Self.maximumComplaints { say("further such sentences are left out") }
  }

  /// Says which recordings are not as they were written.
  private mutating func judge() {
    for (i, path) in settings.files.enumerated() {
      let verdict = merge.withReader(i) { $0.verdict }
      switch verdict {
      case .torn(_, let bytes) where bytes > 0:
        damagedFiles += 1
        say("\(path): its last \(bytes) bytes are no whole entry (a crash?); everything before was replayed. "
          + "'quotewire inspect --repair' makes the file end cleanly")
      case .corrupt(let at):
        damagedFiles += 1
        say("\(path): damaged from byte \(at) on; what could be read was replayed. See 'quotewire inspect'")
      default: break
      }
    }
  }
}
