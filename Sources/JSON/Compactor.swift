import Bytes
import CShims

/// Makes texts plain: without white space between tokens and without escapes of printable ASCII. Owns the memory of the
/// copy, which is reused.
@safe
package struct Compactor: ~Copyable {
  package let level: SIMDLevel
  private var memory: UnsafeMutableRawBufferPointer

  package init(level: SIMDLevel = .preferred) {
    self.level = level
    unsafe memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  }

  deinit { unsafe memory.deallocate() }

  /// The plain copy of a text that has `Padding` around it, with padding of its own; nil for a text that is plain
  /// already, or has what cannot be made plain. The copy is JSON exactly when the text is, and says the same. Good
  /// until the next call.
  package mutating func plain(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    guard let from = text.baseAddress, text.count > 0 else { return nil }
    let needed = Padding.front + text.count + 64 + Padding.back
    if unsafe memory.count < needed { grow(to: needed) }
    guard let base = unsafe memory.baseAddress else { return nil }
    let out = unsafe (base + Padding.front).assumingMemoryBound(to: UInt8.self)
    let count = unsafe qw_json_compact(level.rawValue, from.assumingMemoryBound(to: UInt8.self), text.count, out)
    return unsafe count > 0 ? UnsafeRawBufferPointer(start: out, count: count) : nil
  }

  private mutating func grow(to needed: Int) {
    unsafe memory.deallocate()
    unsafe memory = .allocate(byteCount: max(4096, needed + needed / 2), alignment: 64)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0)
  }
}
