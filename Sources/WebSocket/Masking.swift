package import Bytes
import CShims

/// XOR of a payload with a four-byte key (RFC 6455 section 5.3).
package enum Masking {
  /// Masks or unmasks in place. `phase` is the offset of the first byte within its payload.
  package static func apply(_ key: UInt32, to bytes: UnsafeMutableRawBufferPointer, phase: Int = 0) {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return }
    // The callee touches `count` bytes of a live buffer.
    unsafe qw_websocket_mask(base, base, bytes.count, key, phase & 3)
  }

  /// Appends the masked copy of a payload.
  package static func append(_ bytes: RawSpan, key: UInt32, to out: inout ByteWriter) {
    unsafe bytes.withUnsafeBytes { from in
      guard let start = from.baseAddress, from.count > 0 else { return }
      // `room` bytes are writable there, and no payload lies inside the writer that it is appended to.
      unsafe out.appendUnsafe(room: from.count) { to in
        unsafe qw_websocket_mask(to, start, from.count, key, 0)
        return from.count
      }
    }
  }

  /// One of the kernels, for tests that hold them against each other.
  package enum Way: Int32, CaseIterable, Sendable {
    case portable, sse2, avx2, neon
  }

  /// Masks in place by one named way. False where this CPU lacks it; nothing was touched then.
  package static func apply(
    _ key: UInt32, to bytes: UnsafeMutableRawBufferPointer, phase: Int, by way: Way
  ) -> Bool {
    guard let base = bytes.baseAddress else { return true }
    return unsafe qw_websocket_mask_by(way.rawValue, base, base, bytes.count, key, phase & 3) != 0
  }
}

/// Bytes from the operating system's generator.
package enum SystemRandom {
  /// Linux promises them after boot. A system without them cannot keep the protocol's promise: this stops the program.
  package static func fill(_ bytes: UnsafeMutableRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    let code = unsafe qw_random_bytes(base, bytes.count)
    precondition(code == 0, "getrandom failed")
  }

  package static func bytes(_ count: Int) -> [UInt8] {
    var made = [UInt8](repeating: 0, count: count)
    unsafe made.withUnsafeMutableBytes { unsafe fill($0) }
    return made
  }
}

/// Mask keys, a fresh one for each frame. They come from the operating system, some dozens at a time, so that a frame
/// does not cost a system call. A peer must not be able to guess them (RFC 6455 section 10.3).
package struct MaskKeys {
  private static var poolCount: Int { 64 }
  private var pool = InlineArray<64, UInt32>(repeating: 0)
  private var left = 0
  private let fixed: UInt32?

  package init() { fixed = nil }

  /// The same key each time: for tests that compare bytes, and for nothing else.
  package init(fixed key: UInt32) { fixed = key }

  package mutating func next() -> UInt32 {
    if let fixed { return fixed }
    if left == 0 { refill() }
    left &-= 1
    return pool[left]
  }

  @inline(never)
  private mutating func refill() {
    var span = pool.mutableSpan
    unsafe span.withUnsafeMutableBytes { unsafe SystemRandom.fill($0) }
    left = Self.poolCount
  }
}
