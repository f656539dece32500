import Foundation
import TestSupport
import Testing

/// Makes a recording of the real tape in `folder`.
func recordTape(in folder: TemporaryFolder) throws -> String {
  let recording = folder.file("tape.qwr")
  let made = try quotewire("convert", try Captures.path(Captures.tape), recording)
  guard made.exitCode == 0 else { throw Trouble("convert: \(made)") }
  return recording
}

/// Replays with figures and an optional NDJSON file.
func replay(_ files: [String], _ more: [String] = []) throws -> (figures: Figures, ended: Program.Ended) {
  let folder = TemporaryFolder()
  let stats = folder.file("stats.json")
  let ended = try start(["replay"] + files + more + ["--stats", stats]).wait()
  guard Places.read(stats) != nil else { throw Trouble("replay gave no figures: \(ended)") }
  return (try Figures(file: stats), ended)
}

@Suite("A recording of the real tape", .tags(.system), Captures.needed)
struct ReplayTests {
  let folder = TemporaryFolder()

  @Test("replays into exactly the tape's 6,609 events, field by field, in the order of each type")
  func tapeEvents() throws {
    let recording = try recordTape(in: folder)
    let (figures, ended) = try replay([recording], ["--to", "ndjson:-"])
    #expect(ended.exitCode == 0, "\(ended)")
    #expect(figures.events == 6_609 && figures.isWhole)
    var rows: [String: [[String: Any]]] = [:]
    for row in try JSONLines.objects(ended.output) { rows[row["eventType"] as? String ?? "", default: []].append(row) }
    var known: [String: [[String: Any]]] = [:]
    for event in try JSONLines.objects(file: try Captures.path(Captures.tapeEvents)) {
      known[event["eventType"] as? String ?? "", default: []].append(event)
    }
    #expect(Set(rows.keys) == Set(known.keys))
    for (type, events) in known {
      let mine = rows[type] ?? []
      try #require(mine.count == events.count, "\(type)")
      for (i, (event, row)) in zip(events, mine).enumerated() {
        for (field, value) in event where field != "at" {
          let place: Comment = "\(type) \(i), \(field): \(value) became \(row[field] ?? "nothing")"
          #expect(JSONLines.equal(value, row[field]), place)
        }
      }
    }
  }

  @Test("replays twice to the same bytes and digest, at full speed and at a pace")
  func twice() throws {
    let recording = try recordTape(in: folder)
    let first = try replay([recording], ["--to", "ndjson:-"])
    let second = try replay([recording], ["--to", "ndjson:-"])
    let paced = try replay([recording], ["--to", "ndjson:-", "--speed", "100"])
    #expect(first.ended.output == second.ended.output && first.ended.output == paced.ended.output)
    #expect(first.figures.digest == second.figures.digest && first.figures.digest == paced.figures.digest)
  }

  @Test("cut in two by time, both parts together replay as the whole")
  func cutByTime() throws {
    let whole = try replay([try recordTape(in: folder)], ["--to", "ndjson:-"])
    let lines = try tapeLines()
    let configs = lines.filter { $0.contains("FEED_CONFIG") }
    // Frames of one moment stay together: between files the order of equal times is not that of the tape.
    let half = lines.count / 2
    let cut = (half..<lines.count).first { time(lines[$0]) != time(lines[$0 - 1]) } ?? half
    // The second part knows its fields from its own beginning; frames of the cut's moment follow them.
    let again = configs.map { line in "\(time(lines[cut]))\t\(line.split(separator: "\t")[1])" }
    let parts = try [Array(lines[..<cut]), again + lines[cut...]].enumerated().map { i, part in
      try record(part, "part-\(i)")
    }
    for files in [parts, parts.reversed()] {
      let both = try replay(files, ["--to", "ndjson:-"])
      #expect(both.figures.digest == whole.figures.digest && both.ended.output == whole.ended.output)
    }
  }

  // The digest is of each symbol's events in their order, which two files with equal times do not define across types.
  @Test("cut in two by type, both parts together replay to the same rows of each type")
  func cutByType() throws {
    _ = try replay([try recordTape(in: folder)], ["--to", "csv:" + folder.file("whole")])
    let lines = try tapeLines()
    let isQuote = { (line: String) in line.contains("[\"Quote\"") || line.contains("\"Quote\":[") }
    let isCommon = { (line: String) in line.contains("FEED_CONFIG") && !line.contains("eventFields") }
    let parts = [
      try record(lines.filter { isCommon($0) || isQuote($0) }, "quotes"),
      try record(lines.filter { isCommon($0) || !isQuote($0) }, "others"),
    ]
    let both = try replay(parts, ["--to", "csv:" + folder.file("both")])
    #expect(both.figures.events == 6_609 && both.figures.isWhole)
    let names = Places.names(in: folder.file("whole"))
    #expect(names == ["Profile.csv", "Quote.csv", "Summary.csv", "Trade.csv"])
    for name in names {
      #expect(sameFiles(folder.file("whole/" + name), folder.file("both/" + name)), "\(name)")
    }
  }

  @Test("goes through frame text and back without a change")
  func frameText() throws {
    let recording = try recordTape(in: folder)
    let text = folder.file("again.tsv")
    #expect(try quotewire("convert", recording, text).exitCode == 0)
    #expect(sameFiles(text, try Captures.path(Captures.tape)))
    let second = folder.file("again.qwr")
    #expect(try quotewire("convert", text, second).exitCode == 0)
    #expect(sameFiles(second, recording))
  }

  /// The fields of the COMPACT rows in the real frames, which their sources tell apart from the frames.
  private static let realFields: [(id: String, channel: Int, type: String, fields: String, rows: Int)] = [
    ("tt-feed-data", 3, "Trade", "eventType,eventSymbol,price,dayVolume,size", 2),
    ("qc-trade", 1, "Trade", "eventSymbol,price,size,time", 5),
    ("qc-quote", 1, "Quote", "eventSymbol,bidPrice,askPrice,bidSize,askSize", 2),
    ("qc-summary", 1, "Summary", "eventSymbol,openInterest", 3),
    ("xm-quote", 1, "Quote", "eventType,eventSymbol,bidPrice,askPrice,bidSize,askSize", 3),
    (
      "tastyware-322-rows", 7, "Quote",
      "eventSymbol,eventTime,sequence,timeNanoPart,bidTime,bidExchangeCode,askTime,askExchangeCode,bidPrice,askPrice,"
        + "bidSize,askSize", 2
    ),
  ]

  @Test("every real frame that is a whole message is read without complaint, its rows with their fields")
  func realFrames() throws {
    var frames: [String] = []
    var events = 0
    for line in try JSONLines.objects(file: try Captures.path(Captures.realFrames)) {
      guard let raw = line["raw"] as? String, let id = line["id"] as? String,
        let message = try? JSONSerialization.jsonObject(with: Data(raw.utf8)) as? [String: Any], message["type"] != nil
      else { continue }
      if let known = Self.realFields.first(where: { $0.id == id }) {
        let names = known.fields.split(separator: ",").map { "\"\($0)\"" }.joined(separator: ",")
        frames.append(
          "{\"type\":\"FEED_CONFIG\",\"channel\":\(known.channel),\"eventFields\":{\"\(known.type)\":[\(names)]}}")
        events += known.rows
      } else if let data = message["data"] as? [Any] {
        // Objects carry their own names; rows whose fields nobody told are fragments.
        guard data.first is [String: Any] else { continue }
        events += data.count
      }
      frames.append(raw.split(whereSeparator: \.isNewline).joined(separator: " "))
    }
    #expect(frames.count >= 16 && events >= 17, "\(frames.count) messages, \(events) events")
    let (figures, ended) = try replay([try record(frames, "real")])
    #expect(ended.exitCode == 0 && figures.messages == frames.count && figures.malformedMessages == 0, "\(ended)")
    #expect(figures.events == events && figures.rows.malformed == 0)
  }

  private func tapeLines() throws -> [String] {
    String(decoding: Places.read(try Captures.path(Captures.tape)) ?? [], as: UTF8.self)
      .split(separator: "\n").map { String($0) }
  }

  private func time(_ line: String) -> Substring { line.prefix { $0 != "\t" } }

  private func record(_ lines: [String], _ name: String) throws -> String {
    let text = folder.file(name + ".tsv")
    try write(lines.joined(separator: "\n") + "\n", to: text)
    let recording = folder.file(name + ".qwr")
    let made = try quotewire("convert", text, recording)
    guard made.exitCode == 0 else { throw Trouble("convert: \(made)") }
    return recording
  }
}
