import Bytes

/// DELTA_BINARY_PACKED: differences to the value before, packed in as many bits as their spread needs.
///
///     header   128, 4, count: varints | first value: zigzag varint
///     block    least difference: zigzag varint | 4 widths, a byte each | 4 times 32 differences less the least
///
/// Differences wrap around at the width of the type, as readers' sums do.
enum DeltaBlocks {
  private static let blockCount = 128
  private static let miniCount = 32

  static func append<T: FixedWidthInteger & SignedInteger & BitwiseCopyable>(
    _ values: UnsafePointer<T>, _ count: Int, to out: inout ByteWriter
  ) {
    Varint.append(UInt64(blockCount), to: &out)
    Varint.append(UInt64(blockCount / miniCount), to: &out)
    Varint.append(UInt64(count), to: &out)
    guard count > 0 else { return Varint.append(0, to: &out) }
    Varint.append(unsafe Varint.zigzag(Int64(values[0])), to: &out)
    unsafe withUnsafeTemporaryAllocation(of: T.self, capacity: blockCount) { deltas in
      guard let differences = deltas.baseAddress else { return }
      var i = 1
      while i < count {
        let n = min(blockCount, count - i)
        var least = T.max
        for k in 0..<n {
          let difference = unsafe values[i &+ k] &- values[i &+ k &- 1]
          unsafe differences[k] = difference
          least = min(least, difference)
        }
        unsafe appendBlock(differences, n, least, to: &out)
        i += n
      }
    }
  }

  private static func appendBlock<T: FixedWidthInteger & SignedInteger & BitwiseCopyable>(
    _ differences: UnsafePointer<T>, _ count: Int, _ least: T, to out: inout ByteWriter
  ) {
    Varint.append(Varint.zigzag(Int64(least)), to: &out)
    let minis = blockCount / miniCount
    let widths = out.count
    out.append(raw: UInt32(0))
    for mini in 0..<minis {
      let start = mini * miniCount
      if start >= count { break }
      let n = min(miniCount, count - start)
      var all: UInt64 = 0
      for k in 0..<n { all |= unsafe above(differences[start &+ k], least) }
      let width = 64 - all.leadingZeroBitCount
      out.overwrite(at: widths + mini, raw: UInt8(width))
      if width == 0 { continue }
      // Whole, even where the last differences are missing.
      let bytes = miniCount * width / 8
      unsafe out.appendUnsafe(room: bytes + 8) { to in
        let target = UnsafeMutableRawPointer(to)
        unsafe target.initializeMemory(as: UInt8.self, repeating: 0, count: bytes + 8)
        unsafe BitPack.pack(width, n, target) { k in unsafe above(differences[start &+ k], least) }
        return bytes
      }
    }
  }

  /// How much a difference is larger than the least, within the bits of its type.
  private static func above<T: FixedWidthInteger & SignedInteger>(_ difference: T, _ least: T) -> UInt64 {
    UInt64(truncatingIfNeeded: T.Magnitude(truncatingIfNeeded: difference &- least))
  }
}
