import Bytes
package import IO
import Recording

/// Zstandard for the segments of recordings. Belongs to one thread.
package final class ZstdCompression: SegmentCompression {
  private var zstd: Zstd
  private var scratch = ByteWriter(capacity: 64)

  /// - Throws: `missingLibrary` where libzstd is not installed.
  package init() throws(IOError) { zstd = try Zstd() }

  package func compress(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int? {
    scratch.removeAll()
    do { try unsafe zstd.compress(input.bytes, into: &scratch) } catch { return nil }
    return unsafe copyOut(output)
  }

  package func decompress(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int? {
    scratch.removeAll()
    do { try unsafe zstd.decompress(input.bytes, limitBytes: output.count, into: &scratch) } catch { return nil }
    return unsafe copyOut(output)
  }

  private func copyOut(_ output: UnsafeMutableRawBufferPointer) -> Int? {
    guard scratch.count <= output.count else { return nil }
    unsafe scratch.withBytes { bytes in unsafe output.copyMemory(from: bytes) }
    return scratch.count
  }
}
