package import Bytes

/// The head of one frame (RFC 6455 section 5.2).
///
///      byte 0                     byte 1              then
///     ┌─────┬──────┬────────┐    ┌──────┬────────┐   ┌───────────────┬───────────┬─────────
///     │ fin │ rsv  │ opcode │    │ mask │ length │   │ longer length │ mask key  │ payload
///     │  1  │ 3    │   4    │    │  1   │   7    │   │ 0, 2 or 8     │ 0 or 4    │
///     └─────┴──────┴────────┘    └──────┴────────┘   └───────────────┴───────────┴─────────
///
/// Length 126: two more bytes hold it, 127: eight, big-endian, the shortest form that fits.
/// Example: `81 85 37 FA 21 3D 7F 9F 4D 51 58` is the final text frame "Hello", masked with 37 FA 21 3D.
package struct FrameHeader: Equatable, Sendable, BitwiseCopyable {
  package var opcode: Opcode
  package var isFinal: Bool
  /// The reserved bits as they stand in byte 0: 0x40, 0x20, 0x10.
  package var reservedBits: UInt8
  package var isMasked: Bool
  /// The four key bytes in memory order; 0 where the frame is not masked.
  package var maskKey: UInt32
  package var payloadCount: Int

  package init(
    _ opcode: Opcode, payloadCount: Int, isFinal: Bool = true, reservedBits: UInt8 = 0, maskKey: UInt32? = nil
  ) {
    self.opcode = opcode
    self.isFinal = isFinal
    self.reservedBits = reservedBits & 0x70
    self.isMasked = maskKey != nil
    self.maskKey = maskKey ?? 0
    self.payloadCount = payloadCount
  }

  /// The longest head: 2 + 8 + 4 bytes.
  package static var maximumByteCount: Int { 14 }
  /// The reserved bit that permessage-deflate sets on a compressed message's first frame.
  package static var rsv1: UInt8 { 0x40 }

  /// How many bytes `encode` writes.
  package var byteCount: Int {
    2 + (payloadCount < 126 ? 0 : payloadCount < 65_536 ? 2 : 8) + (isMasked ? 4 : 0)
  }

  package func encode(into out: inout ByteWriter) {
    precondition(payloadCount >= 0)
    let mask: UInt8 = isMasked ? 0x80 : 0
    out.append((isFinal ? 0x80 : 0) | reservedBits | opcode.rawValue)
    if payloadCount < 126 {
      out.append(mask | UInt8(truncatingIfNeeded: payloadCount))
    } else if payloadCount < 65_536 {
      out.append(mask | 126)
      out.append(raw: UInt16(truncatingIfNeeded: payloadCount).bigEndian)
    } else {
      out.append(mask | 127)
      out.append(raw: UInt64(payloadCount).bigEndian)
    }
    if isMasked { out.append(raw: maskKey) }
  }

  /// What `decode` found.
  package enum Decoded: Equatable {
    case needMore(missing: Int)
    case header(FrameHeader, byteCount: Int)
  }

  /// Reads a head from the first of `bytes`. Judges only how the length is written; whether the frame is allowed is the
  /// decoder's question.
  package static func decode(_ bytes: UnsafeRawBufferPointer) throws(WebSocketError) -> Decoded {
    let held = bytes.count
    guard held >= 2 else { return .needMore(missing: 2 &- held) }
    // Every load below lies within `byteCount` bytes, which the guard found to be there.
    let first = unsafe bytes[0]
    let second = unsafe bytes[1]
    let short = Int(second & 0x7F)
    let isMasked = second & 0x80 != 0
    let lengthEnd = short < 126 ? 2 : short == 126 ? 4 : 10
    let byteCount = isMasked ? lengthEnd &+ 4 : lengthEnd
    guard held >= byteCount else { return .needMore(missing: byteCount &- held) }
    var payloadCount = short
    if short == 126 {
      payloadCount = Int(UInt16(bigEndian: unsafe bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
      guard payloadCount >= 126 else { throw .lengthNotMinimal(UInt64(payloadCount)) }
    } else if short == 127 {
      let length = UInt64(bigEndian: unsafe bytes.loadUnaligned(fromByteOffset: 2, as: UInt64.self))
      guard length <= UInt64(Int64.max) else { throw .lengthTopBitSet }
      guard length >= 65_536 else { throw .lengthNotMinimal(length) }
      payloadCount = Int(length)
    }
    var header = FrameHeader(
      Opcode(first), payloadCount: payloadCount, isFinal: first & 0x80 != 0, reservedBits: first)
    if isMasked {
      header.isMasked = true
      header.maskKey = unsafe bytes.loadUnaligned(fromByteOffset: lengthEnd, as: UInt32.self)
    }
    return .header(header, byteCount: byteCount)
  }
}
