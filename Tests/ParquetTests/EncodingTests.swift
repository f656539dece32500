import Bytes
import TestSupport
import Testing

@testable import Parquet

@Suite("Parquet's encodings", .tags(.property))
struct EncodingTests {
  @Test("Snappy gives back every kind of bytes", arguments: 0..<40)
  func snappy(part: Int) throws {
    var random = SeededRandom(seed: 40 + UInt64(part))
    let count = [0, 1, 3, 4, 15, 16, 17, 60, 61, 255, 256, 65_535, 65_536, 65_537, 200_000][part % 15]
    let spread = [1, 2, 7, 256][part % 4]
    var bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next() % UInt64(spread)) }
    // Long matches, near and far.
    if count > 1000 {
      for i in 500..<700 { bytes[i] = bytes[i - 300] }
      for i in (count - 100)..<count { bytes[i] = bytes[i - 480] }
    }
    var out = ByteWriter()
    let snappy = Snappy()
    let done = unsafe bytes.withUnsafeBytes { b in unsafe snappy.compress(b, into: &out) }
    #expect(done)
    #expect(Reference.snappy(out.array) == bytes)
    if spread == 1 && count > 1000 { #expect(out.array.count < count / 15) }
  }

  @Test("runs and packed codes of every width come back", arguments: 1...32)
  func levels(width: Int) {
    var random = SeededRandom(seed: UInt64(width))
    for count in [1, 7, 8, 9, 64, 1000] {
      var values: [UInt32] = []
      while values.count < count {
        let value = UInt32(truncatingIfNeeded: random.next()) >> UInt32(32 - width)
        values += Array(repeating: value, count: Int(random.next() % 3 == 0 ? random.next() % 30 : 1))
      }
      values.removeLast(values.count - count)
      var out = ByteWriter()
      unsafe values.withUnsafeBufferPointer { v in
        unsafe RunLevels.append(v.baseAddress!, count, width: width, to: &out)
      }
      #expect(Reference.levels(out.array, width: width, count: count) == values)
    }
  }

  @Test("differences come back, those that wrap around too")
  func deltas() {
    var random = SeededRandom(seed: 3)
    for count in [1, 2, 32, 33, 128, 129, 130, 1000] {
      let near = (0..<count).map { Int64(1_772_461_800_000) + Int64($0) * 3 + Int64(random.next() % 5) }
      let any = (0..<count).map { _ in Int64(bitPattern: random.next()) }
      let edge = (0..<count).map { $0 % 2 == 0 ? Int64.min : Int64.max }
      for values in [near, any, edge] {
        var out = ByteWriter()
        unsafe values.withUnsafeBufferPointer { v in unsafe DeltaBlocks.append(v.baseAddress!, count, to: &out) }
        #expect(Reference.deltas(out.array, is32: false) == values)
        let short = values.map { Int32(truncatingIfNeeded: $0) }
        var shorter = ByteWriter()
        unsafe short.withUnsafeBufferPointer { v in unsafe DeltaBlocks.append(v.baseAddress!, count, to: &shorter) }
        #expect(Reference.deltas(shorter.array, is32: true) == short.map { Int64($0) })
      }
      var out = ByteWriter()
      unsafe near.withUnsafeBufferPointer { v in unsafe DeltaBlocks.append(v.baseAddress!, count, to: &out) }
      if count == 1000 { #expect(out.array.count < 1000) }
    }
  }

  @Test("a dictionary of numbers tells values apart by their bits, and has a limit")
  func numbers() {
    let dictionary = NumberDictionary()
    let values: [Int64] = [0, .min, 1, 0, -1, 1, .max, .min]
    var codes = [UInt32](repeating: 9, count: values.count)
    let done = unsafe values.withUnsafeBufferPointer { v in
      unsafe codes.withUnsafeMutableBufferPointer { c in
        unsafe dictionary.codes(v.baseAddress!, v.count, c.baseAddress!)
      }
    }
    #expect(done && codes == [0, 1, 2, 0, 3, 2, 4, 1])
    let many = (0..<NumberDictionary.maximumCount + 1).map { Int64($0) * 1_000_003 }
    var more = [UInt32](repeating: 0, count: many.count)
    let fits = unsafe many.withUnsafeBufferPointer { v in
      unsafe more.withUnsafeMutableBufferPointer { c in
        unsafe dictionary.codes(v.baseAddress!, v.count, c.baseAddress!)
      }
    }
    #expect(!fits && dictionary.count == NumberDictionary.maximumCount)
    dictionary.removeAll()
    #expect(dictionary.count == 0)
  }

  @Test("extremes leave NaN out, and hold whichever zeros there are")
  func extremes() {
    func of(_ values: [Double]) -> [Double]? {
      let found = unsafe values.withUnsafeBufferPointer { v in unsafe Extremes.of(v.baseAddress!, v.count) }
      guard let low = found.low, let high = found.high else { return nil }
      return [low, high].map { bytes in
        Double(bitPattern: bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
      }
    }
    #expect(of([.nan, 2, -3, .nan]) == [-3, 2])
    #expect(of([.nan, .nan]) == nil)
    #expect(of([.infinity, .nan]) == [.infinity, .infinity])
    #expect(of([0, 0])?.map(\.sign) == [.minus, .plus])
    #expect(of([-0.0])?.map(\.sign) == [.minus, .plus])
  }
}
