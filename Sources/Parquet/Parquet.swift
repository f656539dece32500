// Parquet: batches of columns as Parquet files (format 2.10). The Thrift that the format's metadata is made of is
// written here, without a library.
//
//     file          "PAR1" | row groups | column indexes | offset indexes | metadata, its length UInt32, "PAR1"
//     row group     a chunk for each column: its dictionary page, if it has one, then its data pages
//     page          header (Thrift), then the compressed contents
//     data page     levels of a column that can be null (length UInt32, runs of 0 and 1), then the values
//
//     columns           Parquet                                  encodings
//     double            DOUBLE                                   the smallest of plain, dictionary, byte stream split
//     int64, int32      INT64, INT32                             the smallest of plain, dictionary, delta
//     flags             INT32, INTEGER(8, unsigned)              as above
//     timestampMillis   INT64, TIMESTAMP(MILLIS, UTC)            as above
//     timestampNanos    INT64, TIMESTAMP(NANOS, UTC)             as above
//     bool              BOOLEAN                                  plain
//     symbol            BYTE_ARRAY, STRING                       dictionary
//     text              BYTE_ARRAY, STRING, optional             dictionary
//     code              BYTE_ARRAY, STRING, optional             dictionary: the names in their order
//     char              BYTE_ARRAY, STRING                       dictionary: a character, "" for none
//
// Which encoding is the smallest is tried on the first page of each chunk, after compression.
//
// Statistics stand beside each chunk and, as column index, beside each page: smallest and largest value, number of
// nulls. NaN is never among them: a chunk of nothing but NaN has no smallest and no largest value, and a chunk with
// such a page has no column index. A smallest zero is -0.0, a largest 0.0, as the format wants it.
//
// Invariant: memory holds one row group, compressed, and nothing else that grows but some bytes a page for the index.
//
// Out of scope: files and their names (Sinks), reading.

package import Bytes

/// How pages are compressed. Belongs to one thread.
package protocol ParquetCompression: AnyObject {
  var codec: ParquetCodec { get }
  /// Appends the compressed bytes; false, and nothing is appended, where that failed.
  func compress(_ input: UnsafeRawBufferPointer, into output: inout ByteWriter) -> Bool
}

/// Numbers of the format.
package enum ParquetCodec: Int32, Sendable {
  case uncompressed = 0
  case snappy = 1
  case zstd = 6
}

enum ParquetEncoding: Int32 {
  case plain = 0
  case rle = 3
  case deltaBinaryPacked = 5
  case rleDictionary = 8
  case byteStreamSplit = 9
}

enum ParquetNumber {
  static let magic: [UInt8] = Array("PAR1".utf8)
  static let typeBoolean: Int32 = 0
  static let typeInt32: Int32 = 1
  static let typeInt64: Int32 = 2
  static let typeDouble: Int32 = 5
  static let typeByteArray: Int32 = 6
  static let convertedUTF8: Int32 = 0
  static let convertedTimestampMillis: Int32 = 9
  static let convertedUInt8: Int32 = 11
  static let dataPage: Int32 = 0
  static let dictionaryPage: Int32 = 2
  static let createdBy = "quotewire"
}

/// Pages as they are.
package final class NoCompression: ParquetCompression {
  package init() {}
  package var codec: ParquetCodec { .uncompressed }
  package func compress(_ input: UnsafeRawBufferPointer, into output: inout ByteWriter) -> Bool {
    unsafe output.append(contentsOf: input)
    return true
  }
}
