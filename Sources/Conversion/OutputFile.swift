import Arrow
import Bytes
import Columns
import Formats
import IO
import Market
import Parquet

/// One file that is written. It appears under its name when it is whole.
final class OutputFile {
  /// Rows on their way to a record batch of Arrow, and what writes it.
  private final class ArrowRows {
    var columns: ColumnBatch
    var writer: ArrowWriter
    init(_ type: EventType) {
      columns = ColumnBatch(type, capacity: OutputFile.arrowRows)
      writer = ArrowWriter(columns.schema, form: .file, compression: .runs)
    }
  }

  let path: String
  let format: ConversionFormat
  /// Nil for NDJSON of several types.
  let type: EventType?
  private var pending: PendingFile?
  private var out = ByteWriter(capacity: 64 << 10)
  private var arrow: ArrowRows?
  private var parquet: ParquetWriter?
  private(set) var bytesWritten = 0

  /// Rows of a record batch.
  static let arrowRows = 16_384

  init(_ path: String, _ format: ConversionFormat, _ type: EventType?, force: Bool) throws(IOError) {
    self.path = path
    self.format = format
    self.type = type
    pending = try PendingFile(path, force: force)
    guard let type else { return }
    let schema = ColumnSchema.of(type)
    switch format {
    case .csv: CSVEncoder(type).appendHeader(to: &out)
    case .arrow:
      arrow = ArrowRows(type)
      arrow?.writer.begin(to: &out)
    case .parquet:
      parquet = ParquetWriter(schema)
      parquet?.begin(to: &out)
    default: break
    }
  }

  /// Appends encoded rows of CSV or NDJSON.
  func append(_ text: borrowing ByteWriter) throws(IOError) {
    try flush()
    try unsafe text.withBytes { b throws(IOError) in try unsafe write(b) }
  }

  /// Appends a row group, which is empty after. `columns` is the batch that it was made of.
  func append(_ group: ParquetRowGroup, _ columns: borrowing ColumnBatch) throws(IOError) {
    parquet?.append(group, texts: columns, to: &out)
    try flush()
  }

  /// Appends rows to Arrow batches.
  func append(_ columns: borrowing ColumnBatch, _ codes: inout ColumnCodes) throws(ConversionError) {
    guard let arrow else { return }
    var done = 0
    while done < columns.rowCount {
      done += arrow.columns.append(done..<columns.rowCount, from: columns, &codes)
      if arrow.columns.isFull {
        do throws(IOError) { try appendBatch(arrow) } catch { throw .file("\(error)") }
      } else if done < columns.rowCount {
        throw .dictionaryFull(path: path)
      }
    }
  }

  private func appendBatch(_ arrow: ArrowRows) throws(IOError) {
    arrow.writer.append(arrow.columns, to: &out)
    arrow.columns.removeAll()
    if out.count >= 1 << 20 { try flush() }
  }

  private func flush() throws(IOError) {
    if out.count == 0 { return }
    try unsafe out.withBytes { b throws(IOError) in try unsafe write(b) }
    out.removeAll()
  }

  private func write(_ bytes: UnsafeRawBufferPointer) throws(IOError) {
    try unsafe pending?.file.write(bytes)
    bytesWritten += bytes.count
  }

  /// Writes the rest and publishes the file.
  func finish() throws(IOError) {
    if let arrow {
      if arrow.columns.rowCount > 0 { try appendBatch(arrow) }
      arrow.writer.finish(arrow.columns, to: &out)
    }
    parquet?.finish(to: &out)
    try flush()
    if let whole = pending.take() { try whole.commit() }
  }
}
