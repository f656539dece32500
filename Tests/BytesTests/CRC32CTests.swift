import Bytes
import TestSupport
import Testing

@Suite("CRC-32C")
struct CRC32CTests {
  /// Bit by bit from the definition, as a second opinion.
  private func slow(_ bytes: [UInt8]) -> UInt32 {
    var crc = ~UInt32(0)
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
    }
    return ~crc
  }

  @Test(
    "gives the values that RFC 3720 lists and the usual check value",
    arguments: [
      ([UInt8](repeating: 0, count: 32), UInt32(0x8A91_36AA)),
      ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
      ([UInt8](0..<32), 0x46DD_794E),
      ([UInt8]((0..<32).reversed()), 0x113F_DB5C),
      (Array("123456789".utf8), 0xE306_9283),
      ([UInt8](), 0),
    ] as [([UInt8], UInt32)])
  func known(bytes: [UInt8], sum: UInt32) {
    #expect(unsafe CRC32C.checksum(bytes.span.bytes) == sum)
  }

  @Test("any length from any place is the same as bit by bit")
  func lengths() {
    var random = SeededRandom(seed: 21)
    let bytes = random.bytes(300)
    var wrong: [String] = []
    for start in 0..<9 {
      for end in start...300 {
        let part = Array(bytes[start..<end])
        let sum = unsafe CRC32C.checksum(bytes.span.bytes.extracting(start..<end))
        // To ask for memory that is not there changes nothing.
        var asking = CRC32C()
        unsafe asking.update(bytes.span.bytes.extracting(start..<end), askingAhead: 1 << 40)
        if asking.value != sum { wrong.append("\(start)..<\(end), asking ahead") }
        if sum != slow(part) { wrong.append("\(start)..<\(end)") }
      }
    }
    #expect(wrong.isEmpty)
  }

  @Test("two parts one after the other give the sum of the whole, wherever they are cut")
  func everySplit() {
    var random = SeededRandom(seed: 22)
    let bytes = random.bytes(200)
    let whole = unsafe CRC32C.checksum(bytes.span.bytes)
    let wrong = (0...200).filter { cut in
      var crc = CRC32C()
      unsafe crc.update(bytes.span.bytes.extracting(0..<cut))
      unsafe crc.update(bytes.span.bytes.extracting(cut..<200))
      return crc.value != whole
    }
    #expect(wrong.isEmpty)
  }

  @Test("every way that this CPU has gives the same value, at every length and from any start")
  func ways() {
    var random = SeededRandom(seed: 23)
    let bytes = random.bytes(8400)
    let ways = CRC32C.Way.allCases.filter(\.isSupported)
    #expect(ways.contains(.portable))
    var wrong: [String] = []
    // Lengths on both sides of each change of method, then some longer than the longest chain.
    for length in Array(0...1100) + [3071, 3072, 3073, 3080, 3264, 6144, 6337, 8192, 8391] {
      let at = length % 9
      let part = unsafe bytes.span.bytes.extracting(at..<(at + length))
      let start = UInt32(truncatingIfNeeded: random.next())
      let expected = CRC32C.checksum(part, by: .portable, from: start)
      for way in ways where CRC32C.checksum(part, by: way, from: start) != expected {
        wrong.append("\(way) at \(length)")
      }
    }
    #expect(wrong.isEmpty)
  }

  @Test("sums of two parts give the sum of the whole, wherever it is cut")
  func combined() {
    var random = SeededRandom(seed: 11)
    let bytes = random.bytes(3000)
    let whole = unsafe CRC32C.checksum(bytes.span.bytes)
    for cut in [0, 1, 2, 7, 8, 9, 255, 256, 1024, 2999, 3000] {
      let (a, b) = (Array(bytes[..<cut]), Array(bytes[cut...]))
      let (first, second) = unsafe (CRC32C.checksum(a.span.bytes), CRC32C.checksum(b.span.bytes))
      #expect(CRC32C.combined(first, second, bytesOfSecond: b.count) == whole, "cut at \(cut)")
    }
  }
}
