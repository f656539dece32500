import Glibc

/// A whole regular file, mapped for reading.
///
///     | zero page | file, zero to the end of its last page | zero page |
///     base        base + page
///
/// Invariant: at least `Padding.front` readable bytes before and `Padding.back` after the contents, also where the
/// file ends on a page boundary.
///
/// A file that is cut while it is mapped raises SIGBUS on the pages that are gone, which nothing here can catch: map
/// only files whose writers append, and call `checkSize` before each longer stretch of work.
@safe
package struct MappedFile: ~Copyable, Sendable {
  // Read only from init to deinit.
  nonisolated(unsafe) private let base: UnsafeMutableRawPointer
  private let reserved: Int
  private let page: Int
  private let file: File
  /// Bytes of the file when it was mapped.
  package let count: Int

  package var path: String { file.path }

  package init(_ path: String) throws(IOError) {
    try self.init(File(path, .readOnly))
  }

  package init(_ file: consuming File) throws(IOError) {
    let (size, isRegular) = SystemCall.size(file.descriptor.raw)
    guard size >= 0 else { throw .system(action: "read the size of", subject: file.path, errno: Int32(-size)) }
    guard isRegular else {
      throw .unusableFile(path: file.path, reason: "it is no regular file; copy it into one first")
    }
    let page = max(4096, sysconf(Int32(_SC_PAGESIZE)))
    let (padded, overflow) = size.addingReportingOverflow(page * 3)
    guard !overflow else { throw .limitExceeded(what: "the size of \(file.path)", limit: Int.max - page * 3) }
    // The pages of the file, and one on each side.
    let reserved = (padded - 1) / page * page
    let base = try unsafe Self.mapped(file, count: size, reserved: reserved, page: page)
    unsafe self.base = base
    self.reserved = reserved
    self.page = page
    count = size
    self.file = file
  }

  private static func mapped(
    _ file: borrowing File, count: Int, reserved: Int, page: Int
  ) throws(IOError) -> UnsafeMutableRawPointer {
    let base = try unsafe map(nil, reserved, MAP_PRIVATE | MAP_ANONYMOUS, -1, file.path)
    guard count > 0 else { return unsafe base }
    do {
      // Over the middle of our own reservation, whose first and last pages stay as they are.
      _ = try unsafe map(base + page, count, MAP_PRIVATE | MAP_FIXED, file.descriptor.raw, file.path)
    } catch {
      unsafe munmap(base, reserved)
      throw error
    }
    _ = unsafe madvise(base + page, count, MADV_SEQUENTIAL)
    return unsafe base
  }

  deinit { unsafe munmap(base, reserved) }

  private static func map(
    _ address: UnsafeMutableRawPointer?, _ count: Int, _ flags: Int32, _ fd: Int32, _ path: String
  ) throws(IOError) -> UnsafeMutableRawPointer {
    var mapped: UnsafeMutableRawPointer?
    let result = SystemCall.make(.map) { _ in
      unsafe mapped = mmap(address, count, PROT_READ, flags, fd, 0)
      return unsafe mapped == MAP_FAILED ? -1 : 0
    }
    guard result == 0, let mapped = unsafe mapped else {
      throw .system(action: "map", subject: path, errno: Int32(-result))
    }
    return unsafe mapped
  }

  /// Lends the contents, with the padding around them.
  package func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    // `count` bytes are mapped from the second page on.
    try unsafe body(UnsafeRawBufferPointer(start: base + page, count: count))
  }

  /// Throws where the file has become shorter than it was: reading its end would crash.
  package func checkSize() throws(IOError) {
    let now = try file.size
    guard now >= count else {
      throw .unusableFile(path: path, reason: "it was cut from \(count) to \(now) bytes while it was being read")
    }
  }
}
