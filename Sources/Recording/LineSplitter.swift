import Bytes

/// Cuts blocks of bytes into lines, with no I/O. Lines end with LF or CR LF; the last one may have no end.
///
///     var offset = 0
///     while let line = try splitter.next(in: block, from: &offset) { … splitter.lineNumber … }
///     …after the last block:
///     if let line = try splitter.finish() { … }
///
/// A line that lies within one block is handed out in place, one across blocks is put together in the splitter's
/// buffer. It is valid until the next call, and has no `Padding`.
package struct LineSplitter: ~Copyable {
  package static var defaultMaximumLineBytes: Int { 16 << 20 }

  package let maximumLineBytes: Int
  /// Number of the line handed out last, from 1.
  package private(set) var lineNumber = 0
  private var carry = ByteWriter(capacity: 256)
  private var isCarryHandedOut = false

  package init(maximumLineBytes: Int = Self.defaultMaximumLineBytes) {
    precondition(maximumLineBytes > 0)
    self.maximumLineBytes = maximumLineBytes
  }

  /// The next whole line of `block`, without its end; nil where the block is used up and the next one is needed.
  /// - Parameter offset: where to go on in the block; 0 for a new one.
  /// - Throws: `lineTooLong`.
  package mutating func next(
    in block: UnsafeRawBufferPointer, from offset: inout Int
  ) throws(RecordingError) -> UnsafeRawBufferPointer? {
    dropHandedOut()
    guard offset < block.count else { return nil }
    let rest = unsafe UnsafeRawBufferPointer(rebasing: block[offset...])
    guard let end = unsafe rest.firstIndex(of: UInt8(ascii: "\n")) else {
      try unsafe keep(rest)
      offset = block.count
      return nil
    }
    offset += end + 1
    let line = unsafe UnsafeRawBufferPointer(rebasing: rest[..<end])
    if carry.isEmpty {
      if line.count > maximumLineBytes { throw .lineTooLong(line: lineNumber + 1, limit: maximumLineBytes) }
      lineNumber += 1
      return unsafe Self.withoutReturn(line)
    }
    try unsafe keep(line)
    return unsafe handOutCarry()
  }

  /// What is left after the last block: the last line, if it had no end.
  package mutating func finish() throws(RecordingError) -> UnsafeRawBufferPointer? {
    dropHandedOut()
    return unsafe carry.isEmpty ? nil : handOutCarry()
  }

  private mutating func dropHandedOut() {
    if isCarryHandedOut { carry.removeAll() }
    isCarryHandedOut = false
  }

  private mutating func keep(_ part: UnsafeRawBufferPointer) throws(RecordingError) {
    guard part.count <= maximumLineBytes - carry.count else {
      throw .lineTooLong(line: lineNumber + 1, limit: maximumLineBytes)
    }
    unsafe carry.append(contentsOf: part)
  }

  private mutating func handOutCarry() -> UnsafeRawBufferPointer {
    isCarryHandedOut = true
    lineNumber += 1
    // The buffer is this splitter's own and changes only with its next call.
    return unsafe carry.withBytes { b in unsafe Self.withoutReturn(b) }
  }

  private static func withoutReturn(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    unsafe line.last == UInt8(ascii: "\r") ? UnsafeRawBufferPointer(rebasing: line.dropLast()) : line
  }
}
