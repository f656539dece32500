import Bytes
import Testing

@testable import Recording

@Suite("Torn and damaged recordings")
struct RecordingDamageTests {
  /// A small recording of three segments, its records, and where each entry of any kind ends.
  static func sample() throws -> (bytes: [UInt8], records: [Record]) {
    var random = SplitMix64(state: 42)
    let records = randomRecords(9, random: &random, maximumPayload: 40)
    return (try recording(records, limits: limits(segmentBytes: 150)), records)
  }

  @Test("cut at every byte: all whole entries before the cut, and the right verdict")
  func everyTruncation() throws {
    let (bytes, records) = try Self.sample()
    let whole = try Reading(bytes)
    #expect(whole.records == records)
    let ends = Self.entryEnds(bytes)
    #expect(ends.last == bytes.count)
    for cut in 0..<bytes.count {
      let part = Array(bytes[..<cut])
      if cut == 0 {
        #expect(throws: RecordingError.empty) { try Reading(part) }
      } else if cut < Layout.headerBytes {
        #expect(throws: RecordingError.headerTorn(bytes: cut)) { try Reading(part) }
      } else {
        let reading = try Reading(part)
        let lastEnd = ends.last { $0 <= cut } ?? Layout.headerBytes
        let count = zip(whole.positions, records).filter { position, record in
          position + Layout.entryBytes(payload: record.payload.count) <= cut
        }.count
        #expect(reading.records == Array(records[..<count]), "cut at \(cut)")
        #expect(reading.verdict == .torn(at: lastEnd, bytesLost: cut - lastEnd), "cut at \(cut)")
        #expect(reading.damage.isEmpty)
      }
    }
  }

  /// Walks the lengths, as the format says.
  static func entryEnds(_ bytes: [UInt8]) -> [Int] {
    var ends: [Int] = []
    var at = Layout.headerBytes
    while at < bytes.count {
      let length = (0..<4).reduce(0) { $0 | Int(bytes[at + 8 + $1]) << (8 * $1) }
      at += 32 + (length + 7) / 8 * 8
      ends.append(at)
    }
    return ends
  }

  @Test("a flip of any bit is noticed, and no changed payload is handed out")
  func everyFlip() throws {
    let (bytes, records) = try Self.sample()
    let ends = Self.entryEnds(bytes)
    for at in 0..<bytes.count {
      for bit in 0..<8 {
        var changed = bytes
        changed[at] ^= 1 << bit
        if at < Layout.headerBytes {
          #expect(throws: RecordingError.self) { try Reading(changed) }
          continue
        }
        let reading = try Reading(changed)
        let start = ends.last { $0 <= at } ?? Layout.headerBytes
        let end = ends.first { $0 > at } ?? bytes.count
        if end == bytes.count {
          #expect(reading.verdict == .torn(at: start, bytesLost: end - start), "byte \(at)")
          #expect(reading.records == records)
        } else {
          #expect(reading.verdict == .corrupt(at: start), "byte \(at)")
          #expect(reading.damage == [RecordingDamage(range: start..<end, cause: .unreadable)], "byte \(at)")
          let lost = records.count - reading.records.count
          #expect(lost == 0 || lost == 1)
          #expect(reading.entriesLost == UInt64(lost))
          #expect(reading.records.allSatisfy(records.contains))
        }
      }
    }
  }

  @Test("reading goes on after a damaged range of any length and place", arguments: [1, 2, 3, 4] as [UInt64])
  func resynchronisation(seed: UInt64) throws {
    var random = SplitMix64(state: seed)
    let records = randomRecords(120, random: &random)
    let bytes = try recording(records, limits: limits(segmentBytes: 2000))
    let ends = [Layout.headerBytes] + Self.entryEnds(bytes)
    let whole = try Reading(bytes)
    for _ in 0..<60 {
      let from = 64 + random.below(bytes.count - 64 - 600)
      let to = from + 1 + random.below(500)
      var changed = bytes
      for i in from..<to { changed[i] = bytes[i] &+ 1 &+ UInt8(random.below(255)) }
      let reading = try Reading(changed)
      let start = try #require(ends.last { $0 <= from })
      let end = try #require(ends.first { $0 >= to })
      let kept = zip(whole.positions, records).filter { position, _ in position < start || position >= end }.map(\.1)
      #expect(reading.records == kept, "seed \(seed), \(from)..<\(to)")
      #expect(
        reading.damage == [RecordingDamage(range: start..<end, cause: .unreadable)], "seed \(seed), \(from)..<\(to)")
      #expect(reading.verdict == .corrupt(at: start))
    }
  }

  @Test("an entry copied into a payload is not taken for one when its carrier is damaged")
  func embedded() throws {
    let inner = try recording(
      [Record(kind: .received, lane: 0, arrival: arrival(1, 1), payload: [66, 67])], closed: false)
    var writer = RecordingWriter(fileID: 777, created: WallNanos(rawValue: 0))
    let carrier = Record(kind: .received, lane: 0, arrival: arrival(2, 2), payload: Array(inner[64...]))
    let plain = Record(kind: .received, lane: 0, arrival: arrival(3, 3), payload: [68])
    try writer.append(carrier)
    try writer.append(plain)
    writer.close(at: arrival(3, 3))
    var bytes = writer.take()
    bytes[64 + 16] ^= 1
    let reading = try Reading(bytes)
    #expect(reading.records == [plain])
  }

  @Test("whole entries taken out, doubled or exchanged contradict their segment end")
  func inconsistent() throws {
    let records = (0..<4).map { Record(kind: .received, lane: 0, arrival: arrival(5, 5), payload: [UInt8($0)]) }
    let bytes = try recording(records)
    // Four entries of 40 bytes.
    let out = Array(bytes[..<104] + bytes[144...])
    let doubled = Array(bytes[..<104] + bytes[64..<104] + bytes[104...])
    let exchanged = Array(bytes[..<64] + bytes[104..<144] + bytes[64..<104] + bytes[144...])
    for changed in [out, doubled, exchanged] {
      let reading = try Reading(changed)
      #expect(reading.verdict == .corrupt(at: 64))
      #expect(reading.damage.first?.cause == .inconsistent)
    }
  }

  @Test("a whole segment taken out is noticed")
  func missingSegment() throws {
    let records = (0..<6).map { Record(kind: .received, lane: 0, arrival: arrival(5, 5), payload: [UInt8($0)]) }
    let bytes = try recording(records, limits: limits(segmentBytes: 80))
    // A segment: two entries of 40 bytes and a segment end of 128.
    let out = Array(bytes[..<(64 + 208)] + bytes[(64 + 416)...])
    let reading = try Reading(out)
    #expect(reading.verdict == .corrupt(at: 64 + 208))
  }

  @Test(
    "hostile lengths are refused",
    arguments: [0xFFFF_FFFF, 0x8000_0000, 0x7FFF_FFFF, 64 << 20, (64 << 20) + 1, 0xFFFF_FFE0])
  func hostileLengths(length: Int) throws {
    let record = Record(kind: .received, lane: 0, arrival: arrival(1, 1), payload: [1])
    var bytes = try recording([record, record])
    for i in 0..<4 { bytes[64 + 8 + i] = UInt8(truncatingIfNeeded: length >> (8 * i)) }
    let reading = try Reading(bytes)
    #expect(reading.records == [record])
    #expect(reading.verdict == .corrupt(at: 64))
  }

  @Test("bytes that were put between entries are reported exactly, however few", arguments: [8, 16, 24, 32, 40])
  func inserted(count: Int) throws {
    let empty = Record(kind: .received, lane: 0, arrival: arrival(1, 1), payload: [])
    let bytes = try recording([empty, empty])
    let reading = try Reading(Array(bytes[..<96]) + [UInt8](repeating: 0x55, count: count) + bytes[96...])
    #expect(reading.records == [empty, empty])
    #expect(reading.damage == [RecordingDamage(range: 96..<(96 + count), cause: .unreadable)])
  }

  @Test("a payload of the greatest length is read, a longer one with a right check is not", arguments: [0, 8])
  func greatestLength(over: Int) throws {
    let length = Layout.maximumPayloadBytes + over
    var bytes = try recording([], closed: false)
    bytes += [0xFE, 0x51, 0x57, 0xFF, 0, 0, 0, 0]
    for i in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: length >> (8 * i))) }
    bytes += [1] + [UInt8](repeating: 0, count: 19 + length)
    RecordingSeekTests.reseal(&bytes, at: 64)
    let file = PaddedFile(bytes)
    var reader = try file.reader()
    let found = reader.next().map { entry in unsafe entry.payload.count }
    #expect(found == (over == 0 ? length : nil))
  }

  @Test("a file full of look-alikes ends the search within its budget of work")
  func lookAlikes() throws {
    var bytes = try recording([], closed: false)
    let entry: [UInt8] = [0xFE, 0x51, 0x57, 0xFF, 0, 0, 0, 0, 0, 0, 0x10, 0, 1, 0, 0, 0]
    // Each claims 1 MiB: unbounded, the search would check 2 GiB and more.
    for _ in 0..<(3 << 16) { bytes += entry }
    let file = PaddedFile(bytes)
    let reader = try file.reader()
    var work = 10 << 20
    #expect(reader.scanner.firstEntry(from: 64, work: &work) == nil)
    #expect(work < 0)
    #expect(work > -(2 << 20), "it stopped with the entry that used the budget up")
  }

  @Test("random bytes after a good header never crash and never give an entry", arguments: [7, 8, 9] as [UInt64])
  func noise(seed: UInt64) throws {
    var random = SplitMix64(state: seed)
    let start = try recording([], closed: false)
    for _ in 0..<200 {
      var bytes = start
      for _ in 0..<random.below(400) {
        bytes += random.below(8) == 0 ? [0xFE, 0x51, 0x57, 0xFF] : [UInt8(truncatingIfNeeded: random.next())]
      }
      let reading = try Reading(bytes)
      #expect(reading.records.isEmpty, "seed \(seed)")
      #expect(reading.verdict == .torn(at: 64, bytesLost: bytes.count - 64), "seed \(seed)")
    }
  }
}
