import Bytes
import DXLink
import JSON
import Market
import TestSupport
import Testing

/// A line of a capture file: its string and string-list members, and numbers as they were written.
private func members(_ line: ArraySlice<UInt8>) throws -> [String: [String]] {
  var scanner = Scanner()
  let copy = [UInt8](line)
  return try unsafe scanner.scanCopy(copy.span.bytes) { cursor throws(JSONError) in
    var found: [String: [String]] = [:]
    try cursor.enterObject()
    while let key = try cursor.nextKey() {
      var values: [String] = []
      switch cursor.kind {
      case .array:
        try cursor.enterArray()
        while try cursor.nextElement() { values.append(try cursor.readString().string) }
      case .string: values = [try cursor.readString().string]
      default: values = [String(decoding: copy[try cursor.rawValue()], as: UTF8.self)]
      }
      found[key.string] = values
    }
    return found
  }
}

@Suite("Captures of real feeds", .tags(.unit))
struct CaptureTests {
  private static func lines(_ path: String) throws -> [ArraySlice<UInt8>]? {
    guard let full = Places.shared("captures/" + path), let bytes = Places.read(full) else {
      print("skipped: ../shared/captures/\(path) is absent")
      return nil
    }
    return bytes.split(separator: 0x0A)
  }

  @Test("each real frame is understood, and our writer gives back the same bytes")
  func realFrames() throws {
    guard let lines = try Self.lines("real-frames.jsonl") else { return }
    var rows = 0
    for line in lines {
      let line = try members(line)
      let id = line["id"]?.first ?? "?"
      var wire = try #require(line["raw"]?.first)
      var fields = line["fields"]
      guard case .feedData(let channel) = try read(wire) else {
        let message = try read(wire)
        if case .unknown = message { Issue.record("\(id) is unknown") }
        // A SETUP's keys stand in another order in the real server's text.
        if case .setup = message { #expect(try read(text(message)) == message) } else { #expect(text(message) == wire) }
        continue
      }
      if fields?.contains("eventSymbol") == false {
        // A fragment whose source left the symbol out.
        fields?.insert("eventSymbol", at: 0)
        wire = wire.replacing("[\"Greeks\",[", with: "[\"Greeks\",[\".SPY\",")
      }
      var lists = FieldLists()
      var rig = Rig()
      let format: DataFormat = fields == nil ? .full : .compact
      if let fields {
        for type in EventType.allCases { lists[type] = fields }
        let type = wire.split(separator: "\"data\":[\"")[1].split(separator: "\"")[0]
        let names = fields.map { "\"\($0)\"" }.joined(separator: ",")
        try rig.decode(config("{\"\(type)\":[\(names)]}", channel: channel))
      } else {
        lists[.quote] = [
          "eventSymbol", "eventTime", "sequence", "timeNanoPart", "bidTime", "bidExchangeCode", "bidPrice", "bidSize",
          "askTime", "askExchangeCode", "askPrice", "askSize",
        ]
      }
      let received = try rig.decode(wire)
      guard case .data(let counts) = received else { Issue.record("\(id): \(received)"); continue }
      #expect(counts.rowsMalformed == 0 && counts.rowsDecoded > 0, "\(id)")
      #expect(rig.decoder.counters.unknownField + rig.decoder.counters.unknownType == 0, "\(id)")
      rows += counts.rowsDecoded
      var writer = RowWriter(channel: channel, format: format, fields: lists)
      var messages: [String] = []
      let store = rig.texts.store
      for event in rig.events {
        unsafe event.withUnsafeBytes { b in
          unsafe writer.append(EventRef(b.baseAddress!), store) { m in
            unsafe messages.append(String(decoding: m, as: UTF8.self))
          }
        }
      }
      unsafe writer.flush { m in unsafe messages.append(String(decoding: m, as: UTF8.self)) }
      #expect(messages == [wire], "\(id)")
    }
    #expect(rows == 25)
  }

  @Test("the tape of 2013 decodes to its 6,609 events, field by field", .tags(.slow))
  func tape() throws {
    guard let frames = try Self.lines("qd-demo-2013/feed-data-compact.tsv"),
      let expected = try Self.lines("qd-demo-2013/events.jsonl")
    else { return }
    var rig = Rig()
    for line in frames {
      let frame = line.drop { $0 != 0x09 }.dropFirst()
      try rig.decode(Padded(Array(frame)))
    }
    let counters = rig.decoder.counters
    #expect(counters.rowsDecoded == 6609 && counters.rowsMalformed == 0 && counters.feedDataFrames == 2476)
    #expect(counters.unknownType + counters.unknownField + counters.unknownValue == 0)
    // Within a moment the frames have the events by type; of each type the order is the tape's.
    var byType: [String: [[String: String]]] = [:]
    for row in rig.rows { byType[row["eventType"] ?? "", default: []].append(row) }
    #expect(["Quote", "Trade", "Summary", "Profile"].map { byType[$0]?.count } == [4465, 1951, 114, 79])
    var next: [String: Int] = [:]
    for line in expected {
      let line = try members(line)
      let type = line["eventType"]?.first ?? ""
      let at = next[type, default: 0]
      next[type] = at + 1
      let row = try #require(byType[type]?[at])
      for (key, value) in line where key != "at" {
        let schema = try #require(EventType(name: type).map { Schema.of($0) })
        var wanted = value[0]
        if schema.field(key)?.kind == .double { wanted = Double(wanted).map { "\($0)" } ?? wanted }
        if row[key] != wanted { Issue.record("\(type) \(at): \(key) is \(row[key] ?? "absent"), not \(wanted)") }
      }
    }
    #expect(next.values.reduce(0, +) == 6609)
  }

  @Test("the tape written again as FULL and as long messages gives the same events", .tags(.slow))
  func tapeAgain() throws {
    guard let frames = try Self.lines("qd-demo-2013/feed-data-compact.tsv") else { return }
    var rig = Rig()
    for line in frames { try rig.decode(Padded(Array(line.drop { $0 != 0x09 }.dropFirst()))) }
    let expected = rig.events
    for format in [DataFormat.compact, .full] {
      var writer = RowWriter(channel: 2, format: format, allowsManyPairs: true)
      var messages: [[UInt8]] = []
      let store = rig.texts.store
      for event in expected {
        unsafe event.withUnsafeBytes { b in
          unsafe writer.append(EventRef(b.baseAddress!), store) { m in unsafe messages.append([UInt8](m)) }
        }
      }
      unsafe writer.flush { m in unsafe messages.append([UInt8](m)) }
      rig.events = []
      for message in messages { try rig.decode(Padded(message)) }
      #expect(rig.events == expected)
      #expect(messages.allSatisfy { $0.count < 60 << 10 } && messages.count > 5)
    }
  }
}
