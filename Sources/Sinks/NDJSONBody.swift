import Bytes
import Formats
import IO
import Market
import Rings

/// `ndjson:FILE` and `ndjson:-`: one JSON object a line, gaps among them as lines of `eventType` `Gap`.
struct NDJSONBody: SinkBody, ~Copyable {
  private let encoder = NDJSONEncoder()
  private var rows = ByteWriter(capacity: 512 << 10)
  /// Bytes of `rows` that standard output has taken already.
  private var taken = 0
  private var pendingEvents = 0
  private var flushed = 0
  /// Nil for standard output.
  private let series: FileSeries?

  /// Refuses a file that is there already; creates missing folders.
  init(file: String?, spec: SinkSpec, force: Bool) throws(IOError) {
    guard let file else {
      series = nil
      return
    }
    try Directory.create(Directory.parent(of: file))
    try FileSeries.check(file, rotates: spec.rotation.isOn, force: force)
    try FileSeries.probe(file)
    series = FileSeries(file, rotation: spec.rotation, force: force)
  }

  var pendingBytes: Int { rows.count }

  var flushedEvents: Int? { flushed }

  mutating func append(_ event: EventRef, _ texts: TextStore) {
    encoder.append(event, texts, to: &rows)
    pendingEvents &+= 1
  }

  mutating func append(_ gap: Gap) { GapRow.appendNDJSON(gap, to: &rows) }

  mutating func flush(now: MonotonicNanos) throws(SinkFailure) {
    if rows.isEmpty { return }
    let written: StandardStream.Written
    do {
      written = try unsafe rows.withBytes { bytes throws(IOError) in
        guard let series else { return try unsafe StandardStream.output.write(bytes, done: &taken) }
        try unsafe series.write(bytes, now: now)
        return .all
      }
    } catch { throw .io(error) }
    rows.removeAll()
    taken = 0
    if written == .readerGone { throw .readerGone }
    flushed += pendingEvents
    pendingEvents = 0
  }

  mutating func rotate(now: MonotonicNanos) throws(SinkFailure) {
    do { try series?.rotateIfDue(now: now) } catch { throw .io(error) }
  }

  mutating func rotateNow(now: MonotonicNanos) throws(SinkFailure) -> [String] {
    do { return [try series?.rotateNow()].compactMap { $0 } } catch { throw .io(error) }
  }

  mutating func finish() throws(SinkFailure) {
    do { try series?.finish() } catch { throw .io(error) }
  }

  mutating func abandon() -> [String] { [series?.abandon()].compactMap { $0 } }
}
