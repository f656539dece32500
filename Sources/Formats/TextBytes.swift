/// Copies a text a word at a time and looks for bytes that cannot stand as they are.
enum TextBytes {
  private static var ones: UInt64 { 0x0101_0101_0101_0101 }
  private static var highs: UInt64 { 0x8080_8080_8080_8080 }

  /// Not zero where a byte of the word is below 0x20, a quote, or `other`. A byte above a hit may count as one too:
  /// what looks closer then decides.
  @inline(__always)
  private static func suspects(_ word: UInt64, _ other: UInt64) -> UInt64 {
    let control = (word &- 0x20 &* ones) & ~word
    let quote = word ^ (0x22 &* ones)
    let second = word ^ (other &* ones)
    return (control | (quote &- ones) & ~quote | (second &- ones) & ~second) & highs
  }

  /// Writes the text; false where it holds a suspect byte. Writes exactly `text.count` bytes, and reads no others.
  @inline(__always)
  static func copy(_ text: UnsafeRawBufferPointer, _ to: UnsafeMutablePointer<UInt8>, suspect other: UInt64) -> Bool {
    let count = text.count
    guard let from = text.baseAddress else { return true }
    let target = UnsafeMutableRawPointer(to)
    var found: UInt64 = 0
    if count >= 8 {
      var at = 0
      while at < count &- 8 {
        let word = unsafe from.loadUnaligned(fromByteOffset: at, as: UInt64.self)
        unsafe target.storeBytes(of: word, toByteOffset: at, as: UInt64.self)
        found |= suspects(word, other)
        at &+= 8
      }
      let word = unsafe from.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
      unsafe target.storeBytes(of: word, toByteOffset: count &- 8, as: UInt64.self)
      found |= suspects(word, other)
    } else if count >= 4 {
      let first = unsafe from.loadUnaligned(as: UInt32.self)
      let last = unsafe from.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)
      unsafe target.storeBytes(of: first, as: UInt32.self)
      unsafe target.storeBytes(of: last, toByteOffset: count &- 4, as: UInt32.self)
      found = suspects(UInt64(first) | UInt64(last) &<< 32, other)
    } else {
      // The rest of the word is blanks, which are not suspect.
      var word: UInt64 = 0x20 &* ones
      for i in 0..<count {
        let byte = unsafe from.load(fromByteOffset: i, as: UInt8.self)
        unsafe to[i] = byte
        word = word &<< 8 | UInt64(byte)
      }
      found = suspects(word, other)
    }
    return found == 0
  }
}
