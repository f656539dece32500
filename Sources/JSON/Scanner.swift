import Bytes
import CShims

/// Indexes one payload after another and lends a cursor over each. Owns the index memory, which is reused: no
/// allocation once it fits the largest payload.
///
/// Memory: four bytes an index entry, one entry a payload byte at worst.
@usableFromInline
@safe
package struct Scanner: ~Copyable {
  /// The greatest depth that can be asked for: one bit a level in a word.
  package static let depthLimit = 64

  package let maximumBytes: Int
  package let maximumDepth: Int
  package let level: SIMDLevel

  private var index: UnsafeMutablePointer<UInt32>
  private var indexCapacity: Int
  /// Padded home of `scanCopy`'s bytes, made at its first use.
  private var copy: UnsafeMutableRawBufferPointer

  package init(
    maximumBytes: Int = 16 << 20, maximumDepth: Int = depthLimit, level: SIMDLevel = .preferred
  ) {
    precondition(maximumBytes >= 0 && maximumBytes < 1 << 31, "offsets are 32 bits")
    precondition(maximumDepth > 0 && maximumDepth <= Scanner.depthLimit)
    precondition(SIMDLevel.supported.contains(level), "this CPU has no \(level)")
    self.maximumBytes = maximumBytes
    self.maximumDepth = maximumDepth
    self.level = level
    indexCapacity = min(maximumBytes, 4096) + Scanner.indexSlack
    unsafe index = .allocate(capacity: indexCapacity)
    unsafe copy = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  }

  deinit {
    unsafe index.deallocate()
    unsafe copy.deallocate()
  }

  /// The kernel's slack and one entry for the end.
  private static var indexSlack: Int { Int(QW_JSON_INDEX_SLACK) + 1 }

  /// Indexes a payload that has `Padding` around it and lends a cursor at its root value. What the body leaves
  /// unread is validated afterwards. The cursor and its tokens are worthless once the call is over: do not keep them.
  @inlinable
  package mutating func scan<R>(
    _ bytes: UnsafeRawBufferPointer, _ body: (inout Cursor) throws(JSONError) -> R
  ) throws(JSONError) -> R {
    var cursor = try unsafe open(bytes)
    let result = try body(&cursor)
    try cursor.finishDocument()
    return result
  }

  /// Like `scan` for bytes without padding, which are copied. For tests, tools and the command line.
  package mutating func scanCopy<R>(
    _ bytes: RawSpan, _ body: (inout Cursor) throws(JSONError) -> R
  ) throws(JSONError) -> R {
    let count = bytes.byteCount
    try checkSize(count)
    if unsafe copy.count < count + Padding.front + Padding.back {
      unsafe copy.deallocate()
      let bigger = max(4096, count + count / 2) + Padding.front + Padding.back
      unsafe copy = .allocate(byteCount: bigger, alignment: 64)
      unsafe copy.initializeMemory(as: UInt8.self, repeating: 0)
    }
    unsafe bytes.withUnsafeBytes { b in
      guard let from = b.baseAddress, let to = unsafe copy.baseAddress else { return }
      unsafe (to + Padding.front).copyMemory(from: from, byteCount: count)
    }
    return try unsafe scan(UnsafeRawBufferPointer(rebasing: copy[Padding.front..<Padding.front + count]), body)
  }

  /// Checks a padded payload as a whole.
  package mutating func validate(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
    try unsafe scan(bytes) { cursor throws(JSONError) in try cursor.skipValue() }
  }

  /// Checks bytes without padding as a whole.
  package mutating func validateCopy(_ bytes: RawSpan) throws(JSONError) {
    try scanCopy(bytes) { cursor throws(JSONError) in try cursor.skipValue() }
  }

  private func checkSize(_ count: Int) throws(JSONError) {
    if count > maximumBytes { throw .tooLarge(bytes: count, maximum: maximumBytes) }
  }

  /// Stage 1.
  @usableFromInline
  mutating func open(_ bytes: UnsafeRawBufferPointer) throws(JSONError) -> Cursor {
    let count = bytes.count
    try checkSize(count)
    guard let base = bytes.baseAddress, count > 0 else { throw .empty }
    if indexCapacity < count + Scanner.indexSlack { growIndex(toHold: count + Scanner.indexSlack) }
    let payload = unsafe base.assumingMemoryBound(to: UInt8.self)
    // The index holds an entry a byte and the slack; the payload has its padding.
    let result = unsafe qw_json_index(level.rawValue, payload, count, index)
    switch Int(result.status) {
    case QW_JSON_OK: break
    case QW_JSON_CONTROL: throw .controlCharacter(offset: result.error_at)
    case QW_JSON_UNTERMINATED: throw .unterminatedString(offset: result.error_at)
    default: throw .invalidUTF8(offset: result.error_at)
    }
    guard result.count > 0 else { throw .empty }
    unsafe index[result.count] = UInt32(truncatingIfNeeded: count)
    return unsafe Cursor(
      payload: payload, index: index, tokenCount: result.count, maximumDepth: maximumDepth,
      hasBackslashes: result.backslash != 0)
  }

  @inline(never)
  private mutating func growIndex(toHold needed: Int) {
    indexCapacity = min(max(needed, indexCapacity * 2), maximumBytes + Scanner.indexSlack)
    unsafe index.deallocate()
    unsafe index = .allocate(capacity: indexCapacity)
  }
}
