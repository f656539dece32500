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
}
