import Bytes

/// LZ4 frames (format 1.6.4) of values that come in runs: each run is its first value and one match that repeats it.
///
///     frame     04 22 4D 18 | 60 70 73 | size of the block, UInt32 | block | 0, UInt32
///     block     sequences, the last of them without a match
///     sequence  token: literals << 4 | match - 4 | further literal count | literals | distance UInt16 | further match
///
/// Finding matches anywhere costs more time than writing the bytes does; runs cost nearly none.
enum RunFrame {
  /// Magic, flags (version 1, independent blocks), block size 4 MiB, and their check byte.
  static let header: [UInt8] = [0x04, 0x22, 0x4D, 0x18, 0x60, 0x70, 0x73]
  static let maximumBytes = 4 << 20
  /// The last match begins at least 12 bytes before the end.
  private static let tailBytes = 16
  private static let sampleCount = 512

  /// Appends values as a frame; false, and nothing is appended, where that saves less than half.
  static func append<T: FixedWidthInteger & BitwiseCopyable>(
    _ values: UnsafePointer<T>, _ count: Int, to out: inout ByteWriter
  ) -> Bool {
    let bytes = count * MemoryLayout<T>.size
    guard bytes >= 4 * tailBytes, bytes <= maximumBytes, unsafe seemsRepetitive(values, count) else { return false }
    let start = out.count
    out.append(header)
    let size = out.count
    out.append(raw: UInt32(0))
    guard unsafe appendBlock(values, count, to: &out, limit: size + bytes / 2) else {
      out.truncate(to: start)
      return false
    }
    out.overwrite(at: size, raw: UInt32(out.count - size - 4))
    out.append(raw: UInt32(0))
    return true
  }

  private static func seemsRepetitive<T: FixedWidthInteger>(_ values: UnsafePointer<T>, _ count: Int) -> Bool {
    let sample = min(count, sampleCount)
    var changes = 0
    for i in 1..<sample where unsafe values[i] != values[i - 1] { changes += 1 }
    return changes * 5 < sample * 2
  }

  private static func appendBlock<T: FixedWidthInteger & BitwiseCopyable>(
    _ values: UnsafePointer<T>, _ count: Int, to out: inout ByteWriter, limit: Int
  ) -> Bool {
    let width = MemoryLayout<T>.size
    let end = count - (tailBytes + width - 1) / width
    // A match has at least 4 bytes.
    let shortest = 1 + (4 + width - 1) / width
    var literal = 0
    var i = 0
    while i < end {
      let value = unsafe values[i]
      var next = i &+ 1
      // Eight at once: most runs are long.
      while next &+ 8 <= end {
        var other: T = 0
        for k in 0..<8 { unsafe other |= values[next &+ k] ^ value }
        if other != 0 { break }
        next &+= 8
      }
      while unsafe next < end && values[next] == value { next &+= 1 }
      if next - i >= shortest {
        unsafe appendSequence(
          UnsafeRawBufferPointer(start: values + literal, count: (i + 1 - literal) * width),
          distance: width, match: (next - i - 1) * width, to: &out)
        literal = next
        if out.count > limit { return false }
      }
      i = next
    }
    unsafe appendSequence(
      UnsafeRawBufferPointer(start: values + literal, count: (count - literal) * width), distance: 0, match: 0,
      to: &out)
    return out.count <= limit
  }

  /// A sequence; without a match where it is the last.
  private static func appendSequence(
    _ literals: UnsafeRawBufferPointer, distance: Int, match: Int, to out: inout ByteWriter
  ) {
    let more = match == 0 ? 0 : match - 4
    out.append(UInt8(min(literals.count, 15) << 4 | min(more, 15)))
    if literals.count >= 15 { appendLength(literals.count - 15, to: &out) }
    unsafe out.append(contentsOf: literals)
    if match == 0 { return }
    out.append(raw: UInt16(distance))
    if more >= 15 { appendLength(more - 15, to: &out) }
  }

  private static func appendLength(_ length: Int, to out: inout ByteWriter) {
    var left = length
    while left >= 255 {
      out.append(UInt8(255))
      left -= 255
    }
    out.append(UInt8(left))
  }
}
