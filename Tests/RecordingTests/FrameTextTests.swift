import Bytes
import Testing

@testable import Recording

@Suite("Frame text")
struct FrameTextTests {
  struct Parsed: Hashable {
    var nanos: Int64?
    var frame: String
  }

  static func parse(_ text: String, number: Int = 2) throws(RecordingError) -> Parsed? {
    try parse(Array(text.utf8), number: number)
  }

  static func parse(_ bytes: [UInt8], number: Int) throws(RecordingError) -> Parsed? {
    var copy = ByteWriter()
    copy.append(bytes)
    return try unsafe copy.withBytes { b throws(RecordingError) -> Parsed? in
      guard let line = try unsafe FrameText.parse(b, number: number) else { return nil }
      return unsafe Parsed(nanos: line.offsetNanos, frame: String(decoding: line.frame, as: UTF8.self))
    }
  }

  @Test(
    "a line is a frame, or a time and a frame",
    arguments: [
      ("{\"a\":1}", Parsed(nanos: nil, frame: "{\"a\":1}")),
      ("0\t{}", Parsed(nanos: 0, frame: "{}")),
      ("12\t{\"a\":\t1}", Parsed(nanos: 12_000_000, frame: "{\"a\":\t1}")),
      ("12.5\t{}", Parsed(nanos: 12_500_000, frame: "{}")),
      ("0.000001\t{}", Parsed(nanos: 1, frame: "{}")),
      ("{\"a\":\t1}", Parsed(nanos: nil, frame: "{\"a\":\t1}")),
      (" 12\t{}", Parsed(nanos: nil, frame: " 12\t{}")),
      ("123", Parsed(nanos: nil, frame: "123")),
      ("1000000000000\t{}", Parsed(nanos: 1_000_000_000_000_000_000, frame: "{}")),
    ])
  func lines(text: String, parsed: Parsed) throws {
    #expect(try Self.parse(text) == parsed)
  }

  @Test("blank lines are none", arguments: ["", " ", "\t", " \t \r", "\u{FEFF}"])
  func blank(text: String) throws {
    #expect(try Self.parse(text, number: 1) == nil)
  }

  @Test("a byte order mark on the first line is skipped")
  func byteOrderMark() throws {
    #expect(try Self.parse("\u{FEFF}5\t{}", number: 1) == Parsed(nanos: 5_000_000, frame: "{}"))
  }

  @Test(
    "a bad time is an error with its line number",
    arguments: [
      "-1\t{}", "+1\t{}", "1.\t{}", "1.2.3\t{}", "1.0000001\t{}", "1e3\t{}", "1 \t{}", "1000000000001\t{}",
      "99999999999999999999999\t{}",
    ])
  func badTime(text: String) {
    #expect(throws: RecordingError.line(17, .badTime)) { try Self.parse(text, number: 17) }
  }

  @Test("a time without a frame is an error")
  func noFrame() {
    #expect(throws: RecordingError.line(3, .noFrame)) { try Self.parse("5\t", number: 3) }
    #expect(RecordingError.line(3, .noFrame).description.hasPrefix("line 3: "))
  }

  @Test("what is written is read back to the nanosecond", arguments: [1, 2] as [UInt64])
  func roundTrip(seed: UInt64) throws {
    var random = SplitMix64(state: seed)
    let edges: [Int64] = [0, 1, 999_999, 1_000_000, 1_000_001, 10_000_000, 1_000_000_000_000_000_000]
    let values =
      edges + (0..<500).map { _ in Int64(random.next() >> (4 + UInt64(random.below(50)))) % 1_000_000_000_000_000_000 }
    for nanos in values {
      var writer = ByteWriter()
      let frame = Array("{\"n\":\(nanos)}".utf8)
      let isChanged = unsafe frame.withUnsafeBytes { b in
        unsafe FrameText.append(offsetNanos: nanos, frame: b, to: &writer)
      }
      #expect(!isChanged)
      let text = writer.array
      #expect(text.last == 10)
      #expect(
        try Self.parse(Array(text.dropLast()), number: 2) == Parsed(nanos: nanos, frame: "{\"n\":\(nanos)}"),
        "seed \(seed)")
    }
  }

  @Test("line ends in a frame become spaces, and the writer says so")
  func lineEnds() {
    var writer = ByteWriter()
    let isChanged = unsafe Array("{\r\n\"a\":1\n}".utf8).withUnsafeBytes { b in
      unsafe FrameText.append(offsetNanos: 2_500_000, frame: b, to: &writer)
    }
    #expect(isChanged)
    #expect(writer.string == "2.5\t{  \"a\":1 }\n")
  }

  @Test("a line without a time has that of the line before")
  func clock() throws {
    var clock = FrameTextClock(base: arrival(1_000_000_000, 50))
    var times: [Int64] = []
    for text in ["{}", "5\t{}", "{}", "7\t{}"] {
      unsafe try Array(text.utf8).withUnsafeBytes { b in
        let line = try #require(try unsafe FrameText.parse(b, number: 2))
        let time = clock.arrival(of: line)
        #expect(time.wall.rawValue - 1_000_000_000 == time.monotonic.rawValue - 50)
        times.append(time.monotonic.rawValue - 50)
      }
    }
    #expect(times == [0, 5_000_000, 5_000_000, 7_000_000])
  }

  static func split(_ blocks: [[UInt8]], maximum: Int = 1000) throws -> [String] {
    var splitter = LineSplitter(maximumLineBytes: maximum)
    var lines: [String] = []
    for block in blocks {
      try unsafe block.withUnsafeBytes { b in
        var offset = 0
        while let line = try unsafe splitter.next(in: b, from: &offset) {
          lines.append(unsafe "\(splitter.lineNumber):" + String(decoding: line, as: UTF8.self))
        }
      }
    }
    if let line = try unsafe splitter.finish() {
      lines.append(unsafe "\(splitter.lineNumber):" + String(decoding: line, as: UTF8.self))
    }
    #expect(try unsafe splitter.finish() == nil)
    return lines
  }

  @Test("lines are the same for every pair of cuts of the text")
  func everySplit() throws {
    let text = Array("one\r\n\ntwo\n\r\nthree \r\r\nlast".utf8)
    let expected = ["1:one", "2:", "3:two", "4:", "5:three \r", "6:last"]
    for first in 0...text.count {
      for second in first...text.count {
        let blocks = [Array(text[..<first]), Array(text[first..<second]), Array(text[second...])]
        #expect(try Self.split(blocks) == expected, "cuts at \(first), \(second)")
      }
    }
    #expect(try Self.split([Array("a\n".utf8)]) == ["1:a"])
    #expect(try Self.split([]) == [])
  }

  @Test("a line over the limit is an error with its number, in one block or many")
  func lineLimit() throws {
    let text = Array("ok\n123456789\n".utf8)
    #expect(try Self.split([text], maximum: 9) == ["1:ok", "2:123456789"])
    #expect(throws: RecordingError.lineTooLong(line: 2, limit: 8)) { try Self.split([text], maximum: 8) }
    #expect(throws: RecordingError.lineTooLong(line: 2, limit: 8)) { try Self.split(text.map { [$0] }, maximum: 8) }
    #expect(throws: RecordingError.lineTooLong(line: 1, limit: 8)) {
      try Self.split([[UInt8](repeating: 65, count: 9)], maximum: 8)
    }
  }
}
