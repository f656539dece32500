import CShims

/// CRC-32C (Castagnoli; RFC 3720 appendix B.4), by the fastest way that the CPU has.
package struct CRC32C: Sendable {
  package private(set) var value: UInt32 = 0
  package init() {}

  package mutating func update(_ bytes: RawSpan) {
    value = unsafe bytes.withUnsafeBytes { b in
      // The callee reads `count` bytes from a live buffer.
      guard let base = b.baseAddress else { return value }
      return unsafe qw_crc32c(value, base, b.count)
    }
  }

  /// The same for one who will read on behind these bytes: asks for as many, `ahead` of them. Nothing need be there.
  package mutating func update(_ bytes: RawSpan, askingAhead ahead: Int) {
    value = unsafe bytes.withUnsafeBytes { b in
      // As above; what is asked for is not read.
      guard let base = b.baseAddress else { return value }
      return unsafe qw_crc32c_ahead(value, base, b.count, ahead)
    }
  }

  package static func checksum(_ bytes: RawSpan) -> UInt32 {
    var crc = CRC32C()
    crc.update(bytes)
    return crc.value
  }

  /// The ways to the same value; higher is faster.
  package enum Way: Int32, CaseIterable, Sendable {
    /// A table, byte by byte.
    case portable
    /// The CPU's instruction, one chain.
    case instruction
    /// Three chains side by side.
    case threeChains
    /// Carry-less products of 512 bits.
    case wide

    package var isSupported: Bool { qw_crc32c_level_supported(rawValue) != 0 }
  }

  /// The checksum by one way, for tests that hold the ways against each other.
  package static func checksum(_ bytes: RawSpan, by way: Way, from start: UInt32 = 0) -> UInt32 {
    precondition(way.isSupported)
    return unsafe bytes.withUnsafeBytes { b in
      // The callee reads `count` bytes from a live buffer.
      guard let base = b.baseAddress else { return start }
      return unsafe qw_crc32c_at_level(way.rawValue, start, base, b.count)
    }
  }

  /// The checksum of `a` and then `b`, of whose bytes only the number is needed. After `crc32_combine` of zlib: what
  /// follows shifts `a` by `x^(8 · bytes)` modulo the polynomial.
  package static func combined(_ a: UInt32, _ b: UInt32, bytesOfSecond count: Int) -> UInt32 {
    precondition(count >= 0)
    var (power, square, left) = (one, one >> 8, count)
    while left > 0 {
      if left & 1 == 1 { power = product(square, power) }
      square = product(square, square)
      left >>= 1
    }
    return product(power, a) ^ b
  }

  /// The polynomial 1, with the lowest power in the highest bit.
  private static let one: UInt32 = 1 << 31
  private static let polynomial: UInt32 = 0x82F6_3B78

  /// Of two polynomials, modulo the CRC's.
  private static func product(_ a: UInt32, _ b: UInt32) -> UInt32 {
    var (result, shifted): (UInt32, UInt32) = (0, b)
    for bit in stride(from: 31, through: 0, by: -1) {
      if a >> UInt32(bit) & 1 == 1 { result ^= shifted }
      shifted = shifted & 1 == 1 ? shifted >> 1 ^ polynomial : shifted >> 1
    }
    return result
  }
}
