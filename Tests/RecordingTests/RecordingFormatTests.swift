import Bytes
import Foundation
import Testing

@testable import Recording

@Suite("The recording format")
struct RecordingFormatTests {
  /// The worked example of docs/recording-format.md. These bytes were made from the document by another program; a
  /// change of the format shows here and needs a new version.
  static let example = """
    0000  89 51 57 52 0d 0a 1a 0a 01 00 00 00 00 00 00 00
    0010  00 00 2a 36 fe 9c 97 17 ef cd ab 89 67 45 23 01
    0020  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    0030  00 00 00 00 00 00 00 00 00 00 00 00 05 5f a2 da
    0040  fe 51 57 ff 51 70 52 d6 29 00 00 00 03 00 00 00
    0050  e8 03 2a 36 fe 9c 97 17 e8 f5 05 2a 01 00 00 00
    0060  01 00 00 00 00 00 00 00 14 00 05 00 00 00 00 00
    0070  77 73 3a 2f 2f 31 32 37 2e 30 2e 30 2e 31 3a 37
    0080  34 30 30 2f 30 2e 31 2e 30 00 00 00 00 00 00 00
    0090  fe 51 57 ff 90 46 51 a5 20 00 00 00 02 00 00 00
    00a0  d0 07 2a 36 fe 9c 97 17 d0 f9 05 2a 01 00 00 00
    00b0  7b 22 74 79 70 65 22 3a 22 4b 45 45 50 41 4c 49
    00c0  56 45 22 2c 22 63 68 61 6e 6e 65 6c 22 3a 30 7d
    00d0  fe 51 57 ff 32 84 0d 43 20 00 00 00 01 00 00 00
    00e0  b8 0b 2a 36 fe 9c 97 17 b8 fd 05 2a 01 00 00 00
    00f0  7b 22 74 79 70 65 22 3a 22 4b 45 45 50 41 4c 49
    0100  56 45 22 2c 22 63 68 61 6e 6e 65 6c 22 3a 30 7d
    0110  fe 51 57 ff 48 32 f0 53 60 00 00 00 06 00 00 00
    0120  b8 0b 2a 36 fe 9c 97 17 b8 fd 05 2a 01 00 00 00
    0130  00 00 00 00 00 00 00 00 40 00 00 00 00 00 00 00
    0140  00 00 00 00 00 00 00 00 03 00 00 00 00 00 00 00
    0150  01 00 00 00 00 00 00 00 69 00 00 00 00 00 00 00
    0160  e8 03 2a 36 fe 9c 97 17 e8 f5 05 2a 01 00 00 00
    0170  b8 0b 2a 36 fe 9c 97 17 b8 fd 05 2a 01 00 00 00
    0180  b8 0b 2a 36 fe 9c 97 17 c7 0c 94 36 68 4b c4 88
    0190  fe 51 57 ff 48 20 ba 0c 38 00 00 00 07 00 00 00
    01a0  a0 0f 2a 36 fe 9c 97 17 a0 01 06 2a 01 00 00 00
    01b0  10 01 00 00 00 00 00 00 01 00 00 00 00 00 00 00
    01c0  03 00 00 00 00 00 00 00 69 00 00 00 00 00 00 00
    01d0  e8 03 2a 36 fe 9c 97 17 b8 0b 2a 36 fe 9c 97 17
    01e0  ef cd ab 89 67 45 23 01
    """

  static func bytes(_ text: some StringProtocol) -> [UInt8] {
    text.split(separator: "\n").flatMap { line in
      line.split(separator: " ").dropFirst().compactMap { UInt8($0, radix: 16) }
    }
  }

  static func write(into writer: inout RecordingWriter) throws {
    let wall: Int64 = 1_700_000_000_000_000_000
    let message = Array(#"{"type":"KEEPALIVE","channel":0}"#.utf8)
    try writer.append(
      SessionStart(session: 1, url: "ws://127.0.0.1:7400/?token=x", version: "0.1.0"), lane: 0,
      arrival: arrival(wall + 1000, 5_000_001_000))
    try writer.append(Record(kind: .sent, lane: 0, arrival: arrival(wall + 2000, 5_000_002_000), payload: message))
    try writer.append(Record(kind: .received, lane: 0, arrival: arrival(wall + 3000, 5_000_003_000), payload: message))
    writer.close(at: arrival(wall + 4000, 5_000_004_000))
  }

  @Test("the writer makes the bytes of the worked example")
  func pinned() throws {
    var writer = RecordingWriter(fileID: testFileID, created: WallNanos(rawValue: 1_700_000_000_000_000_000))
    try Self.write(into: &writer)
    let made = writer.take()
    let expected = Self.bytes(Self.example)
    #expect(expected.count == 488)
    #expect(made == expected)
  }

  @Test("the document shows the same bytes")
  func document() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(contentsOf: root.appendingPathComponent("docs/recording-format.md"), encoding: .utf8)
    let start = try #require(text.range(of: "```hex\n"))
    let end = try #require(text.range(of: "\n```", range: start.upperBound..<text.endIndex))
    #expect(Self.bytes(text[start.upperBound..<end.lowerBound]) == Self.bytes(Self.example))
  }

  @Test("the reader understands the worked example")
  func read() throws {
    let reading = try Reading(Self.bytes(Self.example))
    #expect(reading.records.map(\.kind) == [.sessionStart, .sent, .received])
    #expect(reading.positions == [0x40, 0x90, 0xD0])
    #expect(reading.verdict == .clean)
    let inspection = try inspect(Self.bytes(Self.example))
    #expect(inspection.sessions.first?.start.url == "ws://127.0.0.1:7400/")
    #expect(inspection.header.fileID == testFileID)
  }

  @Test("the bytes of a compressed recording are pinned by their checksum")
  func pinnedCompressed() throws {
    let bytes = try recording(
      RecordingCompressionTests.runs(20), compression: RunLengths(), limits: limits(segmentBytes: 1500))
    #expect(bytes.count == 1272)
    let check = unsafe CRC32C.checksum(bytes.span.bytes)
    #expect(check == 269_381_733)
  }

  @Test("a newer major version is refused by name, even with another header layout; a newer minor one is read")
  func versions() throws {
    var newer = Self.bytes(Self.example)
    newer[8] = 2
    newer[10] = 7
    let error = #expect(throws: RecordingError.newerVersion(major: 2, minor: 7)) { try Reading(newer) }
    #expect(error?.description.contains("version 2.7") == true)
    var minor = Self.bytes(Self.example)
    minor[10] = 9
    Self.resealHeader(&minor)
    #expect(try Reading(minor).verdict == .clean)
  }

  @Test("header flags that must be known are refused, others ignored")
  func flags() throws {
    var changed = Self.bytes(Self.example)
    changed[12] = 0x02
    Self.resealHeader(&changed)
    #expect(throws: RecordingError.unknownFlags(2)) { try Reading(changed) }
    changed[12] = 0
    changed[14] = 0x80
    Self.resealHeader(&changed)
    #expect(try Reading(changed).verdict == .clean)
  }

  @Test("an entry with a flag that is not known is skipped and counted")
  func entryFlags() throws {
    var changed = Self.bytes(Self.example)
    changed[0x90 + 13] = 1
    RecordingSeekTests.reseal(&changed, at: 0x90)
    let reading = try Reading(changed)
    #expect(reading.records.map(\.kind) == [.sessionStart, .received])
    #expect(reading.statistics.unknown == 1)
    // The segment end was made for the entry as it was, so the change itself is noticed too.
    #expect(reading.verdict == .corrupt(at: 0x40))
  }

  static func resealHeader(_ bytes: inout [UInt8]) {
    let check = unsafe CRC32C.checksum(Array(bytes[..<60]).span.bytes)
    for i in 0..<4 { bytes[60 + i] = UInt8(truncatingIfNeeded: check >> (8 * UInt32(i))) }
  }

  @Test(
    "a foreign file is refused with what it looks like",
    arguments: [
      ([0x1F, 0x8B, 8, 0], "1F 8B 08 00, which looks like gzip data"),
      ([0x28, 0xB5, 0x2F, 0xFD, 0], "looks like a zstd file"),
      (Array("PAR1....".utf8), "looks like a Parquet file"),
      (Array("ARROW1\0\0".utf8), "looks like an Arrow file"),
      (Array("{\"type\":\"SETUP\"}".utf8), "looks like JSON text"),
      (Array("0\t{\"type\":\"SETUP\"}".utf8), "looks like frame text"),
      (Array("eventSymbol,bidPrice\n".utf8), "looks like text"),
      ([UInt8](repeating: 0, count: 200), "looks like zeros"),
      ([0x89, 0x51, 0x57, 0x52, 0x0A, 0x1A, 0x0A, 1], "line ends were changed"),
      ([0x7F, 0xFF, 1, 2], "looks like unknown binary data"),
      ([0x88], "begins with 88"),
    ] as [([UInt8], String)])
  func foreign(bytes: [UInt8], says: String) {
    let error = #expect(throws: RecordingError.self) { try Reading(bytes) }
    let text = error.map { "\($0)" } ?? ""
    #expect(text.hasPrefix("not a quotewire recording: "))
    #expect(text.contains(says), "\(text)")
  }

  @Test("sizes that the document states")
  func sizes() {
    #expect(Layout.entryBytes(payload: 0) == 32)
    #expect(Layout.entryBytes(payload: 1) == 40)
    #expect(Layout.entryBytes(payload: 8) == 40)
    #expect(Layout.entryBytes(payload: SegmentEnd.payloadBytes) == 128)
    #expect(Layout.entryBytes(payload: RecordingClosing.payloadBytes) == 88)
  }
}
