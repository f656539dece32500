/// Walks the frames at the front of a client's receive buffer as long as they are what a feed nearly always sends:
/// whole, unmasked text messages of one frame below 64 KiB. What else comes is left to `Conversation.next`, which
/// judges it.
///
/// The payloads stay valid until the buffer is consumed or filled again.
@frozen
@safe
package struct TextFrames {
  @usableFromInline let base: UnsafeRawPointer?
  @usableFromInline let count: Int
  @usableFromInline let maximumBytes: Int
  /// Bytes of the frames walked so far.
  @usableFromInline package private(set) var position = 0
  /// Bytes of their headers.
  @usableFromInline package private(set) var headerBytes = 0

  /// Final, no reserved bits, opcode 1.
  @usableFromInline static var finalText: UInt8 { 0x81 }

  init(_ bytes: UnsafeRawBufferPointer, maximumBytes: Int) {
    unsafe base = bytes.baseAddress
    count = bytes.count
    self.maximumBytes = maximumBytes
  }

  /// The next payload; nil where the next bytes are something else, or not whole.
  @inlinable package mutating func next() -> UnsafeRawBufferPointer? {
    guard let base = unsafe base, count &- position >= 2 else { return nil }
    // Every load lies within `count`, by the guards before it.
    let frame = unsafe base + position
    guard unsafe frame.load(as: UInt8.self) == Self.finalText else { return nil }
    var size = Int(unsafe frame.load(fromByteOffset: 1, as: UInt8.self))
    var header = 2
    if size >= 126 {
      // 127 is a longer length, and from 128 on the frame is masked.
      guard size == 126, count &- position >= 4 else { return nil }
      header = 4
      size = Int(UInt16(bigEndian: unsafe frame.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
      guard size >= 126 else { return nil }
    }
    guard size <= maximumBytes, header &+ size <= count &- position else { return nil }
    position &+= header &+ size
    headerBytes &+= header
    return unsafe UnsafeRawBufferPointer(start: frame + header, count: size)
  }
}
