import Bytes
import Testing

@testable import Recording

@Suite("Inspection, repair and going on")
struct RecordingRepairTests {
  @Test("cut at every byte and repaired, the file is clean and keeps every whole entry", arguments: [false, true])
  func repairEveryTruncation(isCompressed: Bool) throws {
    let compression: RunLengths? = isCompressed ? RunLengths() : nil
    let records = RecordingCompressionTests.runs(7)
    let bytes = try recording(records, compression: compression, limits: limits(segmentBytes: 350))
    for cut in Layout.headerBytes...bytes.count {
      let part = Array(bytes[..<cut])
      let before = try Reading(part, compression: compression)
      let plan = try inspect(part, compression: compression).repairPlan
      #expect(plan.isNeeded == (cut < bytes.count))
      #expect(!plan.leavesDamage)
      let repaired = Array(part[..<plan.truncateTo]) + plan.closing
      let after = try Reading(repaired, compression: compression)
      #expect(after.verdict == .clean, "cut at \(cut)")
      #expect(after.records == before.records, "cut at \(cut)")
      #expect(try !inspect(repaired, compression: compression).repairPlan.isNeeded)
    }
  }

  @Test("cut at every byte and gone on with, the file is clean and holds both parts", arguments: [false, true])
  func resumeEveryTruncation(isCompressed: Bool) throws {
    let compression: RunLengths? = isCompressed ? RunLengths() : nil
    let records = RecordingCompressionTests.runs(6)
    let more = RecordingCompressionTests.runs(5)
    let bytes = try recording(records, compression: compression, limits: limits(segmentBytes: 350))
    for cut in Layout.headerBytes...bytes.count {
      let part = Array(bytes[..<cut])
      let inspection = try inspect(part, compression: compression)
      let plan = inspection.repairPlan
      var file = Array(part[..<plan.truncateTo])
      var writer = RecordingWriter(
        resumingAt: plan.resumePoint, header: inspection.header, compression: compression,
        limits: limits(segmentBytes: 350))
      for record in more { try writer.append(record) }
      writer.close(at: arrival(9, 9))
      file += writer.take()
      #expect(writer.offset == file.count)
      let reading = try Reading(file, compression: compression)
      #expect(reading.verdict == .clean, "cut at \(cut)")
      let kept = try Reading(part, compression: compression).records
      #expect(reading.records == kept + more, "cut at \(cut)")
      for wall in 0...7 {
        let sought = try Reading(file, compression: compression, from: Int64(wall)).records
        #expect(sought == RecordingSeekTests.scan(kept + more, from: Int64(wall)), "cut at \(cut), wall \(wall)")
      }
    }
  }

  @Test("a plain segment that was open goes on in a compressed recording")
  func resumePlainAsCompressed() throws {
    // Noise is stored plain; the cut takes the segment end.
    var random = SplitMix64(state: 4)
    let records = randomRecords(10, random: &random)
    let bytes = try recording(records, compression: RunLengths())
    let part = Array(bytes[..<(bytes.count - 200)])
    let inspection = try inspect(part, compression: RunLengths())
    #expect(inspection.hasOpenSegment)
    var writer = RecordingWriter(
      resumingAt: inspection.resumePoint, header: inspection.header, compression: RunLengths())
    for record in RecordingCompressionTests.runs(3) { try writer.append(record) }
    writer.close(at: arrival(1, 1))
    let file = Array(part[..<inspection.resumePoint.offset]) + writer.take()
    let reading = try Reading(file, compression: RunLengths())
    #expect(reading.verdict == .clean)
    #expect(reading.statistics.compressedSegments == 1)
    #expect(reading.records.count == inspection.statistics.entries + 3)
  }

  @Test("damage in the middle stays where it is: the plan says so and keeps what follows")
  func damageStays() throws {
    var random = SplitMix64(state: 6)
    let records = randomRecords(40, random: &random)
    var bytes = try recording(records, limits: limits(segmentBytes: 1000))
    bytes[100] ^= 1
    #expect(try !inspect(bytes).repairPlan.isNeeded)
    #expect(try inspect(bytes).repairPlan.leavesDamage)
    let part = Array(bytes[..<(bytes.count - 50)])
    let plan = try inspect(part).repairPlan
    let reading = try Reading(Array(part[..<plan.truncateTo]) + plan.closing)
    #expect(plan.isNeeded)
    #expect(plan.leavesDamage)
    #expect(reading.records == Array(records[1...]))
    #expect(reading.verdict == .corrupt(at: 64))
  }

  @Test("an inspection tells segments, sessions, gaps, times and damage")
  func summary() throws {
    var writer = RecordingWriter(
      fileID: testFileID, created: WallNanos(rawValue: 50), limits: limits(segmentBytes: 500))
    let start = SessionStart(session: 1, url: "ws://127.0.0.1:7400/", version: "0.1.0")
    let again = SessionStart(session: 2, url: "ws://127.0.0.1:7400/", version: "0.1.0")
    let end = SessionEnd(session: 1, closeCode: 1000, reason: "done")
    let gap = GapMark(from: WallNanos(rawValue: 3), to: WallNanos(rawValue: 9), cause: .connectionLost, reason: "reset")
    try writer.append(start, lane: 1, arrival: arrival(100, 1))
    for i in 0..<5 {
      try writer.append(
        Record(kind: .received, lane: 1, arrival: arrival(101 + Int64(i), 2), payload: [UInt8](repeating: 1, count: 60))
      )
    }
    try writer.append(Record(kind: .sent, lane: 1, arrival: arrival(90, 2), payload: [1]))
    try writer.append(end, lane: 1, arrival: arrival(120, 3))
    try writer.append(gap, lane: 1, arrival: arrival(121, 4))
    try writer.append(again, lane: 1, arrival: arrival(122, 5))
    try writer.append(Record(kind: .sessionStart, lane: 2, arrival: arrival(123, 6), payload: [1]))
    writer.close(at: arrival(130, 7))
    let bytes = writer.take()
    let inspection = try inspect(bytes)
    #expect(inspection.fileBytes == bytes.count)
    #expect(inspection.header.created == WallNanos(rawValue: 50))
    #expect(inspection.segments == 2)
    #expect(!inspection.hasOpenSegment)
    #expect(inspection.earliestWall == WallNanos(rawValue: 90))
    #expect(inspection.latestWall == WallNanos(rawValue: 123))
    #expect(inspection.statistics.received == 5)
    #expect(inspection.statistics.sent == 1)
    #expect(inspection.malformedMarks == 1)
    #expect(inspection.gaps == [.init(lane: 1, mark: gap)])
    #expect(inspection.sessions.count == 2)
    #expect(inspection.sessions[0].start == start)
    #expect(inspection.sessions[0].end == end)
    #expect(inspection.sessions[0].entries == 6)
    #expect(inspection.sessions[0].ended == WallNanos(rawValue: 120))
    #expect(inspection.sessions[1].start == again)
    #expect(inspection.sessions[1].end == nil)
    #expect(inspection.verdict == .clean)
  }
}
