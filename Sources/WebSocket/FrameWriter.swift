package import Bytes

/// Appends frames to a byte writer: masked with a fresh key while copying as a client, plain as a server.
package struct FrameWriter {
  package let role: Role
  private var keys: MaskKeys

  /// The longest payload of a control frame (RFC 6455 section 5.5).
  package static var maximumControlBytes: Int { 125 }
  /// The longest close reason: a control payload without the two bytes of the code.
  package static var maximumReasonBytes: Int { 123 }

  package init(role: Role, keys: MaskKeys = MaskKeys()) {
    self.role = role
    self.keys = keys
  }

  /// Appends one frame as it is asked for, right or wrong: tests write wrong ones with it.
  package mutating func frame(
    _ opcode: Opcode, _ payload: RawSpan, isFinal: Bool = true, reservedBits: UInt8 = 0, into out: inout ByteWriter
  ) {
    let key = role == .client ? keys.next() : nil
    let header = FrameHeader(
      opcode, payloadCount: payload.byteCount, isFinal: isFinal, reservedBits: reservedBits, maskKey: key)
    out.reserve(FrameHeader.maximumByteCount + payload.byteCount)
    header.encode(into: &out)
    if let key { Masking.append(payload, key: key, to: &out) } else { out.append(payload) }
  }

  /// Appends a message as one frame.
  package mutating func message(
    _ kind: MessageKind, _ payload: RawSpan, isCompressed: Bool = false, into out: inout ByteWriter
  ) {
    frame(kind.opcode, payload, reservedBits: isCompressed ? FrameHeader.rsv1 : 0, into: &out)
  }

  /// Appends a message in fragments of at most `fragmentBytes`. An empty message is one empty frame.
  package mutating func message(
    _ kind: MessageKind, _ payload: RawSpan, fragmentBytes: Int, isCompressed: Bool = false, into out: inout ByteWriter
  ) {
    precondition(fragmentBytes > 0)
    var at = 0
    repeat {
      let end = payload.byteCount - at <= fragmentBytes ? payload.byteCount : at + fragmentBytes
      let isFirst = at == 0
      frame(
        isFirst ? kind.opcode : .continuation, payload.extracting(at..<end), isFinal: end == payload.byteCount,
        reservedBits: isFirst && isCompressed ? FrameHeader.rsv1 : 0, into: &out)
      at = end
    } while at < payload.byteCount
  }

  /// Appends a Ping with up to 125 bytes.
  package mutating func ping(_ payload: RawSpan, into out: inout ByteWriter) throws(WebSocketError) {
    guard payload.byteCount <= Self.maximumControlBytes else { throw .controlPayloadTooLong(payload.byteCount) }
    frame(.ping, payload, into: &out)
  }

  /// Appends a Pong with up to 125 bytes.
  package mutating func pong(_ payload: RawSpan, into out: inout ByteWriter) throws(WebSocketError) {
    guard payload.byteCount <= Self.maximumControlBytes else { throw .controlPayloadTooLong(payload.byteCount) }
    frame(.pong, payload, into: &out)
  }

  /// Appends a Close. `noStatus` gives one without code and reason; a reason longer than 123 bytes is cut between
  /// characters.
  package mutating func close(
    _ code: CloseCode, reason: String = "", into out: inout ByteWriter
  ) throws(WebSocketError) {
    var payload: [UInt8] = []
    if code != .noStatus {
      guard code.maySend(as: role) else { throw .closeCodeNotSendable(code.rawValue) }
      payload.append(UInt8(code.rawValue >> 8))
      payload.append(UInt8(code.rawValue & 0xFF))
      for scalar in reason.unicodeScalars {
        let bytes = UTF8.encode(scalar)!
        guard payload.count - 2 + bytes.count <= Self.maximumReasonBytes else { break }
        payload.append(contentsOf: bytes)
      }
    }
    unsafe frame(.close, payload.span.bytes, into: &out)
  }
}
