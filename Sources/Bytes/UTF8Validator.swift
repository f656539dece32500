import CShims

/// Strict UTF-8 (Unicode, table 3-7) of a text that comes in pieces: no overlong forms, no surrogates, nothing above
/// U+10FFFF. Fails at the first byte that no continuation can make valid, as RFC 6455 section 8.1 wants it.
package struct UTF8Validator: Sendable, BitwiseCopyable {
  /// What may come next, as the C side packs it; zero between characters.
  private var state: UInt32 = 0

  package init() {}

  /// Takes the next piece. False, now and from then on, when the text is ill-formed.
  package mutating func update(_ bytes: RawSpan) -> Bool {
    // The callee reads `count` bytes from a live buffer.
    state = unsafe bytes.withUnsafeBytes { b in
      guard let base = b.baseAddress else { return state }
      return unsafe qw_utf8_continue(state, base, b.count)
    }
    return state != UTF8Validator.invalid
  }

  /// Whether the text so far is valid and ends between two characters.
  package var isComplete: Bool { state == 0 }

  /// Whether a whole text is valid.
  package static func isValid(_ bytes: RawSpan) -> Bool {
    var validator = UTF8Validator()
    return validator.update(bytes) && validator.isComplete
  }

  /// QW_UTF8_INVALID.
  private static var invalid: UInt32 { .max }
}
