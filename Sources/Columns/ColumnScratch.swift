/// Memory that is used for one column after the other: it grows and is never given back. Belongs to one thread.
@safe
package final class ColumnScratch {
  private var memory: UnsafeMutableRawPointer
  private var capacity: Int

  package init() {
    capacity = 4096
    unsafe memory = .allocate(byteCount: 4096, alignment: 64)
  }

  deinit { unsafe memory.deallocate() }

  /// Room for `count` values and 64 bytes more, good until the next call. What it holds is left over from others.
  package func room<T: BitwiseCopyable>(_ count: Int, of type: T.Type) -> UnsafeMutablePointer<T> {
    let bytes = count * MemoryLayout<T>.stride + 64
    if bytes > capacity {
      unsafe memory.deallocate()
      capacity = max(bytes, capacity * 2)
      unsafe memory = .allocate(byteCount: capacity, alignment: 64)
    }
    return unsafe memory.bindMemory(to: type, capacity: count)
  }
}
