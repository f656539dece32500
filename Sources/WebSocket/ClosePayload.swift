import Bytes

/// What a Close frame says: nothing, or a code and a reason (RFC 6455 section 5.5.1).
package struct ClosePayload: Equatable, Sendable {
  /// `noStatus` where the frame was empty.
  package let code: CloseCode
  package let reason: String

  package init(_ bytes: RawSpan) throws(WebSocketError) {
    guard bytes.byteCount > 0 else {
      code = .noStatus
      reason = ""
      return
    }
    guard bytes.byteCount >= 2 else { throw .closePayloadTooShort }
    let high = bytes.byte(at: 0)
    let low = bytes.byte(at: 1)
    code = CloseCode(rawValue: UInt16(high) << 8 | UInt16(low))
    guard code.mayBeReceived else { throw .closeCodeInvalid(code.rawValue) }
    let words = bytes.extracting(2..<bytes.byteCount)
    guard UTF8Validator.isValid(words) else { throw .closeReasonNotUTF8 }
    reason = unsafe words.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
  }
}

extension RawSpan {
  /// One byte; the index is checked.
  fileprivate func byte(at index: Int) -> UInt8 {
    precondition(index >= 0 && index < byteCount)
    return unsafe unsafeLoad(fromUncheckedByteOffset: index, as: UInt8.self)
  }
}
