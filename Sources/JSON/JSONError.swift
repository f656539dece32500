/// Why a text is no JSON, or not the JSON that was asked for. Offsets count bytes of the payload.
@frozen @usableFromInline
package enum JSONError: Error, Equatable, Sendable {
  case empty
  case tooLarge(bytes: Int, maximum: Int)
  case tooDeep(offset: Int, maximum: Int)
  case invalidUTF8(offset: Int)
  case controlCharacter(offset: Int)
  case unterminatedString(offset: Int)
  case invalidEscape(offset: Int)
  case invalidNumber(offset: Int)
  case invalidLiteral(offset: Int)
  /// No value starts where one must.
  case expectedValue(offset: Int)
  case expectedKey(offset: Int)
  case expectedColon(offset: Int)
  case expectedCommaOrEnd(offset: Int)
  case trailingBytes(offset: Int)
  /// Well-formed so far, but another kind of value than the consumer needs.
  case wrongKind(wanted: Kind, offset: Int)
  case notIntegral(offset: Int)
  case outOfRange(offset: Int)

  /// Where in the payload; the end of what is allowed for `tooLarge`.
  package var offset: Int {
    switch self {
    case .empty: 0
    case .tooLarge(_, let maximum): maximum
    case .tooDeep(let offset, _), .invalidUTF8(let offset), .controlCharacter(let offset),
      .unterminatedString(let offset), .invalidEscape(let offset), .invalidNumber(let offset),
      .invalidLiteral(let offset), .expectedValue(let offset), .expectedKey(let offset), .expectedColon(let offset),
      .expectedCommaOrEnd(let offset), .trailingBytes(let offset), .wrongKind(_, let offset),
      .notIntegral(let offset), .outOfRange(let offset):
      offset
    }
  }
}

extension JSONError: CustomStringConvertible {
  @usableFromInline package var description: String {
    switch self {
    case .empty: "no JSON value: the text is empty or blank"
    case .tooLarge(let bytes, let maximum):
      "JSON text of \(bytes) bytes, more than the limit of \(maximum); raise the limit"
    case .tooDeep(let offset, let maximum): "JSON nested deeper than \(maximum) levels at byte \(offset)"
    case .invalidUTF8(let offset): "invalid UTF-8 in JSON at byte \(offset)"
    case .controlCharacter(let offset): "unescaped control character in a JSON string at byte \(offset)"
    case .unterminatedString(let offset): "JSON string without end, begun at byte \(offset)"
    case .invalidEscape(let offset): "invalid escape in a JSON string at byte \(offset)"
    case .invalidNumber(let offset): "invalid JSON number at byte \(offset)"
    case .invalidLiteral(let offset): "neither true, false nor null at byte \(offset)"
    case .expectedValue(let offset): "a JSON value is missing at byte \(offset)"
    case .expectedKey(let offset): "a JSON object's key is missing at byte \(offset)"
    case .expectedColon(let offset): "the colon after a JSON object's key is missing at byte \(offset)"
    case .expectedCommaOrEnd(let offset): "a comma or the end of a JSON container is missing at byte \(offset)"
    case .trailingBytes(let offset): "more text after the JSON value at byte \(offset)"
    case .wrongKind(let wanted, let offset): "expected JSON \(wanted) at byte \(offset)"
    case .notIntegral(let offset): "expected a whole number at byte \(offset)"
    case .outOfRange(let offset): "number beyond 64 bits at byte \(offset)"
    }
  }
}
