package import Bytes

/// One connection after its opening handshake, without the socket: bytes that arrived go in, events and queued frames
/// come out.
///
///     read into buffer ─► while let event = conversation.next(&buffer) { … } ─► write what is queued, sent(n)
///
/// Pings are answered, Close frames echoed, and a peer that breaks the protocol is sent a Close with the right code.
/// When `next` returned nil, everything that came is used up: that is the end of a batch.
///
/// The receive buffer must be able to hold one frame: `limits.receiveBufferBytes`.
@safe
package struct Conversation: ~Copyable {
  /// The named limits of one connection.
  package struct Limits: Sendable, Equatable {
    /// Longest payload of one frame that we take, in bytes.
    package var maximumFrameBytes = 16 << 20
    /// Longest message that we take, in bytes.
    package var maximumMessageBytes = 16 << 20
    /// Most fragments of one message, empty ones counted.
    package var maximumFragments = 65_536
    /// Most bytes that wait to be sent; `send` and `ping` refuse to add more behind it.
    package var maximumQueuedBytes = 64 << 20
    /// While more bytes than this wait to be sent, only the latest Ping is remembered, and answered once they are gone.
    package var maximumQueuedBytesForPong = 64 << 10
    package init() {}

    /// The maximum capacity that a receive buffer needs to hold any frame that we take.
    package var receiveBufferBytes: Int { maximumFrameBytes + FrameHeader.maximumByteCount }
  }

  package enum State: Sendable, Equatable {
    case open
    /// We sent a Close and wait for the peer's.
    case closeSent
    /// Close frames went both ways. A server ends the transport once everything queued is sent, a client waits for it.
    case closed
    /// The peer broke the protocol; a Close is queued unless one was sent before. End the transport once it is sent.
    case failed
    /// The transport ended before Close frames went both ways.
    case lost
  }

  /// What happened. Payloads stay valid until the next call of `next`, or until the buffer is filled again.
  @safe
  package enum Event: BitwiseCopyable {
    case message(MessageKind, UnsafeRawBufferPointer)
    /// Already answered, or about to be.
    case ping(UnsafeRawBufferPointer)
    case pong(UnsafeRawBufferPointer)
    /// The peer's Close; `closeCode` and `closeReason` say more. Already echoed.
    case closed
    /// `failure` says what, `failurePosition` where.
    case failed
  }

  package let limits: Limits
  package private(set) var state = State.open
  /// The peer's close code, `noStatus` if it gave none, `abnormal` where no Close came.
  package private(set) var closeCode = CloseCode.abnormal
  package private(set) var closeReason = ""
  package private(set) var failure: WebSocketError?
  /// After a failure: offset of the frame that failed, in the bytes of the connection behind the handshake.
  package private(set) var failurePosition: Int64 = 0
  /// Whether the last message came compressed.
  package private(set) var isCompressed = false

  /// What the bytes so far were; `received` is left to the caller.
  package private(set) var wire = WireCounts()

  private var decoder: FrameDecoder
  private var assembler: MessageAssembler
  private var deflate: PermessageDeflate?
  private var writer: FrameWriter
  private var outgoing = ByteWriter(capacity: 4096)
  private var sentCount = 0
  private var usedUp = 0
  private var missing = 2
  private var latePong = InlineArray<125, UInt8>(repeating: 0)
  private var latePongCount: Int?

  package init(
    role: Role, limits: Limits = Limits(), checksText: Bool = true, keys: MaskKeys = MaskKeys()
  ) {
    self.limits = limits
    decoder = FrameDecoder(role: role, maximumFrameBytes: limits.maximumFrameBytes)
    assembler = MessageAssembler(
      maximumMessageBytes: limits.maximumMessageBytes, maximumFragments: limits.maximumFragments,
      checksText: checksText)
    writer = FrameWriter(role: role, keys: keys)
  }

  package var role: Role { writer.role }

  /// Compresses messages from now on and takes compressed ones, as the opening handshake agreed.
  package mutating func use(_ deflate: PermessageDeflate) {
    self.deflate = deflate
    decoder.allowsRSV1 = true
  }

  /// What was agreed about compression, nil where messages are plain.
  package var compression: DeflateParameters? { deflate?.parameters }

  // MARK: Receiving

  /// The next event among the bytes that arrived, nil when more must arrive first. Uses up what it has read.
  package mutating func next(_ buffer: inout ReceiveBuffer) -> Event? {
    if usedUp > 0 {
      buffer.consume(usedUp)
      usedUp = 0
    }
    guard state == .open || state == .closeSent else {
      wire.overhead += buffer.readableCount
      buffer.consume(buffer.readableCount)
      return nil
    }
    // The bytes stay where they are until the buffer is consumed, filled or grown, all of which happens later.
    let bytes = unsafe buffer.withMutableReadable { unsafe $0 }
    do throws(WebSocketError) {
      while true {
        failurePosition = decoder.position
        let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[usedUp...])
        switch try unsafe decoder.next(rest) {
        case .needMore(let missing):
          return wait(missing, &buffer)
        case .partial(let header, let payload, let missing):
          if !header.opcode.isControl {
            try unsafe assembler.look(at: header, arrived: UnsafeRawBufferPointer(rebasing: rest[payload]))
          }
          return wait(missing, &buffer)
        case .frame(let header, let range, let end):
          usedUp &+= end
          wire.overhead &+= range.lowerBound
          if header.opcode.isControl { wire.control &+= range.count } else { wire.data &+= range.count }
          let payload = unsafe UnsafeRawBufferPointer(rebasing: rest[range])
          if header.opcode.isControl { return try unsafe control(header.opcode, payload) }
          if let message = try unsafe assembler.add(header, payload: payload) {
            isCompressed = message.isCompressed
            if isCompressed { return try inflate(message) }
            return unsafe .message(message.kind, message.payload)
          }
        }
      }
    } catch {
      fail(error)
      return .failed
    }
  }

  private mutating func inflate(_ message: MessageAssembler.Message) throws(WebSocketError) -> Event {
    guard let deflate else { preconditionFailure("the decoder let a compressed message through") }
    let inflated = try unsafe deflate.inflate(message.payload, limit: limits.maximumMessageBytes)
    if assembler.checksText && message.kind == .text {
      var validator = UTF8Validator()
      guard unsafe validator.update(inflated.bytes), validator.isComplete else { throw .textNotUTF8 }
    }
    return unsafe .message(message.kind, inflated)
  }

  /// The whole text frames at the front of the buffer, to be walked without a look at each frame's place in a message.
  /// Nil where that place matters: in a fragmented message, in the middle of a frame, where we are the server or check
  /// text, and once the conversation is over. Give it back with `took` before anything else is called.
  package mutating func textFrames(_ buffer: inout ReceiveBuffer) -> TextFrames? {
    if usedUp > 0 {
      buffer.consume(usedUp)
      usedUp = 0
    }
    guard state == .open || state == .closeSent, role == .client, decoder.isBetweenFrames, !assembler.isGathering,
      !assembler.checksText
    else { return nil }
    // The bytes stay where they are until the buffer is consumed, filled or grown, all of which happens later.
    return unsafe buffer.withReadable { bytes in
      unsafe TextFrames(bytes, maximumBytes: min(limits.maximumFrameBytes, limits.maximumMessageBytes))
    }
  }

  /// Uses up the frames that were walked.
  package mutating func took(_ frames: TextFrames, _ buffer: inout ReceiveBuffer) {
    decoder.skip(frames.position)
    buffer.consume(frames.position)
    wire.overhead &+= frames.headerBytes
    wire.data &+= frames.position &- frames.headerBytes
    if frames.position > 0 { isCompressed = false }
  }

  /// The counts of a connection that has ended: what is left in the buffer was no whole frame.
  package func finalWire(_ buffer: borrowing ReceiveBuffer) -> WireCounts {
    var final = wire
    final.overhead += buffer.readableCount - usedUp
    return final
  }

  /// How much room the next read should have at least: what the frame under way lacks, within 2 bytes and 256 KiB. The
  /// peer's word for a length never makes us allocate more than that at once.
  package var wantedBytes: Int { max(2, min(missing, 256 << 10)) }

  private mutating func wait(_ missing: Int, _ buffer: inout ReceiveBuffer) -> Event? {
    buffer.consume(usedUp)
    usedUp = 0
    self.missing = missing
    return nil
  }

  private mutating func control(
    _ opcode: Opcode, _ payload: UnsafeRawBufferPointer
  ) throws(WebSocketError) -> Event {
    switch opcode {
    case .ping:
      unsafe answer(payload)
      return unsafe .ping(payload)
    case .pong:
      return unsafe .pong(payload)
    default:
      let said = try unsafe ClosePayload(payload.bytes)
      closeCode = said.code
      closeReason = said.reason
      if state == .open { queueClose(said.code) }
      state = .closed
      return .closed
    }
  }

  /// Queues a Pong, or remembers the Ping where the peer does not read what we send: it is enough to answer the latest
  /// one (RFC 6455 section 5.5.3).
  private mutating func answer(_ ping: UnsafeRawBufferPointer) {
    guard state == .open else { return }
    if queuedBytes <= limits.maximumQueuedBytesForPong {
      latePongCount = nil
      unsafe writer.frame(.pong, ping.bytes, into: &outgoing)
    } else {
      latePongCount = ping.count
      for i in 0..<ping.count { latePong[i] = unsafe ping[i] }
    }
  }

  private mutating func fail(_ error: WebSocketError) {
    failure = error
    if state == .open { queueClose(error.closeCode, reason: error.description) }
    state = .failed
  }

  private mutating func queueClose(_ code: CloseCode, reason: String = "") {
    // A server does not repeat 1010; no other code that arrives here is one that must not be sent.
    let sendable = code == .noStatus || code.maySend(as: role) ? code : .normal
    do throws(WebSocketError) {
      try writer.close(sendable, reason: reason, into: &outgoing)
    } catch {
      preconditionFailure("close code \(sendable) cannot be sent")
    }
  }

  /// Tells that the transport ended. Returns the code under which the conversation ended.
  @discardableResult
  package mutating func transportEnded() -> CloseCode {
    if state == .open || state == .closeSent { state = .lost }
    return closeCode
  }

  // MARK: Sending

  /// Whether data and control frames may still be queued.
  package var maySend: Bool { state == .open }

  /// Whether nothing more will be said: end the transport when `queuedBytes` is 0.
  package var isOver: Bool { state == .closed || state == .failed || state == .lost }

  /// Queues a message as one frame, or in fragments of at most `fragmentBytes`.
  /// - Parameter isSecret: it is never compressed, so that its bytes leave no trace in the length of others.
  package mutating func send(
    _ kind: MessageKind, _ payload: RawSpan, fragmentBytes: Int? = nil, isSecret: Bool = false
  ) throws(WebSocketError) {
    try mayQueue()
    guard let deflate, !isSecret else {
      return queue(kind, payload, fragmentBytes, isCompressed: false)
    }
    let deflated = unsafe deflate.deflate(payload)
    unsafe queue(kind, deflated.bytes, fragmentBytes, isCompressed: true)
  }

  private mutating func queue(_ kind: MessageKind, _ payload: RawSpan, _ fragmentBytes: Int?, isCompressed: Bool) {
    if let fragmentBytes {
      writer.message(kind, payload, fragmentBytes: fragmentBytes, isCompressed: isCompressed, into: &outgoing)
    } else {
      writer.message(kind, payload, isCompressed: isCompressed, into: &outgoing)
    }
  }

  package mutating func send(_ text: String) throws(WebSocketError) {
    var text = text
    text.makeContiguousUTF8()
    try unsafe send(.text, text.utf8.span.bytes)
  }

  /// Queues a Ping with up to 125 bytes.
  package mutating func ping(_ payload: RawSpan) throws(WebSocketError) {
    try mayQueue()
    try writer.ping(payload, into: &outgoing)
  }

  /// Queues a Close; nothing goes out behind it. Without effect when one was sent already.
  package mutating func close(_ code: CloseCode = .normal, reason: String = "") throws(WebSocketError) {
    guard state == .open else { return }
    try writer.close(code, reason: reason, into: &outgoing)
    state = .closeSent
  }

  private func mayQueue() throws(WebSocketError) {
    guard state == .open else { throw .alreadyClosing }
    guard queuedBytes <= limits.maximumQueuedBytes else {
      throw .outgoingQueueFull(bytes: queuedBytes, limit: limits.maximumQueuedBytes)
    }
  }

  /// How many bytes wait to be sent.
  package var queuedBytes: Int { outgoing.count - sentCount }
  /// Whether any are. Changes nothing: a lane asks with every read, and what cannot change is copied for a question.
  package var hasQueued: Bool { mutating get { outgoing.count > sentCount } }

  /// Lends the bytes that wait to be sent, for the length of the call. Report with `sent` how many went out.
  package func withQueued<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    try unsafe outgoing.withBytes { (bytes: UnsafeRawBufferPointer) throws(E) -> R in
      try unsafe body(UnsafeRawBufferPointer(rebasing: bytes[sentCount...]))
    }
  }

  /// Drops the first `count` queued bytes.
  package mutating func sent(_ count: Int) {
    precondition(count >= 0 && count <= queuedBytes)
    sentCount += count
    if sentCount == outgoing.count {
      outgoing.removeAll()
      sentCount = 0
    } else if sentCount >= 64 << 10 && sentCount * 2 >= outgoing.count {
      // At least as much was sent as is moved, so that moving stays cheaper than sending.
      outgoing.removeFirst(sentCount)
      sentCount = 0
    }
    if let count = latePongCount, state == .open, queuedBytes <= limits.maximumQueuedBytesForPong {
      latePongCount = nil
      unsafe writer.frame(.pong, latePong.span.bytes.extracting(0..<count), into: &outgoing)
    }
  }
}
