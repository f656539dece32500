// JSON: a strict scanner for texts of RFC 8259 in UTF-8: structural index, forward cursor, numbers.
//
// Stage 1 (C, vector masks) writes the offsets of all tokens and checks what needs every byte: UTF-8, control
// characters, strings that do not end. Stage 2 (`Cursor`) walks the offsets forward; a value is checked and
// converted only when asked for, yet nothing of a document goes unchecked: what the consumer skips or leaves is
// validated.
//
// Invariant: no result depends on a byte outside the payload, and nothing beyond its padding is read (`Padding` of
// Bytes).
//
// Accepted where the grammar leaves a choice: duplicate keys (consumers decide), numbers beyond a double's range
// (infinity, as strtod), lone surrogates in \u escapes (decoded as U+FFFD). Refused: a byte order mark, depth beyond
// the limit.
//
// Out of scope: writing JSON, trees of values, other encodings, comments and other extensions.

/// What a value is, by its first byte.
@frozen @usableFromInline
package enum Kind: UInt8, Sendable {
  case object, array, string, number, `true`, `false`, null
  /// No value starts here: malformed, or the end. Every read throws.
  case invalid

  @inlinable @inline(__always)
  init(firstByte: UInt8) {
    switch firstByte {
    case 0x22: self = .string
    case 0x2D, 0x30...0x39: self = .number
    case 0x5B: self = .array
    case 0x66: self = .false
    case 0x6E: self = .null
    case 0x74: self = .true
    case 0x7B: self = .object
    default: self = .invalid
    }
  }
}
