/// The hash FNV-1a of 64 bits (Fowler, Noll, Vo): the same on every machine and in every version. Whoever takes it
/// modulo something mixes it first, because its low bits depend little on the high ones.
package enum FNV1a {
  private static let basis: UInt64 = 0xCBF2_9CE4_8422_2325

  private static func next(_ hash: UInt64, _ byte: UInt8) -> UInt64 { (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }

  package static func hash(_ bytes: [UInt8]) -> UInt64 { bytes.reduce(basis, next) }

  /// Of a text's UTF-8; each `seed` gives a function of its own.
  package static func hash(_ text: String, seed: UInt64 = 0) -> UInt64 { text.utf8.reduce(basis ^ seed, next) }
}
