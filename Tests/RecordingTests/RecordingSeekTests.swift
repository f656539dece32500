import Bytes
import Testing

@testable import Recording

@Suite("Seeking by time")
struct RecordingSeekTests {
  /// What a scan of all records gives: from the first whose running maximum reaches `wall`.
  static func scan(_ records: [Record], from wall: Int64) -> [Record] {
    var latest = Int64.min
    let first = records.firstIndex { record in
      latest = max(latest, record.arrival.wall.rawValue)
      return latest >= wall
    }
    return Array(records[(first ?? records.count)...])
  }

  @Test("seeking gives what a scan from the start gives", arguments: [1, 2, 3] as [UInt64], [false, true])
  func sameAsScan(seed: UInt64, isCompressed: Bool) throws {
    var random = SplitMix64(state: seed)
    let records = randomRecords(400, random: &random)
    let compression: RunLengths? = isCompressed ? RunLengths() : nil
    let bytes = try recording(records, compression: compression, limits: limits(segmentBytes: 2000))
    let torn = Array(bytes[..<(bytes.count - 1000)])
    let tornRecords = try Reading(torn, compression: compression).records
    let first = records[0].arrival.wall.rawValue
    for _ in 0..<60 {
      let wall = first - 5_000_000 + Int64(random.below(450_000_000))
      let reading = try Reading(bytes, compression: compression, from: wall)
      #expect(reading.records == Self.scan(records, from: wall), "seed \(seed), wall \(wall)")
      #expect(reading.verdict == .clean, "seed \(seed), wall \(wall)")
      #expect(reading.statistics.entries == UInt64(reading.records.count))
      let tornReading = try Reading(torn, compression: compression, from: wall)
      #expect(tornReading.records == Self.scan(tornRecords, from: wall), "torn, seed \(seed), wall \(wall)")
    }
    for edge in [Int64.min, .max, first, first + 1] {
      #expect(try Reading(bytes, compression: compression, from: edge).records == Self.scan(records, from: edge))
    }
  }

  @Test("seeking reads only the segment that it lands in")
  func jumps() throws {
    let records = (0..<100).map {
      Record(
        kind: .received, lane: 0, arrival: arrival(Int64($0), Int64($0)), payload: [UInt8](repeating: 65, count: 100))
    }
    let file = PaddedFile(try recording(records, limits: limits(segmentBytes: 1000)))
    var reader = try file.reader()
    reader.seek(to: WallNanos(rawValue: 95))
    #expect(reader.position > reader.count * 8 / 10)
    reader.seek(to: WallNanos(rawValue: 3))
    #expect(reader.position == 64)
    reader.seek(to: WallNanos(rawValue: 95))
    #expect(reader.next()?.arrival.wall.rawValue == 95)
    reader.rewind()
    #expect(reader.next()?.arrival.wall.rawValue == 0)
  }

  @Test("a damaged segment end costs a search, not the seek")
  func damagedIndex() throws {
    var random = SplitMix64(state: 5)
    let records = randomRecords(200, random: &random)
    let bytes = try recording(records, limits: limits(segmentBytes: 1500))
    let ends = [64] + RecordingDamageTests.entryEnds(bytes)
    let segmentEnds = ends.dropLast().filter { bytes[$0 + 12] == EntryKind.segmentEnd.rawValue }
    #expect(segmentEnds.count > 8)
    let middle = records[100].arrival.wall.rawValue
    for position in segmentEnds {
      var changed = bytes
      changed[position + 40] ^= 1
      let reading = try Reading(changed, from: middle)
      #expect(reading.records == Self.scan(records, from: middle), "segment end at \(position)")
    }
  }

  @Test("a hostile chain of segment ends does not hold a seek")
  func hostileChain() throws {
    // A segment end that names itself, and one that names a place behind it.
    for previous in [64, 1 << 40, UInt64.max] as [UInt64] {
      var point = ResumePoint(fileID: testFileID)
      point.latestWall = WallNanos(rawValue: 100)
      var end = SegmentEnd(closing: point)
      end.previous = previous
      var payload = ByteWriter()
      end.encode(into: &payload)
      var bytes = try recording(
        [Record(kind: EntryKind(rawValue: 99), lane: 0, arrival: arrival(1, 1), payload: payload.array)], closed: false)
      bytes[64 + 12] = EntryKind.segmentEnd.rawValue
      Self.reseal(&bytes, at: 64)
      let reading = try Reading(bytes, from: 50)
      #expect(reading.records.isEmpty)
      #expect(reading.statistics.segmentEnds == 1)
    }
  }

  /// Gives the entry at `offset` a right check after a change.
  static func reseal(_ bytes: inout [UInt8], at offset: Int) {
    var crc = FileHeader(compressed: false, created: WallNanos(rawValue: 0), fileID: testFileID).entrySeed
    let length = (0..<4).reduce(0) { $0 | Int(bytes[offset + 8 + $1]) << (8 * $1) }
    let covered = Array(bytes[(offset + 8)..<(offset + Layout.entryBytes(payload: length))])
    unsafe crc.update(covered.span.bytes)
    for i in 0..<4 { bytes[offset + 4 + i] = UInt8(truncatingIfNeeded: crc.value >> (8 * UInt32(i))) }
  }
}
