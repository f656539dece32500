package import Bytes
import Glibc

/// A string of a document, still as it was written. Lives as long as the scan that gave it.
///
/// Invariant: the range lies within the payload, its UTF-8 and its escapes were checked.
@frozen @usableFromInline
@safe
package struct StringToken {
  @usableFromInline let payload: UnsafePointer<UInt8>
  @usableFromInline let start: Int
  @usableFromInline let end: Int
  /// Whether the raw bytes differ from the content.
  @usableFromInline package let hasEscapes: Bool

  @usableFromInline
  init(payload: UnsafePointer<UInt8>, start: Int, end: Int, hasEscapes: Bool) {
    unsafe self.payload = payload
    self.start = start
    self.end = end
    self.hasEscapes = hasEscapes
  }

  /// The bytes between the quotes, in the payload.
  @inlinable package var range: Range<Int> { unsafe Range(uncheckedBounds: (start, end)) }
  /// Raw bytes between the quotes.
  @inlinable package var rawCount: Int { end &- start }

  /// Lends the raw bytes between the quotes. They lie in the payload: what surrounds them may be loaded too.
  @inlinable package func withRaw<R, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    try unsafe body(UnsafeRawBufferPointer(start: payload + start, count: end &- start))
  }

  /// Whether the content is that text.
  @inlinable package func equals(_ text: StaticString) -> Bool {
    if hasEscapes { return equalsDecoded(text) }
    let count = text.utf8CodeUnitCount
    guard count == end &- start else { return false }
    // Both sides have `count` bytes.
    return unsafe equalBytes(payload + start, text.utf8Start, count)
  }

  @inline(never) @usableFromInline
  func equalsDecoded(_ text: StaticString) -> Bool {
    var decoded = ByteWriter(capacity: rawCount)
    decode(into: &decoded)
    return unsafe decoded.withBytes { b in
      unsafe b.count == text.utf8CodeUnitCount && (b.isEmpty || memcmp(b.baseAddress!, text.utf8Start, b.count) == 0)
    }
  }

  @usableFromInline
  func equalBytes(_ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    unsafe memcmp(a, b, count) == 0
  }

  /// Appends the content as UTF-8. Surrogate pairs become one character, a lone surrogate U+FFFD.
  package func decode(into writer: inout ByteWriter) {
    unsafe withRaw { raw in
      if hasEscapes { unsafe Escapes.decode(raw, into: &writer) } else { unsafe writer.append(contentsOf: raw) }
    }
  }

  /// The content, for rare paths.
  package var string: String {
    if !hasEscapes { return unsafe withRaw { raw in unsafe String(decoding: raw, as: UTF8.self) } }
    var decoded = ByteWriter(capacity: rawCount)
    decode(into: &decoded)
    return decoded.string
  }
}
