/// A growing byte buffer that encoders append to. Owns its memory; grows by doubling and never shrinks.
///
/// Invariant: `0 <= count <= capacity`, the first `count` bytes are initialised.
@frozen
@usableFromInline
@safe
package struct ByteWriter: ~Copyable {
  @usableFromInline var base: UnsafeMutableRawPointer
  @usableFromInline package private(set) var capacity: Int
  @usableFromInline var length: Int = 0

  package init(capacity: Int = 4096) {
    self.capacity = max(capacity, 64)
    unsafe base = .allocate(byteCount: self.capacity, alignment: 64)
  }

  deinit { unsafe base.deallocate() }

  @inlinable package var count: Int { length }
  @inlinable package var isEmpty: Bool { length == 0 }

  /// Forgets the contents, keeps the memory.
  @inlinable package mutating func removeAll() { length = 0 }

  /// Cuts back to `count` bytes, to undo what was appended since.
  @inlinable package mutating func truncate(to count: Int) {
    precondition(count >= 0 && count <= length)
    length = count
  }

  /// Drops the first `count` bytes and moves the rest to the front.
  package mutating func removeFirst(_ count: Int) {
    precondition(count >= 0 && count <= length)
    unsafe base.copyMemory(from: base + count, byteCount: length - count)
    length -= count
  }

  @inline(never) @usableFromInline
  mutating func grow(toHold needed: Int) {
    let bigger = max(capacity * 2, needed)
    let moved = UnsafeMutableRawPointer.allocate(byteCount: bigger, alignment: 64)
    unsafe moved.copyMemory(from: base, byteCount: length)
    unsafe base.deallocate()
    unsafe base = moved
    capacity = bigger
  }

  @inlinable package mutating func reserve(_ extra: Int) {
    if length &+ extra > capacity { grow(toHold: length &+ extra) }
  }

  @inlinable package mutating func append(_ byte: UInt8) {
    reserve(1)
    unsafe base.storeBytes(of: byte, toByteOffset: length, as: UInt8.self)
    length &+= 1
  }

  @inlinable package mutating func append(_ text: StaticString) {
    let n = text.utf8CodeUnitCount
    reserve(n)
    unsafe (base + length).copyMemory(from: text.utf8Start, byteCount: n)
    length &+= n
  }

  package mutating func append(_ bytes: RawSpan) {
    unsafe bytes.withUnsafeBytes { b in unsafe append(contentsOf: b) }
  }

  package mutating func append(_ text: String) {
    var copy = text
    copy.withUTF8 { b in unsafe append(contentsOf: UnsafeRawBufferPointer(b)) }
  }

  package mutating func append(_ bytes: [UInt8]) {
    unsafe bytes.withUnsafeBytes { b in unsafe append(contentsOf: b) }
  }

  @inlinable package mutating func append(contentsOf bytes: UnsafeRawBufferPointer) {
    guard let from = bytes.baseAddress else { return }
    reserve(bytes.count)
    unsafe (base + length).copyMemory(from: from, byteCount: bytes.count)
    length &+= bytes.count
  }

  /// Appends an integer's or float's bytes, little-endian on the machines we run on.
  @inlinable package mutating func append<T: BitwiseCopyable>(raw value: T) {
    reserve(MemoryLayout<T>.size)
    unsafe base.storeBytes(of: value, toByteOffset: length, as: T.self)
    length &+= MemoryLayout<T>.size
  }

  /// Overwrites a value written before, such as a length that is known only at the end.
  package mutating func overwrite<T: BitwiseCopyable>(at offset: Int, raw value: T) {
    precondition(offset >= 0 && offset + MemoryLayout<T>.size <= length)
    unsafe base.storeBytes(of: value, toByteOffset: offset, as: T.self)
  }

  /// Lends at least `room` writable bytes at the end; the body returns how many it wrote.
  @inlinable package mutating func appendUnsafe(room: Int, _ body: (UnsafeMutablePointer<UInt8>) -> Int) {
    reserve(room)
    let wrote = unsafe body((base + length).assumingMemoryBound(to: UInt8.self))
    length &+= wrote
  }

  /// Lends the contents for the length of the call.
  @inlinable package func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    try unsafe body(UnsafeRawBufferPointer(start: base, count: length))
  }

  /// A copy of the contents, for tests and rare paths.
  package var array: [UInt8] { unsafe withBytes { b in unsafe [UInt8](b) } }
  /// The contents as text, for people.
  package var string: String { unsafe withBytes { b in unsafe String(decoding: b, as: UTF8.self) } }
}
