/// The bytes of one connection that arrived and are not yet used up.
///
///     | front padding | used up | readable | writable | back padding |
///     0              64        start      end    64+capacity
///
/// Invariant: `Padding.front <= start <= end <= Padding.front + capacity`. Padding is readable memory, its content is
/// undefined. Capacity grows by doubling up to `maximumCapacity`, never beyond.
@safe
package struct ReceiveBuffer: ~Copyable {
  private var base: UnsafeMutableRawPointer
  private var start = Padding.front
  private var end = Padding.front
  package private(set) var capacity: Int
  package let maximumCapacity: Int

  package init(capacity: Int = 256 << 10, maximumCapacity: Int = 32 << 20) {
    precondition(capacity > 0 && capacity <= maximumCapacity)
    self.capacity = capacity
    self.maximumCapacity = maximumCapacity
    unsafe base = Self.allocate(capacity)
  }

  deinit { unsafe base.deallocate() }

  private static func allocate(_ capacity: Int) -> UnsafeMutableRawPointer {
    let bytes = capacity + Padding.front + Padding.back
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    // All of it, so that no page comes to the process only with the first big read.
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    return unsafe memory
  }

  package var readableCount: Int { end - start }
  package var isEmpty: Bool { start == end }
  /// Whether a read would find no room behind the readable bytes.
  package var isFull: Bool { end == Padding.front + capacity }

  /// Forgets everything, for the next connection.
  package mutating func removeAll() {
    start = Padding.front
    end = Padding.front
  }

  /// Marks the first `count` readable bytes as used up.
  package mutating func consume(_ count: Int) {
    precondition(count >= 0 && count <= readableCount)
    start += count
    if start == end { removeAll() }
  }

  /// Makes room for at least `minimum` bytes behind the readable ones. False where the limit forbids it.
  package mutating func makeRoom(_ minimum: Int) -> Bool {
    if Padding.front + capacity - end >= minimum { return true }
    let held = readableCount
    if held + minimum <= capacity {
      unsafe (base + Padding.front).copyMemory(from: base + start, byteCount: held)
    } else {
      guard held + minimum <= maximumCapacity else { return false }
      let bigger = min(maximumCapacity, max(capacity * 2, held + minimum))
      let moved = unsafe Self.allocate(bigger)
      unsafe (moved + Padding.front).copyMemory(from: base + start, byteCount: held)
      unsafe base.deallocate()
      unsafe base = moved
      capacity = bigger
    }
    start = Padding.front
    end = Padding.front + held
    return true
  }

  /// Lends the writable tail to a read; the body returns how many bytes it filled. Call `makeRoom` first.
  package mutating func fill<E: Error>(_ body: (UnsafeMutableRawBufferPointer) throws(E) -> Int) throws(E) -> Int {
    let room = Padding.front + capacity - end
    let got = try unsafe body(UnsafeMutableRawBufferPointer(start: base + end, count: room))
    precondition(got >= 0 && got <= room)
    end += got
    return got
  }

  /// Lends the readable bytes. They stay where they are until `consume`, `makeRoom` or `fill` is called.
  package func withReadable<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    try unsafe body(UnsafeRawBufferPointer(start: base + start, count: readableCount))
  }

  /// Lends the readable bytes for change in place (unmasking).
  package mutating func withMutableReadable<R, E: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    try unsafe body(UnsafeMutableRawBufferPointer(start: base + start, count: readableCount))
  }
}
