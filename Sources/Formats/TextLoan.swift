package import Market
package import Rings

extension Text {
  /// Lends the text's bytes for the length of the call; an empty text for null and for an id that was never given.
  package func withBytes(_ texts: TextStore, _ body: (UnsafeRawBufferPointer) -> Void) {
    if let id {
      unsafe texts.withText(id.rawValue, body)
    } else {
      // Little-endian: the text stands in the low bytes, first byte lowest.
      let count = inlineCount ?? 0
      unsafe withUnsafeBytes(of: word.littleEndian) { b in
        unsafe body(UnsafeRawBufferPointer(rebasing: b[..<count]))
      }
    }
  }
}
