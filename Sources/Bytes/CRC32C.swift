import CShims

/// CRC-32C (Castagnoli; RFC 3720 appendix B.4), by the CPU's instruction where there is one.
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
}
