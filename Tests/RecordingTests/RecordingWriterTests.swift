import Bytes
import Testing

@testable import Recording

@Suite("Writing and reading a recording")
struct RecordingWriterTests {
  @Test("what was appended is read back, in order and byte for byte", arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
  func roundTrip(seed: UInt64) throws {
    var random = SplitMix64(state: seed)
    let records = randomRecords(300, random: &random)
    let bytes = try recording(records, limits: limits(segmentBytes: 1 + random.below(4000)))
    let reading = try Reading(bytes)
    #expect(reading.records == records, "seed \(seed)")
    #expect(reading.verdict == .clean)
    #expect(reading.damage.isEmpty)
    #expect(reading.statistics.entries == 300)
    #expect(reading.statistics.payloadBytes == UInt64(records.reduce(0) { $0 + $1.payload.count }))
    #expect(reading.statistics.first == records[0].arrival)
    #expect(reading.statistics.last == records[299].arrival)
    #expect(reading.positions.allSatisfy { $0 % 8 == 0 })
  }

  @Test("every payload length around the alignment survives, empty included")
  func lengths() throws {
    let records = (0...33).map { n in
      Record(
        kind: .received, lane: 7, arrival: arrival(Int64(n), Int64(n)), payload: [UInt8](repeating: UInt8(n), count: n))
    }
    #expect(try Reading(recording(records)).records == records)
  }

  @Test("a recording without entries is clean once closed")
  func noEntries() throws {
    let reading = try Reading(recording([]))
    #expect(reading.records.isEmpty)
    #expect(reading.verdict == .clean)
  }

  @Test("a writer may go on after it closed, and a closing entry in the middle closes nothing")
  func closedTwice() throws {
    let record = Record(kind: .received, lane: 0, arrival: arrival(1, 1), payload: [1])
    var writer = RecordingWriter(fileID: testFileID, created: WallNanos(rawValue: 0))
    try writer.append(record)
    writer.close(at: record.arrival)
    try writer.append(record)
    var bytes = writer.take()
    #expect(try Reading(bytes).verdict == .torn(at: bytes.count, bytesLost: 0))
    writer.close(at: record.arrival)
    bytes += writer.take()
    let reading = try Reading(bytes)
    #expect(reading.verdict == .clean)
    #expect(reading.records == [record, record])
    #expect(reading.statistics.closings == 2)
  }

  @Test("the bytes are the same however the pending ones are taken")
  func partialWrites() throws {
    var random = SplitMix64(state: 11)
    let records = randomRecords(200, random: &random)
    let whole = try recording(records, limits: limits(segmentBytes: 3000))
    var writer = RecordingWriter(
      fileID: testFileID, created: WallNanos(rawValue: 1_700_000_000_000_000_000), limits: limits(segmentBytes: 3000))
    var file: [UInt8] = []
    for record in records {
      try writer.append(record)
      let part = random.below(writer.pendingCount + 1)
      unsafe writer.withPending { b in unsafe file.append(contentsOf: b.prefix(part)) }
      writer.removePending(part)
      #expect(writer.offset == file.count + writer.pendingCount)
    }
    writer.close(at: records[199].arrival)
    file += writer.take()
    #expect(file == whole)
    #expect(writer.offset == whole.count)
    #expect(writer.pendingCount == 0)
  }

  @Test("marks come back as they were")
  func marks() throws {
    var writer = RecordingWriter(fileID: 1, created: WallNanos(rawValue: 2))
    let start = SessionStart(session: 9, url: "wss://demo.dxfeed.com/market-data/dxlink-ws", version: "0.1.0")
    let end = SessionEnd(session: 9, closeCode: 1006, reason: "the connection was lost")
    let gap = GapMark(
      from: WallNanos(rawValue: -5), to: WallNanos(rawValue: 5), lostFrames: 3, lostBytes: 1000,
      cause: .recordingOverflow,
      reason: "the ring was full")
    try writer.append(start, lane: 2, arrival: arrival(1, 1))
    try writer.append(gap, lane: 2, arrival: arrival(2, 2))
    try writer.append(end, lane: 2, arrival: arrival(3, 3))
    let records = try Reading(writer.take()).records
    #expect(records.map(\.kind) == [.sessionStart, .gap, .sessionEnd])
    unsafe records[0].payload.withUnsafeBytes { b in unsafe #expect(SessionStart(parsing: b) == start) }
    unsafe records[1].payload.withUnsafeBytes { b in unsafe #expect(GapMark(parsing: b) == gap) }
    unsafe records[2].payload.withUnsafeBytes { b in unsafe #expect(SessionEnd(parsing: b) == end) }
  }

  @Test("a mark cut anywhere is refused, never read past its end")
  func cutMarks() throws {
    var writer = ByteWriter()
    SessionStart(session: 1, url: "wss://h/p", version: "1").encode(into: &writer)
    for n in 0..<writer.count {
      unsafe writer.withBytes { b in
        unsafe #expect(SessionStart(parsing: UnsafeRawBufferPointer(rebasing: b[..<n])) == nil)
      }
    }
    writer.removeAll()
    GapMark(from: WallNanos(rawValue: 0), to: WallNanos(rawValue: 1), cause: .other, reason: "why").encode(
      into: &writer)
    for n in 0..<writer.count {
      unsafe writer.withBytes { b in unsafe #expect(GapMark(parsing: UnsafeRawBufferPointer(rebasing: b[..<n])) == nil)
      }
    }
    writer.removeAll()
    SessionEnd(session: 1, closeCode: 1000, reason: "why").encode(into: &writer)
    for n in 0..<writer.count {
      unsafe writer.withBytes { b in
        unsafe #expect(SessionEnd(parsing: UnsafeRawBufferPointer(rebasing: b[..<n])) == nil)
      }
    }
  }

  @Test(
    "a session mark keeps no secret of its URL",
    arguments: [
      ("wss://demo.dxfeed.com/a/b", "wss://demo.dxfeed.com/a/b"),
      ("wss://user:secret@host:443/p?token=secret#secret", "wss://host:443/p"),
      ("wss://host?token=secret", "wss://host"),
      ("wss://host/p#secret", "wss://host/p"),
      ("wss://u:sec/ret@host/p", "wss://"),
      ("wss://u:sec?ret@host/p", "wss://"),
      ("wss://u:12?secret@host", "wss://"),
      ("ws://[::1]:8080/x", "ws://[::1]:8080/x"),
      ("ws://[::1]/x", "ws://[::1]/x"),
      ("host:80/x?secret", "host:80/x"),
      ("a@b@host/x", "host/x"),
      ("", ""),
    ])
  func secrets(url: String, kept: String) {
    #expect(SessionStart(session: 0, url: url, version: "").url == kept)
  }

  @Test("text in a mark is cut to its limit and control characters are taken out when read")
  func markText() throws {
    var writer = ByteWriter()
    SessionEnd(session: 0, closeCode: 0, reason: "\u{1B}[31m" + String(repeating: "x", count: 5000)).encode(
      into: &writer)
    let end = try #require(unsafe writer.withBytes { b in unsafe SessionEnd(parsing: b) })
    #expect(end.reason.hasPrefix("?[31mx"))
    #expect(end.reason.utf8.count == Layout.maximumTextBytes)
  }

  @Test("a payload over the limit is refused and nothing is appended")
  func tooLong() throws {
    var writer = RecordingWriter(fileID: 1, created: WallNanos(rawValue: 0))
    let before = writer.offset
    let long = [UInt8](repeating: 0, count: Layout.maximumPayloadBytes + 1)
    #expect(throws: RecordingError.payloadTooLong(bytes: long.count, limit: Layout.maximumPayloadBytes)) {
      try writer.append(Record(kind: .received, lane: 0, arrival: arrival(0, 0), payload: long))
    }
    #expect(writer.offset == before)
  }

  @Test("a caller that does not write is stopped at the limit and can go on afterwards")
  func pendingLimit() throws {
    var limits = RecordingLimits()
    limits.pendingBytes = 4096
    var writer = RecordingWriter(fileID: testFileID, created: WallNanos(rawValue: 0), limits: limits)
    let record = Record(kind: .received, lane: 0, arrival: arrival(1, 1), payload: [UInt8](repeating: 65, count: 500))
    var appended = 0
    #expect(throws: RecordingError.self) {
      while true {
        try writer.append(record)
        appended += 1
      }
    }
    #expect(appended == 7)
    var file = writer.take()
    try writer.append(record)
    writer.close(at: record.arrival)
    file += writer.take()
    #expect(try Reading(file).records.count == 8)
    #expect(try Reading(file).verdict == .clean)
  }

  @Test("a segment closes by bytes, by time and when told")
  func segmentLimits() throws {
    let payload = [UInt8](repeating: 65, count: 68)
    let records = (0..<10).map {
      Record(kind: .received, lane: 0, arrival: arrival(Int64($0), Int64($0)), payload: payload)
    }
    // An entry takes 104 bytes: a limit of 300 closes after the third.
    #expect(try Reading(recording(records, limits: limits(segmentBytes: 300))).statistics.segmentEnds == 4)
    #expect(try Reading(recording(records, limits: limits(segmentNanos: 5))).statistics.segmentEnds == 2)
    var writer = RecordingWriter(fileID: 1, created: WallNanos(rawValue: 0), limits: limits(segmentNanos: 5))
    try writer.append(records[0])
    let open = writer.offset
    writer.closeSegmentIfDue(now: MonotonicNanos(rawValue: 4))
    #expect(writer.offset == open)
    writer.closeSegmentIfDue(now: MonotonicNanos(rawValue: 5))
    #expect(writer.offset == open + 128)
    writer.closeSegment()
    #expect(writer.offset == open + 128, "an empty segment is not closed again")
  }

  @Test("kinds and flags of a later version are skipped and counted, and the rest is clean")
  func unknownKinds() throws {
    let known = Record(kind: .received, lane: 0, arrival: arrival(1, 1), payload: [1, 2, 3])
    let unknown = Record(kind: EntryKind(rawValue: 200), lane: 0, arrival: arrival(1, 1), payload: [9, 9])
    let zero = Record(kind: EntryKind(rawValue: 0), lane: 0, arrival: arrival(1, 1), payload: [])
    let reading = try Reading(recording([known, unknown, known, zero, known]))
    #expect(reading.records == [known, known, known])
    #expect(reading.statistics.unknown == 2)
    #expect(reading.verdict == .clean)
  }
}
