import Arrow
import Bytes
import Columns
import EventSupport
import Market
import Rings

/// Random events of one type in a batch of columns, written as Arrow.
struct Written {
  let bytes: [UInt8]
  /// What the events say, in their order.
  let events: [[String]]

  /// - Parameter batches: record batches of `rows` rows each.
  init(
    _ type: EventType, rows: Int, batches: Int = 1, form: ArrowWriter.Form = .file,
    compression: ArrowWriter.Compression = .runs, seed: UInt64 = 11
  ) {
    var source = EventSource(seed: seed &+ UInt64(type.rawValue))
    var texts = TextTable()
    var columns = ColumnBatch(type, capacity: rows)
    var writer = ArrowWriter(ColumnSchema.of(type), form: form, compression: compression)
    var out = ByteWriter()
    var events: [[String]] = []
    writer.begin(to: &out)
    for _ in 0..<batches {
      var batch = EventBatch(capacity: max(2, rows * 2))
      source.fill(&batch, type, rows, &texts)
      var pointers: [UnsafeRawPointer] = unsafe []
      batch.forEach { event in unsafe pointers.append(event.base) }
      let taken = unsafe pointers.withUnsafeBufferPointer { all in unsafe columns.append(all, texts.store) }
      precondition(taken == rows)
      events += contents(batch, texts.store)
      writer.append(columns, to: &out)
      columns.removeAll()
    }
    writer.finish(columns, to: &out)
    bytes = out.array
    self.events = events
  }
}

/// Reads Arrow in pieces, through columns of `capacity` rows, back into what the events say.
func read(_ pieces: [ArraySlice<UInt8>], capacity: Int = 64) throws(ArrowError) -> [[String]] {
  var reader = ArrowReader()
  var columns: [ColumnRows] = []
  for piece in pieces {
    unsafe reader.append(piece.span.bytes)
    try drain(&reader, &columns, capacity)
  }
  try drain(&reader, &columns, capacity)
  try reader.finish()
  return columns.flatMap { $0.rows }
}

/// What came of one record batch.
struct ColumnRows {
  var rows: [[String]]
}

private func drain(_ reader: inout ArrowReader, _ found: inout [ColumnRows], _ capacity: Int) throws(ArrowError) {
  while true {
    let step = try reader.next()
    if step == .needMore || step == .end { return }
    guard step == .rows, let type = reader.type else { continue }
    var columns = ColumnBatch(type, capacity: capacity)
    var rows = EventRows(type)
    var texts = TextTable()
    var hasMore = true
    while hasMore {
      hasMore = try reader.read(into: &columns)
      var batch = EventBatch(capacity: max(2, columns.rowCount * 2))
      do { _ = try rows.append(0..<columns.rowCount, from: columns, into: &batch, &texts) } catch {
        preconditionFailure("the table is full")
      }
      found.append(ColumnRows(rows: contents(batch, texts.store)))
      columns.removeAll()
    }
  }
}
