/// Memory that is read into. Belongs to one thread.
@safe
final class ReadBlock {
  private let memory: UnsafeMutableRawBufferPointer
  /// Bytes that were read.
  private(set) var count = 0

  init(byteCount: Int) {
    unsafe memory = .allocate(byteCount: byteCount, alignment: 64)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit { unsafe memory.deallocate() }

  func fill<E: Error>(_ body: (UnsafeMutableRawBufferPointer) throws(E) -> Int) throws(E) {
    count = try unsafe body(memory)
  }

  /// The bytes from `start` on, good until the next `fill`.
  @unsafe func bytes(from start: Int = 0) -> UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(rebasing: memory[start..<count])
  }

  /// Where a byte stands, at `start` or behind it.
  func index(of byte: UInt8, from start: Int) -> Int? { unsafe memory[start..<count].firstIndex(of: byte) }
}
