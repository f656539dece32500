import Bytes
import Formats
import IO
import Market
import Rings

/// `csv:DIR`: one file for each event type that came, and `gaps.csv` when there was one.
struct CSVBody: SinkBody, ~Copyable {
  private let directory: String
  private let spec: SinkSpec
  private let force: Bool
  private var files: [CSVFile?] = Array(repeating: nil, count: EventType.count)
  private var gaps: CSVFile?
  private(set) var pendingBytes = 0
  private var flushed = 0

  var flushedEvents: Int? { flushed }

  static let gapFile = "gaps.csv"

  /// Creates the folder; refuses files that are there already.
  init(directory: String, spec: SinkSpec, force: Bool) throws(IOError) {
    self.directory = directory
    self.spec = spec
    self.force = force
    try Directory.create(directory)
    for name in EventType.allCases.map({ $0.name + ".csv" }) + [Self.gapFile] {
      try FileSeries.check(directory + "/" + name, rotates: spec.rotation.isOn, force: force)
    }
    try FileSeries.probe(directory + "/" + Self.gapFile)
  }

  mutating func append(_ event: EventRef, _ texts: TextStore) {
    guard let type = event.type else { return }
    if let file = files[type.index] {
      pendingBytes &+= file.append(event, texts)
    } else {
      open(type)
      append(event, texts)
    }
  }

  private mutating func open(_ type: EventType) {
    let encoder = CSVEncoder(type, nanForm: spec.writesNaN ? .name : .empty)
    var header = ByteWriter(capacity: 1024)
    encoder.appendHeader(to: &header)
    files[type.index] = CSVFile(encoder, series(type.name + ".csv", header.array))
  }

  private func series(_ name: String, _ header: [UInt8]) -> FileSeries {
    FileSeries(directory + "/" + name, header: header, rotation: spec.rotation, force: force)
  }

  mutating func append(_ gap: Gap) {
    if gaps == nil {
      var header = ByteWriter(capacity: 256)
      GapRow.appendCSVHeader(to: &header)
      gaps = CSVFile(nil, series(Self.gapFile, header.array))
    }
    pendingBytes += gaps?.append(gap) ?? 0
  }

  mutating func flush(now: MonotonicNanos) throws(SinkFailure) {
    do {
      for file in files { flushed += try file?.flush(now: now) ?? 0 }
      _ = try gaps?.flush(now: now)
    } catch { throw .io(error) }
    pendingBytes = 0
  }

  mutating func rotate(now: MonotonicNanos) throws(SinkFailure) {
    do {
      for file in files { try file?.series.rotateIfDue(now: now) }
      try gaps?.series.rotateIfDue(now: now)
    } catch { throw .io(error) }
  }

  mutating func rotateNow(now: MonotonicNanos) throws(SinkFailure) -> [String] {
    var names: [String] = []
    do {
      for file in files + [gaps] { if let name = try file?.series.rotateNow() { names.append(name) } }
    } catch { throw .io(error) }
    return names
  }

  mutating func finish() throws(SinkFailure) {
    // One file that cannot be completed takes none of the others with it.
    var failure: IOError?
    for file in files + [gaps] {
      do { try file?.series.finish() } catch { failure = failure ?? error }
    }
    if let failure { throw .io(failure) }
  }

  mutating func abandon() -> [String] { (files + [gaps]).compactMap { $0?.series.abandon() } }
}

/// One file of CSV rows: its encoder (none for gaps) and the rows that wait to be written.
private final class CSVFile {
  let encoder: CSVEncoder?
  let series: FileSeries
  private var rows = ByteWriter(capacity: 64 << 10)
  private var events = 0

  init(_ encoder: CSVEncoder?, _ series: FileSeries) {
    self.encoder = encoder
    self.series = series
  }

  /// Encodes a row and says how many bytes it took.
  func append(_ event: EventRef, _ texts: TextStore) -> Int {
    let before = rows.count
    encoder?.append(event, texts, to: &rows)
    events &+= 1
    return rows.count &- before
  }

  func append(_ gap: Gap) -> Int {
    let before = rows.count
    GapRow.appendCSV(gap, to: &rows)
    return rows.count - before
  }

  /// Writes what waits and says how many events that was.
  func flush(now: MonotonicNanos) throws(IOError) -> Int {
    if rows.isEmpty { return 0 }
    try unsafe rows.withBytes { bytes throws(IOError) in try unsafe series.write(bytes, now: now) }
    rows.removeAll()
    defer { events = 0 }
    return events
  }
}
