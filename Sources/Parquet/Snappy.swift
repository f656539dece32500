package import Bytes

/// Snappy's block format (the format description of 2011).
///
///     block    length of the contents, varint | elements
///     literal  (count - 1) << 2, or 60 << 2 and one more byte, or 61 << 2 and two; the bytes
///     copy     (count - 4) << 2 | distance >> 8 << 5 | 1, distance       4 to 11 bytes, distance below 2048
///     copy     (count - 1) << 2 | 2, distance UInt16                     1 to 64 bytes
///
/// Matches are found by a table of where the four bytes at hand were seen last, within pieces of 64 KiB. Where none are
/// found the steps grow, so that bytes that do not repeat cost little.
@safe
package final class Snappy: ParquetCompression {
  private static let pieceBytes = 1 << 16
  private static let tableBits: UInt32 = 14
  /// Closer to the end than this no match begins.
  private static let marginBytes = 15
  private let table: UnsafeMutablePointer<UInt16>

  package init() { unsafe table = .allocate(capacity: 1 << Int(Self.tableBits)) }

  deinit { unsafe table.deallocate() }

  package var codec: ParquetCodec { .snappy }

  package func compress(_ input: UnsafeRawBufferPointer, into output: inout ByteWriter) -> Bool {
    Varint.append(UInt64(input.count), to: &output)
    guard let base = input.baseAddress else { return true }
    var at = 0
    while at < input.count {
      let count = min(Self.pieceBytes, input.count - at)
      // Worst case: a literal's header for each 65536 bytes, and copies that are no longer than what they stand for.
      unsafe output.appendUnsafe(room: count + count / 6 + 64) { to in
        unsafe compressPiece(base + at, count, UnsafeMutableRawPointer(to))
      }
      at += count
    }
    return true
  }

  private static func hash(_ word: UInt32) -> Int {
    Int(truncatingIfNeeded: (word &* 0x1E35_A7BD) &>> (32 &- tableBits))
  }

  private func compressPiece(_ from: UnsafeRawPointer, _ count: Int, _ to: UnsafeMutableRawPointer) -> Int {
    unsafe table.initialize(repeating: 0, count: 1 << Int(Self.tableBits))
    var out = unsafe to
    var literal = 0
    var i = 1
    let end = count - Self.marginBytes
    var misses = 32
    while i < end {
      let word = unsafe from.loadUnaligned(fromByteOffset: i, as: UInt32.self)
      let slot = Self.hash(word)
      let candidate = unsafe Int(table[slot])
      unsafe table[slot] = UInt16(truncatingIfNeeded: i)
      let isMatch = unsafe from.loadUnaligned(fromByteOffset: candidate, as: UInt32.self) == word
      guard isMatch && candidate < i else {
        i &+= misses >> 5
        misses &+= 1
        continue
      }
      if i > literal { unsafe out = Self.literal(from + literal, i - literal, out) }
      var length = 4
      // Eight bytes at a time: the margin makes sure of them.
      while i &+ length &+ 8 <= count {
        let a = unsafe from.loadUnaligned(fromByteOffset: i &+ length, as: UInt64.self)
        let b = unsafe from.loadUnaligned(fromByteOffset: candidate &+ length, as: UInt64.self)
        if a != b {
          length &+= (a ^ b).trailingZeroBitCount >> 3
          break
        }
        length &+= 8
      }
      unsafe out = Self.copy(i &- candidate, length, out)
      i &+= length
      literal = i
      misses = 32
      if i < end {
        let before = unsafe from.loadUnaligned(fromByteOffset: i &- 1, as: UInt32.self)
        unsafe table[Self.hash(before)] = UInt16(truncatingIfNeeded: i &- 1)
      }
    }
    if literal < count { unsafe out = Self.literal(from + literal, count - literal, out) }
    return unsafe out - to
  }

  private static func literal(
    _ from: UnsafeRawPointer, _ count: Int, _ to: UnsafeMutableRawPointer
  ) -> UnsafeMutableRawPointer {
    var out = unsafe to
    let n = count - 1
    if n < 60 {
      unsafe out.storeBytes(of: UInt8(n << 2), as: UInt8.self)
      unsafe out += 1
    } else if n < 256 {
      unsafe out.storeBytes(of: 60 << 2, as: UInt8.self)
      unsafe out.storeBytes(of: UInt8(n), toByteOffset: 1, as: UInt8.self)
      unsafe out += 2
    } else {
      unsafe out.storeBytes(of: 61 << 2, as: UInt8.self)
      unsafe out.storeBytes(of: UInt16(n).littleEndian, toByteOffset: 1, as: UInt16.self)
      unsafe out += 3
    }
    unsafe out.copyMemory(from: from, byteCount: count)
    return unsafe out + count
  }

  private static func copy(
    _ distance: Int, _ count: Int, _ to: UnsafeMutableRawPointer
  ) -> UnsafeMutableRawPointer {
    var out = unsafe to
    var left = count
    while left > 0 {
      // Nothing shorter than 4 is left over.
      let n = left > 64 ? (left < 68 ? 60 : 64) : left
      if n < 12 && n >= 4 && distance < 2048 {
        unsafe out.storeBytes(of: UInt8((n - 4) << 2 | (distance >> 8) << 5 | 1), as: UInt8.self)
        unsafe out.storeBytes(of: UInt8(truncatingIfNeeded: distance), toByteOffset: 1, as: UInt8.self)
        unsafe out += 2
      } else {
        unsafe out.storeBytes(of: UInt8((n - 1) << 2 | 2), as: UInt8.self)
        unsafe out.storeBytes(of: UInt16(truncatingIfNeeded: distance).littleEndian, toByteOffset: 1, as: UInt16.self)
        unsafe out += 3
      }
      left -= n
    }
    return unsafe out
  }
}
