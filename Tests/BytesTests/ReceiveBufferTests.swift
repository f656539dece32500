import Bytes
import TestSupport
import Testing

@Suite("Receive buffer")
struct ReceiveBufferTests {
  private static func fill(_ buffer: inout ReceiveBuffer, _ bytes: [UInt8]) -> Int {
    unsafe buffer.fill { room in
      let count = min(room.count, bytes.count)
      for i in 0..<count { unsafe room[i] = bytes[i] }
      return count
    }
  }

  private static func readable(_ buffer: borrowing ReceiveBuffer) -> [UInt8] {
    unsafe buffer.withReadable { b in unsafe [UInt8](b) }
  }

  /// Reads every byte of the padding around the readable bytes, which only memory that is ours allows.
  private static func padding(_ buffer: borrowing ReceiveBuffer) -> Int {
    unsafe buffer.withReadable { b in
      guard let base = b.baseAddress else { return -1 }
      var touched = 0
      for i in -Padding.front..<0 { touched += unsafe base.load(fromByteOffset: i, as: UInt8.self) >= 0 ? 1 : 0 }
      for i in b.count..<b.count + Padding.back {
        touched += unsafe base.load(fromByteOffset: i, as: UInt8.self) >= 0 ? 1 : 0
      }
      return touched
    }
  }

  @Test("behaves like a queue of bytes, within its limit", arguments: 1...30 as ClosedRange<UInt64>)
  func model(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let maximum = Int.random(in: 100...3000, using: &random)
    var buffer = ReceiveBuffer(capacity: Int.random(in: 1...100, using: &random), maximumCapacity: maximum)
    var model: [UInt8] = []
    for step in 0..<500 {
      switch random.next() % 3 {
      case 0:
        let asked = Int.random(in: 0...200, using: &random)
        let fits = buffer.makeRoom(asked)
        // Refused only where the limit forbids it.
        check(fits == (model.count + asked <= maximum), "seed \(seed), step \(step)")
        check(buffer.capacity <= maximum, "seed \(seed), step \(step)")
        guard fits else { continue }
        let bytes = random.bytes(asked)
        check(Self.fill(&buffer, bytes) == asked, "seed \(seed), step \(step)")
        model += bytes
      case 1:
        let used = Int.random(in: 0...model.count, using: &random)
        buffer.consume(used)
        model.removeFirst(used)
      default:
        unsafe buffer.withMutableReadable { b in
          for i in 0..<b.count { unsafe b[i] ^= 0x5A }
        }
        model = model.map { $0 ^ 0x5A }
      }
      check(buffer.readableCount == model.count && buffer.isEmpty == model.isEmpty, "seed \(seed), step \(step)")
      guard Self.readable(buffer) == model else {
        Issue.record("seed \(seed), step \(step): other bytes")
        return
      }
      check(Self.padding(buffer) == Padding.front + Padding.back)
    }
    buffer.removeAll()
    check(buffer.isEmpty)
  }

  @Test("the padding decoders count on has its promised size")
  func paddingSize() {
    #expect(Padding.front == 64)
    #expect(Padding.back == 128)
  }

  @Test("the last byte may be filled, and then the limit holds")
  func full() {
    var buffer = ReceiveBuffer(capacity: 8, maximumCapacity: 16)
    check(buffer.makeRoom(16))
    check(Self.fill(&buffer, [UInt8](repeating: 1, count: 99)) == 16)
    check(!buffer.makeRoom(1))
    check(buffer.makeRoom(0))
    buffer.consume(1)
    check(buffer.makeRoom(1) && !buffer.makeRoom(2))
  }

  @Test("a failing read leaves the buffer as it was")
  func failingRead() {
    struct ReadFailed: Error {}
    var buffer = ReceiveBuffer(capacity: 8)
    _ = Self.fill(&buffer, [1, 2, 3])
    var failed = false
    do throws(ReadFailed) {
      _ = try unsafe buffer.fill { (room) throws(ReadFailed) in
        unsafe room[0] = 9
        throw ReadFailed()
      }
    } catch { failed = true }
    #expect(failed)
    check(Self.readable(buffer) == [1, 2, 3])
  }
}
