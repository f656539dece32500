import Bytes
import Testing

@testable import Recording

/// Claims whatever it is told to; shows what the reader does with a broken or lying decompressor.
private struct Claim: SegmentCompression {
  var count: Int?
  func compress(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int? { count }
  func decompress(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int? { count }
}

/// Remembers what it was asked to unpack to.
private final class Witness: SegmentCompression {
  var asked: [Int] = []
  func compress(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int? { nil }
  func decompress(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int? {
    asked.append(output.count)
    return nil
  }
}

@Suite("Compressed segments")
struct RecordingCompressionTests {
  static func runs(_ count: Int) -> [Record] {
    (0..<count).map {
      Record(
        kind: .received, lane: UInt16($0 % 3), arrival: arrival(Int64($0), Int64($0)),
        payload: [UInt8](repeating: UInt8(65 + $0 % 26), count: 100 + $0))
    }
  }

  @Test("a compressed recording is read back and is shorter")
  func roundTrip() throws {
    let records = Self.runs(100)
    let bytes = try recording(records, compression: RunLengths(), limits: limits(segmentBytes: 3000))
    let reading = try Reading(bytes, compression: RunLengths())
    #expect(reading.records == records)
    #expect(reading.verdict == .clean)
    #expect(reading.statistics.compressedSegments == reading.statistics.segmentEnds)
    #expect(reading.statistics.compressedSegments > 3)
    #expect(try bytes.count < recording(records).count)
  }

  @Test("a segment that does not become shorter is stored plain")
  func incompressible() throws {
    var random = SplitMix64(state: 3)
    let records = randomRecords(50, random: &random)
    for compression in [Claim(count: nil), Claim(count: 1 << 40), Claim(count: -1)] {
      let bytes = try recording(records, compression: compression)
      let reading = try Reading(bytes, compression: compression)
      #expect(reading.records == records)
      #expect(reading.verdict == .clean)
      #expect(reading.statistics.compressedSegments == 0)
    }
  }

  @Test("without a decompressor a compressed recording is refused")
  func noDecompressor() throws {
    let bytes = try recording(Self.runs(3), compression: RunLengths())
    #expect(throws: RecordingError.compressionUnavailable) { try Reading(bytes) }
  }

  @Test("cut at every byte: whole segments survive, the unfinished one is lost")
  func everyTruncation() throws {
    let records = Self.runs(8)
    let bytes = try recording(records, compression: RunLengths(), limits: limits(segmentBytes: 400))
    let whole = try Reading(bytes, compression: RunLengths())
    #expect(whole.records == records)
    let ends = [Layout.headerBytes] + RecordingDamageTests.entryEnds(bytes)
    for cut in Layout.headerBytes..<bytes.count {
      let reading = try Reading(Array(bytes[..<cut]), compression: RunLengths())
      let lastEnd = try #require(ends.last { $0 <= cut })
      let count = whole.positions.filter { $0 < lastEnd }.count
      #expect(reading.records == Array(records[..<count]), "cut at \(cut)")
      #expect(reading.verdict == .torn(at: lastEnd, bytesLost: cut - lastEnd), "cut at \(cut)")
    }
  }

  @Test("a block that does not unpack is reported, and the segments around it are read")
  func brokenBlock() throws {
    let records = Self.runs(9)
    let bytes = try recording(records, compression: RunLengths(), limits: limits(segmentBytes: 400))
    let whole = try Reading(bytes, compression: RunLengths())
    let positions = Array(Set(whole.positions)).sorted()
    #expect(positions.count == 3)
    let victim = positions[1]
    let end = try #require(RecordingDamageTests.entryEnds(bytes).first { $0 > victim })
    let kept = zip(whole.positions, records).filter { $0.0 != victim }.map(\.1)
    // Byte of the block (a count), method, unpacked length beyond the limit, odd, zero, and too large for the content.
    let changes: [(Int, UInt8)] = [(48, 0), (36, 2), (35, 0x7F), (32, 0x01), (34, 0x01)]
    for (at, value) in changes {
      var changed = bytes
      changed[victim + at] = value
      RecordingSeekTests.reseal(&changed, at: victim)
      let reading = try Reading(changed, compression: RunLengths())
      #expect(reading.records == kept, "byte \(at)")
      #expect(reading.damage == [RecordingDamage(range: victim..<end, cause: .compression)], "byte \(at)")
      #expect(reading.verdict == .corrupt(at: victim))
      #expect(reading.entriesLost == UInt64(records.count - kept.count))
    }
  }

  @Test("a bomb is refused before memory is taken for it, and a lying decompressor gives nothing")
  func bomb() throws {
    let bytes = try recording(Self.runs(3), compression: RunLengths())
    var bomb = bytes
    let claimed = Layout.maximumSegmentBytes + 8
    for i in 0..<4 { bomb[64 + 32 + i] = UInt8(truncatingIfNeeded: claimed >> (8 * i)) }
    RecordingSeekTests.reseal(&bomb, at: 64)
    let witness = Witness()
    #expect(try Reading(bomb, compression: witness).records.isEmpty)
    #expect(witness.asked.isEmpty)
    #expect(try Reading(bytes, compression: witness).records.isEmpty)
    #expect(witness.asked.count == 1)
    #expect(try Reading(bytes, compression: Claim(count: 8)).records.isEmpty)
    #expect(try Reading(bytes, compression: Claim(count: nil)).records.isEmpty)
  }

  @Test("damage inside an unpacked block costs the rest of the block and is reported at its place in the file")
  func damageInside() throws {
    let records = Self.runs(4)
    let bytes = try recording(records, compression: RunLengths(), limits: limits(segmentBytes: 100_000))
    let end = try #require(RecordingDamageTests.entryEnds(bytes).first)
    var changed = bytes
    // The byte of the last pair of the block: its run repeats another byte then.
    let length = (0..<4).reduce(0) { $0 | Int(bytes[64 + 8 + $1]) << (8 * $1) }
    changed[64 + 32 + length - 1] ^= 1
    RecordingSeekTests.reseal(&changed, at: 64)
    let reading = try Reading(changed, compression: RunLengths())
    #expect(reading.records == Array(records[..<3]))
    #expect(reading.damage == [RecordingDamage(range: 64..<end, cause: .compression)])
    #expect(reading.entriesLost == 1)
  }
}
