import Bytes
package import Columns

/// Rows on their way to be a row group: pages, compressed. Threads may each fill groups of their own, with batches of
/// their own, and give them to one `ParquetWriter` in turn.
///
/// Codes of texts are the batch's: as long as a group is open, its batches are the same one, and keep their
/// dictionaries; forget them after `ParquetWriter.append`.
package final class ParquetRowGroup {
  let schema: ColumnSchema
  let chunks: [ParquetChunk]
  let codec: ParquetCodec
  package private(set) var rowCount = 0
  /// Of the dictionaries' texts.
  private var textBytes = 0

  package init(_ schema: ColumnSchema, compression: any ParquetCompression) {
    self.schema = schema
    codec = compression.codec
    let room = ParquetChunk.Room()
    chunks = schema.columns.map { ParquetChunk($0, compression, room) }
  }

  /// About the bytes that the group will take, which it has in memory.
  package var byteCount: Int { chunks.reduce(textBytes) { $0 + $1.byteCount } }

  /// Adds all rows of a batch, a page a column.
  package func append(_ columns: borrowing ColumnBatch) {
    append(columns, 0..<columns.rowCount, isFull: columns.isFull)
  }

  /// Adds rows of a batch, a page a column. `isFull` says that pages like it are likely to follow.
  package func append(_ columns: borrowing ColumnBatch, _ rows: Range<Int>, isFull: Bool) {
    precondition(columns.schema.type == schema.type && rows.lowerBound >= 0 && rows.upperBound <= columns.rowCount)
    let count = rows.count
    if count == 0 { return }
    textBytes = 0
    for (i, chunk) in chunks.enumerated() {
      let texts = columns.dictionary(i)
      let first = unsafe columns.values(i) + rows.lowerBound * chunk.column.type.width
      unsafe chunk.append(first, count, texts, isFull: isFull)
      textBytes += texts?.byteCount ?? 0
    }
    rowCount += count
  }

  func removeAll() {
    for chunk in chunks { chunk.removeAll() }
    rowCount = 0
    textBytes = 0
  }
}
