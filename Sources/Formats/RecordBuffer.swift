import Bytes

/// The bytes that a decoder was given and has not used up, and where among its lines it stands.
///
/// Invariant: the first `scanned` readable bytes hold no record's end. A record has `Padding` around it.
struct RecordBuffer: ~Copyable {
  /// Bytes that fit beside a record of the greatest length, so that there is always room for a block.
  static let blockBytes = 256 << 10

  let maximumRecordBytes: Int
  private var buffer: ReceiveBuffer
  private(set) var isFinished = false
  /// The line at which the readable bytes begin.
  private(set) var line = 1
  /// Readable bytes that were looked at in vain.
  var scanned = 0
  /// Within a record that is too long: bytes are dropped up to the next line break.
  private(set) var isSkipping = false

  init(maximumRecordBytes: Int) {
    precondition(maximumRecordBytes > 0)
    self.maximumRecordBytes = maximumRecordBytes
    buffer = ReceiveBuffer(
      capacity: Self.blockBytes, maximumCapacity: max(Self.blockBytes, maximumRecordBytes) + Self.blockBytes)
  }

  /// Takes as many bytes as there is room for, and says how many.
  mutating func append(_ bytes: RawSpan) -> Int {
    precondition(!isFinished, "bytes behind the end")
    let wanted = min(bytes.byteCount, Self.blockBytes)
    guard buffer.makeRoom(wanted) else { return 0 }
    return unsafe bytes.withUnsafeBytes { from in
      unsafe buffer.fill { room in
        unsafe room.copyMemory(from: UnsafeRawBufferPointer(rebasing: from[..<wanted]))
        return wanted
      }
    }
  }

  mutating func finish() { isFinished = true }

  /// The readable bytes. They stay until `append` or `consume`; a decoder may change them in place.
  var readable: UnsafeMutableRawBufferPointer {
    mutating get { unsafe buffer.withMutableReadable { b in unsafe b } }
  }

  /// Uses up a record of that many bytes and lines.
  mutating func consume(_ count: Int, lines: Int) {
    buffer.consume(count)
    line += lines
    scanned = 0
  }

  /// Call when the readable bytes hold no record's end: throws once if they are too many for one.
  mutating func checkLength() throws(FormatError) {
    guard buffer.readableCount > maximumRecordBytes else { return }
    isSkipping = true
    throw .recordTooLong(line: line, limit: maximumRecordBytes)
  }

  /// Goes on with dropping a record that is too long; false when its end has not come yet.
  mutating func skipRecord() -> Bool {
    let bytes = unsafe readable
    guard let end = unsafe bytes.firstIndex(of: 0x0A) else {
      consume(bytes.count, lines: 0)
      return false
    }
    isSkipping = false
    consume(end + 1, lines: 1)
    return true
  }
}

/// At most 40 bytes of a text, for an error.
func excerpt(_ bytes: UnsafeRawBufferPointer) -> String {
  let part = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<min(40, bytes.count)])
  return unsafe String(decoding: part, as: UTF8.self) + (bytes.count > 40 ? "…" : "")
}
