import Glibc

/// Pages between two that must not be touched, so that reading too far ends the process.
@safe
package final class GuardedPages {
  private let memory: UnsafeMutableRawPointer
  private static var page: Int { 4096 }
  /// Pages that may be touched.
  private static var open: Int { 2 }

  package init?() {
    let (page, all) = (Self.page, Self.page * (Self.open + 2))
    guard let made = unsafe mmap(nil, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      unsafe made != MAP_FAILED
    else { return nil }
    unsafe memory = made
    guard unsafe mprotect(made, page, PROT_NONE) == 0, unsafe mprotect(made + all - page, page, PROT_NONE) == 0
    else { return nil }
  }

  deinit { unsafe munmap(memory, Self.page * (Self.open + 2)) }

  /// Puts the bytes `gap` behind the first forbidden page.
  package func place(_ bytes: [UInt8], behindFront gap: Int) -> UnsafeRawBufferPointer {
    unsafe put(bytes, memory + Self.page + gap)
  }

  /// Puts the bytes so that they end `gap` before the last forbidden page, and fills the gap with `around`, repeated.
  package func place(_ bytes: [UInt8], beforeEnd gap: Int, around: [UInt8] = [0]) -> UnsafeRawBufferPointer {
    let end = unsafe memory + Self.page * (Self.open + 1)
    for i in 0..<gap { unsafe (end - gap + i).storeBytes(of: around[i % around.count], as: UInt8.self) }
    return unsafe put(bytes, end - gap - bytes.count)
  }

  private func put(_ bytes: [UInt8], _ to: UnsafeMutableRawPointer) -> UnsafeRawBufferPointer {
    precondition(bytes.count <= Self.page, "longer than what is between the forbidden pages")
    unsafe to.copyMemory(from: bytes, byteCount: bytes.count)
    return unsafe UnsafeRawBufferPointer(start: to, count: bytes.count)
  }
}
