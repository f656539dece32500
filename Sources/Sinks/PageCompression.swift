import Bytes
package import IO
package import Parquet

/// How the pages of Parquet files are compressed, by name.
package enum PageCompression {
  /// Names that `codec` takes.
  package static let names = ["zstd", "snappy", SinkSpec.ColumnLimits.none]

  /// A compression for one thread.
  /// - Parameter codec: one of `names`; nil for the best that is there.
  /// - Throws: `missingLibrary` where Zstandard is asked for and libzstd is not installed.
  package static func make(_ codec: String?) throws(IOError) -> any ParquetCompression {
    switch codec {
    case "zstd": return try ZstdPages()
    case "snappy": return Snappy()
    case SinkSpec.ColumnLimits.none: return NoCompression()
    default:
      if let zstd = try? ZstdPages() { return zstd }
      return Snappy()
    }
  }

  /// What decides the bytes that a compression gives: its name and, where a library does it, the library's version.
  package static func identity(_ codec: String?) throws(IOError) -> String {
    let compression = try make(codec)
    return switch compression.codec {
    case .zstd: "zstd " + (try Zstd.libraryVersion())
    case .snappy: "snappy"
    case .uncompressed: SinkSpec.ColumnLimits.none
    }
  }
}

/// Zstandard for the pages of Parquet files. Belongs to one thread.
private final class ZstdPages: ParquetCompression {
  private var zstd: Zstd

  init() throws(IOError) { zstd = try Zstd() }

  var codec: ParquetCodec { .zstd }

  func compress(_ input: UnsafeRawBufferPointer, into output: inout ByteWriter) -> Bool {
    do { try unsafe zstd.compress(input.bytes, level: 1, into: &output) } catch { return false }
    return true
  }
}
