/// Whatever goes wrong in a WebSocket conversation: what the peer did, what we were asked to send, or a limit.
package enum WebSocketError: Error, Equatable, Sendable {
  // Frames that break RFC 6455.
  case reservedBits(UInt8)
  case reservedOpcode(UInt8)
  case controlFragmented
  case controlTooLong(UInt8)
  case lengthNotMinimal(UInt64)
  case lengthTopBitSet
  case maskMissing
  case maskUnexpected
  case continuationWithoutStart
  case messageInterrupted(Opcode)
  case closePayloadTooShort
  case closeCodeInvalid(UInt16)
  case closeReasonNotUTF8
  case textNotUTF8
  /// A compressed message that is no DEFLATE data, or that does not end where a block does.
  case compressedDataInvalid(messageBytes: Int)
  // Limits of ours.
  case frameTooLong(bytes: Int, limit: Int)
  case messageTooLong(bytes: Int, limit: Int)
  case tooManyFragments(limit: Int)
  // The opening handshake, either role. Offsets count from the head's first byte.
  case headMalformed(HeadFlaw, offset: Int)
  case headTooLong(limit: Int)
  case tooManyHeaders(limit: Int)
  case headerMissing(HeaderName)
  case headerRepeated(HeaderName)
  // The opening handshake as a client.
  case refused(Refusal)
  case responseVersion
  case upgradeNotConfirmed(HeaderName)
  case acceptMismatch
  case extensionNotOffered(String)
  case extensionAnswerInvalid(String)
  case noMemoryToInflate
  case subprotocolNotOffered(String)
  // The opening handshake as a server.
  case requestVersion
  case methodNotGet
  case upgradeNotRequested(HeaderName)
  case keyInvalid
  case versionUnsupported
  case requestHasBody
  // What we were asked to send.
  case controlPayloadTooLong(Int)
  case closeCodeNotSendable(UInt16)
  case handshakeFieldInvalid(String)
  case handshakeFieldReserved(String)
  case alreadyClosing
  case outgoingQueueFull(bytes: Int, limit: Int)

  /// What is wrong with the lines of an HTTP head.
  package enum HeadFlaw: Equatable, Sendable {
    case bareLineFeed
    case bareCarriageReturn
    case controlCharacter
    case startLine
    case headerLine
    case foldedLine
  }

  /// The headers that the opening handshake turns on.
  package enum HeaderName: String, Sendable {
    case host = "Host"
    case upgrade = "Upgrade"
    case connection = "Connection"
    case key = "Sec-WebSocket-Key"
    case version = "Sec-WebSocket-Version"
    case accept = "Sec-WebSocket-Accept"
    case `extension` = "Sec-WebSocket-Extensions"
    case subprotocol = "Sec-WebSocket-Protocol"
  }

  /// An answer other than 101. Control characters of the peer's words were replaced by spaces.
  package struct Refusal: Equatable, Sendable {
    package var status: Int
    package var reason: String
    /// The Location header of a redirect (3xx).
    package var location: String?
    /// The Retry-After header, as written.
    package var retryAfter: String?
    /// The first bytes of the body, up to `HandshakeLimits.maximumBodyExcerptBytes`.
    package var bodyStart: String

    package init(
      status: Int, reason: String, location: String? = nil, retryAfter: String? = nil, bodyStart: String = ""
    ) {
      self.status = status
      self.reason = reason
      self.location = location
      self.retryAfter = retryAfter
      self.bodyStart = bodyStart
    }
  }
}

extension WebSocketError {
  /// Whose doing it was.
  package enum Fault: Sendable, Equatable {
    /// The peer broke the protocol, or does not want us.
    case peer
    /// The peer kept to the protocol and exceeded what we allow.
    case limit
    /// Our own caller asked for something that must not be sent.
    case caller
  }

  package var fault: Fault {
    switch self {
    case .frameTooLong, .messageTooLong, .tooManyFragments, .headTooLong, .tooManyHeaders, .outgoingQueueFull,
      .noMemoryToInflate:
      .limit
    case .controlPayloadTooLong, .closeCodeNotSendable, .handshakeFieldInvalid, .handshakeFieldReserved,
      .alreadyClosing:
      .caller
    default: .peer
    }
  }

  /// The code to close with. A failed opening handshake has no Close frame: 1002 then only names the kind of failure.
  package var closeCode: CloseCode {
    switch self {
    case .textNotUTF8, .closeReasonNotUTF8, .compressedDataInvalid: .invalidPayload
    case .frameTooLong, .messageTooLong, .tooManyFragments: .messageTooBig
    case .controlPayloadTooLong, .closeCodeNotSendable, .handshakeFieldInvalid, .handshakeFieldReserved,
      .alreadyClosing, .outgoingQueueFull:
      .internalError
    default: .protocolError
    }
  }

  /// Whether the same attempt may succeed later, unchanged.
  package var reconnectingMayHelp: Bool {
    switch self {
    case .refused(let refusal): (500..<600).contains(refusal.status) || [408, 425, 429].contains(refusal.status)
    case .headerMissing, .headerRepeated, .responseVersion, .upgradeNotConfirmed, .acceptMismatch,
      .extensionNotOffered, .extensionAnswerInvalid, .subprotocolNotOffered:
      false
    case .frameTooLong, .messageTooLong, .tooManyFragments, .headTooLong, .tooManyHeaders: false
    default: fault != .caller
    }
  }

  /// The HTTP status with which a server answers a request that it could not take.
  package var httpStatus: Int {
    switch self {
    case .methodNotGet: 405
    case .upgradeNotRequested, .versionUnsupported: 426
    case .requestVersion: 505
    case .headTooLong, .tooManyHeaders: 431
    default: 400
    }
  }
}

extension WebSocketError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .reservedBits(let bits): "frame with reserved bits 0x\(String(bits, radix: 16)) that no extension negotiated"
    case .reservedOpcode(let code): "frame with reserved opcode \(code)"
    case .controlFragmented: "control frame that is fragmented"
    case .controlTooLong(let length): "control frame with length code \(length), at most 125 is allowed"
    case .lengthNotMinimal(let length): "frame length \(length) is not written in its shortest form"
    case .lengthTopBitSet: "frame length has its top bit set"
    case .maskMissing: "frame from the client is not masked"
    case .maskUnexpected: "frame from the server is masked"
    case .continuationWithoutStart: "continuation frame without a message to continue"
    case .messageInterrupted(let opcode): "new \(opcode) frame before the fragmented message ended"
    case .closePayloadTooShort: "close frame with a payload of one byte"
    case .closeCodeInvalid(let code): "close frame with code \(code), which must not be sent"
    case .closeReasonNotUTF8: "close reason is not UTF-8"
    case .textNotUTF8: "text message is not UTF-8"
    case .compressedDataInvalid(let bytes): "compressed message of \(bytes) bytes is damaged: it cannot be inflated"
    case .frameTooLong(let bytes, let limit): "frame of \(bytes) bytes exceeds the limit of \(limit)"
    case .messageTooLong(let bytes, let limit): "message of at least \(bytes) bytes exceeds the limit of \(limit)"
    case .tooManyFragments(let limit): "message of more than \(limit) fragments"
    case .headMalformed(let flaw, let offset): "malformed HTTP head: \(flaw) at byte \(offset)"
    case .headTooLong(let limit): "HTTP head is longer than \(limit) bytes"
    case .tooManyHeaders(let limit): "HTTP head has more than \(limit) headers"
    case .headerMissing(let name): "handshake lacks the header \(name.rawValue)"
    case .headerRepeated(let name): "handshake repeats the header \(name.rawValue)"
    case .refused(let refusal): refusal.description
    case .responseVersion: "server switched protocols with an HTTP version other than 1.1"
    case .upgradeNotConfirmed(let name): "server's header \(name.rawValue) does not confirm the WebSocket upgrade"
    case .acceptMismatch: "server's Sec-WebSocket-Accept does not answer our key"
    case .extensionNotOffered(let name): "server chose the extension \(name), which we did not offer"
    case .extensionAnswerInvalid(let text): "server answered \"\(text)\", which our extension offer does not allow"
    case .noMemoryToInflate: "no memory to inflate compressed messages"
    case .subprotocolNotOffered(let name): "server chose the subprotocol \(name), which we did not offer"
    case .requestVersion: "request is not HTTP/1.1"
    case .methodNotGet: "request method is not GET"
    case .upgradeNotRequested(let name): "request's header \(name.rawValue) does not ask for a WebSocket"
    case .keyInvalid: "Sec-WebSocket-Key is not 16 bytes in base64"
    case .versionUnsupported: "Sec-WebSocket-Version is not 13"
    case .requestHasBody: "request has a body"
    case .controlPayloadTooLong(let count): "payload of \(count) bytes does not fit a control frame, shorten it to 125"
    case .closeCodeNotSendable(let code): "close code \(code) must not be sent"
    case .handshakeFieldInvalid(let name): "handshake field \(name) holds characters that must not be sent"
    case .handshakeFieldReserved(let name): "handshake header \(name) is written by the handshake itself"
    case .alreadyClosing: "nothing may be sent after the close frame"
    case .outgoingQueueFull(let bytes, let limit): "\(bytes) bytes wait to be sent, the limit is \(limit)"
    }
  }
}

extension WebSocketError.HeadFlaw: CustomStringConvertible {
  package var description: String {
    switch self {
    case .bareLineFeed: "line feed without carriage return"
    case .bareCarriageReturn: "carriage return without line feed"
    case .controlCharacter: "control character"
    case .startLine: "unreadable first line"
    case .headerLine: "unreadable header line"
    case .foldedLine: "folded header line"
    }
  }
}

extension WebSocketError.Refusal: CustomStringConvertible {
  package var description: String {
    var words = "server answered \(status)"
    if !reason.isEmpty { words += " \(reason)" }
    if let location { words += ", redirecting to \(location)" }
    if !bodyStart.isEmpty { words += ": \(bodyStart.prefix(200))" }
    return words
  }
}
