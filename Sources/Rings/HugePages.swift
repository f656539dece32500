import Glibc

/// Memory that is looked up all over at random: with pages of 4 KiB the address translation costs as much as the data.
package enum HugePages {
  /// Pages of 2 MiB, where the system gives them.
  package static let byteCount = 2 << 20

  /// The alignment for that many bytes: that of a huge page where they fill one.
  package static func alignment(for bytes: Int) -> Int { bytes >= byteCount ? byteCount : 64 }

  /// Asks for huge pages, in vain where the system has none.
  package static func advise(_ memory: UnsafeMutableRawBufferPointer) {
    guard let base = memory.baseAddress, memory.count >= byteCount else { return }
    // MADV_HUGEPAGE
    _ = unsafe madvise(base, memory.count, 14)
  }

  /// Memory full of zeros, with huge pages where it fills one; given back by `free`. Less than that takes no pages
  /// before they are written to.
  package static func zeros(byteCount: Int) -> UnsafeMutableRawPointer {
    if byteCount < Self.byteCount {
      guard let memory = unsafe calloc(1, byteCount) else { preconditionFailure("no memory: \(byteCount) bytes") }
      return unsafe memory
    }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: alignment(for: byteCount))
    unsafe advise(memory)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0)
    return memory.baseAddress!
  }

  package static func free(_ memory: UnsafeMutableRawPointer, byteCount: Int) {
    if byteCount < Self.byteCount { unsafe Glibc.free(memory) } else { unsafe memory.deallocate() }
  }
}
