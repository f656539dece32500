import Bytes
import TestSupport
import Testing

@Suite("Byte writer")
struct ByteWriterTests {
  @Test("behaves like an array that is appended to", arguments: 1...30 as ClosedRange<UInt64>)
  func model(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var writer = ByteWriter(capacity: Int.random(in: 0...200, using: &random))
    var model: [UInt8] = []
    for step in 0..<400 {
      let bytes = random.bytes(Int.random(in: 0...90, using: &random))
      switch random.next() % 10 {
      case 0:
        writer.append(bytes.first ?? 0)
        model.append(bytes.first ?? 0)
      case 1:
        writer.append(bytes)
        model += bytes
      case 2:
        unsafe writer.append(bytes.span.bytes)
        model += bytes
      case 3:
        let value = random.next()
        writer.append(raw: value)
        for i in 0..<8 { model.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * i))) }
      case 4:
        writer.append("static text")
        model += Array("static text".utf8)
      case 5:
        writer.append(String(step) + "é")
        model += Array((String(step) + "é").utf8)
      case 6:
        let kept = Int.random(in: model.count / 2...model.count, using: &random)
        writer.truncate(to: kept)
        model.removeLast(model.count - kept)
      case 7:
        let gone = Int.random(in: 0...model.count / 2, using: &random)
        writer.removeFirst(gone)
        model.removeFirst(gone)
      case 8:
        guard model.count >= 4 else { continue }
        let at = Int.random(in: 0...model.count - 4, using: &random)
        writer.overwrite(at: at, raw: UInt32(0x0403_0201))
        model.replaceSubrange(at..<at + 4, with: [1, 2, 3, 4])
      default:
        unsafe writer.appendUnsafe(room: bytes.count + 5) { p in
          for i in bytes.indices { unsafe p[i] = bytes[i] }
          return bytes.count
        }
        model += bytes
      }
      check(writer.count == model.count && writer.count <= writer.capacity, "seed \(seed), step \(step)")
      check(writer.isEmpty == model.isEmpty, "seed \(seed), step \(step)")
    }
    check(writer.array == model, "seed \(seed)")
    writer.removeAll()
    check(writer.isEmpty && writer.array.isEmpty)
  }

  @Test("memory grows to what is asked for in one step and is kept")
  func growth() {
    var writer = ByteWriter(capacity: 64)
    writer.append([UInt8](repeating: 1, count: 10_000))
    let grown = writer.capacity
    check(grown >= 10_000 && grown < 20_000)
    writer.removeAll()
    writer.reserve(grown)
    check(writer.capacity == grown)
    writer.append("text")
    check(writer.string == "text")
  }

  @Test("writing over what was not written ends the process")
  func overwriteOutside() async {
    await #expect(processExitsWith: .failure) {
      var writer = ByteWriter()
      writer.append(raw: UInt32(1))
      writer.overwrite(at: 1, raw: UInt32(2))
    }
  }
}
