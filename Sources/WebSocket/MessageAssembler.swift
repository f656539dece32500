import Bytes

/// Puts fragments together to messages (RFC 6455 section 5.4). Wants data frames only: control frames may stand between
/// fragments and do not concern it.
///
/// A message of one frame is handed out where it lies. Fragments are gathered in a scratch buffer of our own, which
/// grows with the bytes that came and keeps the padding that payloads have.
@safe
package struct MessageAssembler: ~Copyable {
  package let maximumMessageBytes: Int
  package let maximumFragments: Int
  /// Whether text is checked for UTF-8. Off where the reader of the text checks it anyway.
  package var checksText: Bool

  private var scratch: ReceiveBuffer
  private var validator = UTF8Validator()
  /// The fragmented message that is under way.
  private var kind = MessageKind.text
  private var isCompressed = false
  private(set) var isGathering = false
  private var fragmentCount = 0
  /// Whether the current frame passed `begin`, and how many of its bytes the validator saw.
  private var frameBegun = false
  private var checkedCount = 0

  package init(maximumMessageBytes: Int = 16 << 20, maximumFragments: Int = 65_536, checksText: Bool = true) {
    precondition(maximumMessageBytes > 0 && maximumFragments > 0)
    self.maximumMessageBytes = maximumMessageBytes
    self.maximumFragments = maximumFragments
    self.checksText = checksText
    scratch = ReceiveBuffer(capacity: min(4096, maximumMessageBytes), maximumCapacity: maximumMessageBytes)
  }

  /// A whole message. The payload stays valid as long as the frame's bytes that `add` was given, and no longer than
  /// until the next `add`.
  @safe
  package struct Message {
    package let kind: MessageKind
    /// The first reserved bit was set: permessage-deflate, not checked for UTF-8.
    package let isCompressed: Bool
    package let payload: UnsafeRawBufferPointer
  }

  /// Looks at the part of a data frame that is there already, so that a frame which can never become a valid message
  /// fails now. May be called again as more of the same frame arrives.
  package mutating func look(
    at header: FrameHeader, arrived: UnsafeRawBufferPointer
  ) throws(WebSocketError) {
    if !frameBegun { try begin(header) }
    try unsafe checkText(arrived)
  }

  /// Takes a whole data frame. Nil where the message goes on.
  package mutating func add(
    _ header: FrameHeader, payload: UnsafeRawBufferPointer
  ) throws(WebSocketError) -> Message? {
    if !frameBegun { try begin(header) }
    try unsafe checkText(payload)
    frameBegun = false
    checkedCount = 0
    if header.isFinal && header.opcode != .continuation {
      if wantsTextCheck && !validator.isComplete { throw .textNotUTF8 }
      return unsafe Message(kind: kind, isCompressed: isCompressed, payload: payload)
    }
    unsafe gather(payload)
    guard header.isFinal else { return nil }
    isGathering = false
    if wantsTextCheck && !validator.isComplete { throw .textNotUTF8 }
    // The scratch stays where it is until something is gathered again.
    let whole = unsafe scratch.withReadable { unsafe $0 }
    return unsafe Message(kind: kind, isCompressed: isCompressed, payload: whole)
  }

  private var wantsTextCheck: Bool { checksText && kind == .text && !isCompressed }

  /// Judges a frame by its head: its place in the message, and what the message would become with it.
  private mutating func begin(_ header: FrameHeader) throws(WebSocketError) {
    precondition(!header.opcode.isControl)
    if header.opcode == .continuation {
      guard isGathering else { throw .continuationWithoutStart }
      guard fragmentCount < maximumFragments else { throw .tooManyFragments(limit: maximumFragments) }
      fragmentCount &+= 1
      let (total, overflow) = scratch.readableCount.addingReportingOverflow(header.payloadCount)
      guard !overflow && total <= maximumMessageBytes else {
        throw .messageTooLong(bytes: overflow ? .max : total, limit: maximumMessageBytes)
      }
    } else {
      guard !isGathering else { throw .messageInterrupted(header.opcode) }
      guard header.payloadCount <= maximumMessageBytes else {
        throw .messageTooLong(bytes: header.payloadCount, limit: maximumMessageBytes)
      }
      kind = header.opcode == .text ? .text : .binary
      isCompressed = header.reservedBits & FrameHeader.rsv1 != 0
      validator = UTF8Validator()
      if !header.isFinal {
        isGathering = true
        fragmentCount = 1
        scratch.removeAll()
      }
    }
    frameBegun = true
    checkedCount = 0
  }

  /// Shows the validator what it has not seen of the current frame.
  private mutating func checkText(_ payload: UnsafeRawBufferPointer) throws(WebSocketError) {
    guard wantsTextCheck, checkedCount < payload.count else { return }
    let fresh = unsafe UnsafeRawBufferPointer(rebasing: payload[checkedCount...])
    checkedCount = payload.count
    guard unsafe validator.update(fresh.bytes) else { throw .textNotUTF8 }
  }

  private mutating func gather(_ payload: UnsafeRawBufferPointer) {
    guard let from = payload.baseAddress, payload.count > 0 else { return }
    let hasRoom = scratch.makeRoom(payload.count)
    precondition(hasRoom, "begin let a message through that is longer than the limit")
    _ = unsafe scratch.fill { room in
      unsafe room.baseAddress?.copyMemory(from: from, byteCount: payload.count)
      return payload.count
    }
  }
}
