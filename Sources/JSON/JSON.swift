// JSON: a strict scanner for texts of RFC 8259 in UTF-8: structural index, forward cursor, numbers.
//
// Stage 1 (C, vector masks) writes the offsets of all tokens and checks what needs every byte: UTF-8, control characters,
// strings that do not end. Stage 2 (`Cursor`) walks the offsets forward; a value is checked and converted only when asked for,
// yet nothing of a document goes unchecked: what the consumer skips or leaves is validated.
//
// Invariant: no result depends on a byte outside the payload, and nothing beyond its padding is read (`Padding` of Bytes).
//
// Accepted where the grammar leaves a choice: duplicate keys (consumers decide), numbers beyond a double's range (infinity,
// as strtod), lone surrogates in \u escapes (decoded as U+FFFD). Refused: a byte order mark, depth beyond the limit.
//
// Out of scope: writing JSON, trees of values, other encodings, comments and other extensions.

/// What a value is, by its first byte.
@frozen
package enum Kind: UInt8, Sendable {
  case object, array, string, number, `true`, `false`, null
  /// No value starts here: malformed, or the end. Every read throws.
  case invalid
}
