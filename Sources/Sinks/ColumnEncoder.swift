import Arrow
import Bytes
import Columns

/// One file of columns as bytes: what a format makes of batches.
protocol ColumnEncoder: AnyObject {
  /// Rows that were taken and are not among the bytes yet.
  var heldRows: Int { get }
  /// Appends what a file begins with.
  func begin(to out: inout ByteWriter)
  /// Takes the rows of a batch.
  func append(_ columns: borrowing ColumnBatch, to out: inout ByteWriter)
  /// Appends the rows that are held; false where the format has no such thing.
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

extension ColumnFile.Plan {
  static func arrow(_ spec: SinkSpec, force: Bool) -> Self {
    Self(
      rotation: spec.rotation, force: force, batchRows: 16_384, ageSeconds: 5,
      encoder: { ArrowEncoder($0, compression: .runs) })
  }
}
