/// Finds the frames in a receive buffer, checks them and unmasks them where they lie.
///
/// The caller shows all bytes from the first one that no frame used up. A frame's head is read once; when its payload
/// is not whole the decoder remembers the head, and how much it unmasked, until the caller shows the same bytes and
/// more. After `frame` the caller goes on behind `end`.
@safe
package struct FrameDecoder {
  /// Our role: a client refuses masked frames, a server refuses unmasked ones.
  package let role: Role
  package let maximumFrameBytes: Int
  /// Set when an extension that uses the first reserved bit was negotiated.
  package var allowsRSV1: Bool
  /// Offset, in all bytes of the connection, of the frame that comes next or is incomplete.
  package private(set) var position: Int64 = 0

  /// The incomplete frame at the front, where `headCount` is not 0.
  private var header = FrameHeader(.continuation, payloadCount: 0)
  private var headCount = 0
  private var unmaskedCount = 0

  package init(role: Role, maximumFrameBytes: Int = 16 << 20, allowsRSV1: Bool = false) {
    precondition(maximumFrameBytes > 0 && maximumFrameBytes <= 1 << 40)
    self.role = role
    self.maximumFrameBytes = maximumFrameBytes
    self.allowsRSV1 = allowsRSV1
  }

  /// What `next` found. Ranges count from the first byte shown; payloads in them are unmasked.
  package enum Step: Equatable {
    /// The head is not whole. `missing` bytes more are the least that can change that.
    case needMore(missing: Int)
    /// The head passed every check, a part of the payload is there, `missing` bytes of it are not. The number is the
    /// peer's claim (within the limit): allocate for bytes that came, not for it.
    case partial(FrameHeader, payload: Range<Int>, missing: Int)
    case frame(FrameHeader, payload: Range<Int>, end: Int)
  }

  /// Whether the next byte begins a frame.
  var isBetweenFrames: Bool { headCount == 0 }

  /// Takes note of whole frames that somebody else read.
  mutating func skip(_ count: Int) {
    precondition(isBetweenFrames)
    position &+= Int64(count)
  }

  package mutating func next(_ bytes: UnsafeMutableRawBufferPointer) throws(WebSocketError) -> Step {
    if headCount == 0 {
      guard bytes.count >= 2 else { return .needMore(missing: 2 &- bytes.count) }
      try unsafe check(bytes[0], bytes[1])
      switch try unsafe FrameHeader.decode(UnsafeRawBufferPointer(bytes)) {
      case .needMore(let missing): return .needMore(missing: missing)
      case .header(let found, let count):
        guard found.payloadCount <= maximumFrameBytes else {
          throw .frameTooLong(bytes: found.payloadCount, limit: maximumFrameBytes)
        }
        header = found
        headCount = count
        unmaskedCount = 0
      }
    }
    let start = headCount
    let end = start &+ header.payloadCount
    precondition(bytes.count >= start &+ unmaskedCount, "bytes of an incomplete frame were taken away")
    let held = min(bytes.count, end)
    if header.isMasked {
      let from = start &+ unmaskedCount
      unsafe Masking.apply(
        header.maskKey, to: UnsafeMutableRawBufferPointer(rebasing: bytes[from..<held]), phase: unmaskedCount)
      unmaskedCount = held &- start
    }
    guard held == end else { return .partial(header, payload: start..<held, missing: end &- held) }
    headCount = 0
    position &+= Int64(end)
    return .frame(header, payload: start..<end, end: end)
  }

  /// The rules that the first two bytes alone can break.
  private func check(_ first: UInt8, _ second: UInt8) throws(WebSocketError) {
    let opcode = Opcode(first)
    let reserved = first & 0x70
    if reserved != 0 {
      // A compressed message says so on its first frame and nowhere else (RFC 7692 section 6).
      let allowed = allowsRSV1 && reserved == FrameHeader.rsv1 && (opcode == .text || opcode == .binary)
      guard allowed else { throw .reservedBits(reserved) }
    }
    guard opcode.isDefined else { throw .reservedOpcode(opcode.rawValue) }
    if opcode.isControl {
      guard first & 0x80 != 0 else { throw .controlFragmented }
      guard second & 0x7F <= 125 else { throw .controlTooLong(second & 0x7F) }
    }
    if second & 0x80 != 0 {
      guard role == .server else { throw .maskUnexpected }
    } else {
      guard role == .client else { throw .maskMissing }
    }
  }
}
