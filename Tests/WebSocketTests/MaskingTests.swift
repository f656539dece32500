import Bytes
import TestSupport
import Testing
import WebSocket

@Suite("Masking")
struct MaskingTests {
  /// The rule of RFC 6455 section 5.3, byte by byte.
  static func slowly(_ bytes: [UInt8], _ key: [UInt8], phase: Int) -> [UInt8] {
    bytes.enumerated().map { $1 ^ key[(phase + $0) % 4] }
  }

  static let key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
  static var packedKey: UInt32 { unsafe key.withUnsafeBytes { unsafe $0.loadUnaligned(as: UInt32.self) } }

  @Test(
    "every kernel masks like the byte loop at every alignment, length 0 to 300 and phase",
    arguments: Masking.Way.allCases)
  func kernels(_ way: Masking.Way) {
    var random = SeededRandom(seed: 7)
    let source = random.bytes(400)
    var wrong: [String] = []
    var ran = 0
    for offset in 0..<32 {
      for count in 0...300 {
        let phase = (offset + count) % 4
        var bytes = source
        let done = unsafe bytes.withUnsafeMutableBytes { all in
          unsafe Masking.apply(
            Self.packedKey, to: UnsafeMutableRawBufferPointer(rebasing: all[offset..<offset + count]), phase: phase,
            by: way)
        }
        guard done else { continue }
        ran += 1
        let expected =
          Array(source[..<offset]) + Self.slowly(Array(source[offset..<offset + count]), Self.key, phase: phase)
          + Array(source[(offset + count)...])
        if bytes != expected { wrong.append("offset \(offset) count \(count)") }
      }
    }
    #expect(wrong.isEmpty)
    if way == .portable { #expect(ran == 32 * 301) }
    if ran == 0 { print("kernel \(way) is not on this CPU") }
  }

  @Test("the kernel that is chosen masks like the byte loop at every phase and length")
  func chosen() {
    var random = SeededRandom(seed: 8)
    for count in 0...300 {
      for phase in 0..<5 {
        let source = random.bytes(count)
        var bytes = source
        unsafe bytes.withUnsafeMutableBytes { unsafe Masking.apply(Self.packedKey, to: $0, phase: phase) }
        #expect(bytes == Self.slowly(source, Self.key, phase: phase))
      }
    }
  }

  @Test("masking a copy leaves the source and what was written before")
  func copy() {
    for count in 0...300 {
      let source = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
      var out = ByteWriter(capacity: 64)
      out.append("x")
      unsafe Masking.append(source.span.bytes, key: Self.packedKey, to: &out)
      #expect(out.array == [0x78] + Self.slowly(source, Self.key, phase: 0))
    }
  }

  @Test("mask keys are fresh for each frame, over several refills of the pool")
  func freshKeys() {
    var keys = MaskKeys()
    let drawn = (0..<1000).map { _ in keys.next() }
    // A thousand of 2^32: one collision in ten thousand runs; three in none.
    #expect(Set(drawn).count >= 998)
    var writer = FrameWriter(role: .client)
    var out = ByteWriter()
    for _ in 0..<2 { writer.frame(.text, bytes: Array("same".utf8), into: &out) }
    #expect(out.array[2..<6] != out.array[12..<16])
  }
}
