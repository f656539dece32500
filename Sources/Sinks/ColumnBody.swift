import Bytes
import IO
import Market
import Rings

/// `arrow:DIR` and `parquet:DIR`: one file for each event type that came, and `gaps.csv` when there was a gap.
///
/// Events are gathered by type, some hundreds at a time, and become columns together: column after column, the loops
/// over them are short and the events still near.
@safe
struct ColumnBody: SinkBody, ~Copyable {
  private let directory: String
  private let ending: String
  private let plan: ColumnFile.Plan
  private var files: [ColumnFile?] = Array(repeating: nil, count: EventType.count)
  private var gaps: GapFile
  /// Events of the run under way, which lie in the ring.
  private let gathered = EventGather()

  /// Creates the folder; refuses files that are there already.
  /// - Parameter ending: of the files' names, with its point.
  init(directory: String, ending: String, plan: ColumnFile.Plan) throws(IOError) {
    self.directory = directory
    self.ending = ending
    self.plan = plan
    try Directory.create(directory)
    for type in EventType.allCases {
      try FileSeries.check(directory + "/" + type.name + ending, rotates: plan.rotation.isOn, force: plan.force)
    }
    gaps = try GapFile(directory: directory, rotation: plan.rotation, force: plan.force)
  }

  mutating func append(_ event: EventRef, _ texts: TextStore) {
    unsafe gathered.append(event) { i, events in unsafe settle(i, events, texts) }
  }

  mutating func append(_ records: UnsafeRawBufferPointer, _ texts: TextStore) {
    unsafe gathered.append(records) { i, events in unsafe settle(i, events, texts) }
  }

  mutating func endRun(_ texts: TextStore) {
    unsafe gathered.settle { i, events in unsafe settle(i, events, texts) }
  }

  private mutating func settle(_ i: Int, _ events: UnsafeBufferPointer<UnsafeRawPointer>, _ texts: TextStore) {
    if let file = files[i] {
      unsafe file.append(events, texts)
    } else if let type = EventType(index: i) {
      let file = ColumnFile(directory + "/" + type.name + ending, type, plan)
      files[i] = file
      unsafe file.append(events, texts)
    }
  }

  mutating func append(_ gap: Gap) { gaps.append(gap) }

  var pendingBytes: Int { files.reduce(gaps.pendingBytes) { $0 + ($1?.pendingBytes ?? 0) } }
  var flushedEvents: Int? { files.reduce(0) { $0 + ($1?.writtenRows ?? 0) } }
  var heldEvents: Int { files.reduce(0) { $0 + ($1?.heldRows ?? 0) } }

  func isDue(isIdle: Bool, hasUnwritten: Bool, now: MonotonicNanos) -> Bool {
    var bytes = gaps.pendingBytes
    for file in files {
      guard let file else { continue }
      bytes += file.pendingBytes
      if file.isDue(now) { return true }
    }
    return bytes >= SinkWorker<ColumnBody>.blockBytes || (isIdle && bytes > 0)
  }

  mutating func flush(now: MonotonicNanos) throws(SinkFailure) {
    for file in files { try file?.flush(now: now) }
    do { try gaps.flush(now: now) } catch { throw .io(error) }
  }

  mutating func rotate(now: MonotonicNanos) throws(SinkFailure) {
    if plan.rotation.seconds != nil { for file in files { try file?.flush(now: now) } }
    do { try gaps.series?.rotateIfDue(now: now) } catch { throw .io(error) }
  }

  mutating func rotateNow(now: MonotonicNanos) throws(SinkFailure) -> [String] {
    var names: [String] = []
    for file in files { if let name = try file?.rotateNow(now: now) { names.append(name) } }
    do { if let name = try gaps.series?.rotateNow() { names.append(name) } } catch { throw .io(error) }
    return names
  }

  mutating func finish() throws(SinkFailure) {
    // One file that cannot be completed takes none of the others with it.
    var failure: SinkFailure?
    for file in files { do { try file?.finish(now: .now()) } catch { failure = failure ?? error } }
    do { try gaps.series?.finish() } catch { failure = failure ?? .io(error) }
    if let failure { throw failure }
  }

  mutating func abandon() -> [String] { (files.map { $0?.abandon() } + [gaps.series?.abandon()]).compactMap { $0 } }
}
