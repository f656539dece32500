import Bytes
import Formats
import IO
import Market

/// `gaps.csv` in a sink's folder: made with the first gap.
struct GapFile: ~Copyable {
  private let path: String
  private let rotation: SinkSpec.Rotation
  private let force: Bool
  private var rows = ByteWriter(capacity: 256)
  /// Nil where no gap was written yet.
  private(set) var series: FileSeries?

  static let name = "gaps.csv"

  /// Refuses a file that is there already; the folder must be.
  init(directory: String, rotation: SinkSpec.Rotation, force: Bool) throws(IOError) {
    path = directory + "/" + Self.name
    self.rotation = rotation
    self.force = force
    try FileSeries.check(path, rotates: rotation.isOn, force: force)
    try FileSeries.probe(path)
  }

  var pendingBytes: Int { rows.count }

  mutating func append(_ gap: Gap) { GapRow.appendCSV(gap, to: &rows) }

  mutating func flush(now: MonotonicNanos) throws(IOError) {
    if rows.isEmpty { return }
    if series == nil {
      var header = ByteWriter(capacity: 256)
      GapRow.appendCSVHeader(to: &header)
      series = FileSeries(path, header: header.array, rotation: rotation, force: force)
    }
    try unsafe rows.withBytes { bytes throws(IOError) in try unsafe series?.write(bytes, now: now) }
    rows.removeAll()
  }
}
