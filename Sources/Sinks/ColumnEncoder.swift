import Arrow
import Bytes
import Columns
import IO
import Parquet

/// One file of columns as bytes: what a format makes of batches.
protocol ColumnEncoder: AnyObject {
  /// Rows that were taken and are not among the bytes yet.
  var heldRows: Int { get }
  /// Appends what a file begins with.
  func begin(to out: inout ByteWriter)
  /// Takes the rows of a batch.
  func append(_ columns: borrowing ColumnBatch, to out: inout ByteWriter)
  /// Appends the rows that are held. Codes of texts may begin anew after.
  func settle(_ columns: borrowing ColumnBatch, to out: inout ByteWriter)
  /// Appends the rest of the file.
  func finish(_ columns: borrowing ColumnBatch, to out: inout ByteWriter)
}

/// `arrow:` files.
final class ArrowEncoder: ColumnEncoder {
  private var writer: ArrowWriter

  init(_ schema: ColumnSchema, compression: ArrowWriter.Compression) {
    writer = ArrowWriter(schema, form: .file, compression: compression)
  }

  var heldRows: Int { 0 }
  func begin(to out: inout ByteWriter) { writer.begin(to: &out) }
  func append(_ columns: borrowing ColumnBatch, to out: inout ByteWriter) { writer.append(columns, to: &out) }
  func settle(_ columns: borrowing ColumnBatch, to out: inout ByteWriter) {}
  func finish(_ columns: borrowing ColumnBatch, to out: inout ByteWriter) { writer.finish(columns, to: &out) }
}

/// `parquet:` files.
final class ParquetEncoder: ColumnEncoder {
  private var writer: ParquetWriter
  private let group: ParquetRowGroup
  private let limits: SinkSpec.ColumnLimits

  init(_ schema: ColumnSchema, limits: SinkSpec.ColumnLimits, compression: any ParquetCompression) {
    self.limits = limits
    writer = ParquetWriter(schema)
    group = ParquetRowGroup(schema, compression: compression)
  }

  var heldRows: Int { group.rowCount }
  func begin(to out: inout ByteWriter) { writer.begin(to: &out) }

  func append(_ columns: borrowing ColumnBatch, to out: inout ByteWriter) {
    group.append(columns)
    if group.rowCount >= limits.groupRows || group.byteCount >= limits.groupBytes { settle(columns, to: &out) }
  }

  /// Ends the row group; the texts of the next are its own.
  func settle(_ columns: borrowing ColumnBatch, to out: inout ByteWriter) {
    writer.append(group, texts: columns, to: &out)
    columns.forgetTexts()
  }

  func finish(_ columns: borrowing ColumnBatch, to out: inout ByteWriter) {
    writer.append(group, texts: columns, to: &out)
    writer.finish(to: &out)
  }
}

extension ColumnFile.Plan {
  /// - Parameter isLive: whether somebody may look at the file while it grows. Replays know no age, so that each gives
  ///   the same bytes.
  static func arrow(_ spec: SinkSpec, force: Bool, isLive: Bool) -> Self {
    let limits = spec.columns
    let compression: ArrowWriter.Compression = limits.codec == SinkSpec.ColumnLimits.none ? .none : .runs
    return Self(
      rotation: spec.rotation, force: force, batchRows: limits.groupRows,
      ageSeconds: limits.ageSeconds ?? (isLive ? arrowAgeSeconds : nil),
      encoder: { ArrowEncoder($0, compression: compression) })
  }

  /// - Throws: `missingLibrary` where Zstandard is asked for and libzstd is not installed.
  static func parquet(_ spec: SinkSpec, force: Bool) throws(IOError) -> Self {
    let limits = spec.columns
    let compression = try PageCompression.make(limits.codec)
    return Self(
      rotation: spec.rotation, force: force, batchRows: min(limits.groupRows, pageRows),
      ageSeconds: limits.ageSeconds,
      encoder: { ParquetEncoder($0, limits: limits, compression: compression) })
  }

  private static let arrowAgeSeconds = 5.0
  /// Of a data page of Parquet.
  private static let pageRows = 1 << 16
}
