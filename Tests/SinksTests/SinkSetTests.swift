import Bytes
import Formats
import IO
import Market
import Metrics
import Rings
import TestSupport
import Testing

@testable import Sinks

/// A spec whose target lies in a folder of the test.
private func spec(_ text: String) throws -> SinkSpec { try SinkSpec(parsing: text) }

private func isRefused(_ name: String, _ open: () throws -> Void) -> Bool {
  do {
    try open()
    return false
  } catch let error as SinkSetError {
    if case .io(.alreadyExists(let path)) = error { return path == name }
    return false
  } catch { return false }
}

@Suite("Sink sets", .tags(.unit))
struct SinkSetTests {
  /// What a lane's batch must give as NDJSON.
  private func rows(_ batch: borrowing EventBatch, _ texts: TextStore) -> [String] {
    var out = ByteWriter()
    let encoder = NDJSONEncoder()
    batch.forEach { encoder.append($0, texts, to: &out) }
    return out.string.split(separator: "\n").map(String.init)
  }

  @Test(
    "two lanes into three sinks: every row in its file, in the order of its lane",
    arguments: [SinkPolicy.wait, .conflate])
  func twoLanes(policy: SinkPolicy) throws {
    let folder = TemporaryFolder()
    let lanes = [EventSource(), EventSource()]
    let set = try SinkSet(
      [
        spec("csv:\(folder.file("new/out"))?policy=\(policy)&ring=16384"),
        spec("ndjson:\(folder.file("deep/er/rows.ndjson"))?policy=\(policy)&ring=16384"), spec("null:"),
      ], lanes: lanes.map(\.texts), options: SinkSet.Options())
    var expected: [[String]] = [[], []]
    do {
      let ports = [set.takePorts(lane: 0), set.takePorts(lane: 1)]
      #expect(ports.allSatisfy { $0.sinks.count == 3 && $0.recording == nil })
      for _ in 0..<50 {
        for lane in 0..<2 {
          let batch = lanes[lane].batch([
            (.quote, "L\(lane)"), (.order, "L\(lane)"), (.trade, "L\(lane)"), (.quote, "L\(lane)"),
          ])
          expected[lane] += rows(batch, lanes[lane].texts)
          for port in ports[lane].sinks { port.accept(batch) { false } }
        }
      }
      for port in ports[1].sinks { port.accept(gap(4)) { false } }
      while set.counters[1].counters.written < 400 { Pause.sleep(nanos: 100_000) }
      #expect(!File.exists(folder.file("deep/er/rows.ndjson")), "a name before the file is whole")
      #expect(Places.names(in: folder.file("deep/er")).allSatisfy { $0.hasPrefix("rows.ndjson.tmp-") })
      for both in ports { for port in both.sinks { port.finish { false } } }
    }
    let (results, recordingFailure) = set.finish()
    #expect(recordingFailure == nil)
    for result in results {
      #expect(result.failure == nil)
      #expect(result.accepted == 400 && result.dropped == 0 && result.written == 400, "\(result.name)")
      #expect(result.latency.count == 400)
    }
    #expect(results.map(\.name).last == "null:")
    let all = lines(folder.file("deep/er/rows.ndjson"))
    #expect(all.count == 401)
    for lane in 0..<2 { #expect(all.filter { $0.contains("\"eventSymbol\":\"L\(lane)\"") } == expected[lane]) }
    #expect(all.count { $0.contains("\"eventType\":\"Gap\"") } == 1)
    #expect(Places.names(in: folder.file("new/out")) == ["Order.csv", "Quote.csv", "Trade.csv", "gaps.csv"])
    #expect(lines(folder.file("new/out/Quote.csv")).count == 201)
    #expect(column(1, folder.file("new/out/Order.csv")).count == 100)
    #expect(
      lines(folder.file("new/out/gaps.csv")) == [
        "lane,reason,fromNanos,toNanos,attempts,topics,lostMessages,receivedNanos", "3,serverClosed,4,9,0,0,0,9",
      ])
  }

  @Test("CSV files read back as the events that were accepted")
  func readBack() throws {
    let folder = TemporaryFolder()
    let source = EventSource()
    let set = try SinkSet([spec("csv:\(folder.path)")], lanes: [source.texts], options: SinkSet.Options())
    do {
      let ports = set.takePorts(lane: 0)
      ports.sinks[0].accept(source.batch([(.quote, "A,\"B\""), (.quote, " C"), (.quote, "ü")])) { false }
    }
    #expect(set.finish().sinks[0].written == 3)
    let bytes = try #require(Places.read(folder.file("Quote.csv")))
    var decoder = CSVDecoder(.quote)
    var batch = EventBatch(capacity: 16)
    var table = TextTable()
    #expect(unsafe decoder.append(bytes.span.bytes) == bytes.count)
    decoder.finish()
    #expect(try decoder.decode(into: &batch, &table) == .needMore)
    var came: [String] = []
    batch.forEach { event in
      unsafe came.append(table.store.withText(event.symbol.rawValue) { b in unsafe String(decoding: b, as: UTF8.self) })
    }
    #expect(came == ["A,\"B\"", " C", "ü"])
  }

  @Test("a file that exists is refused without force, and the sinks opened before it end")
  func refused() throws {
    let folder = TemporaryFolder()
    let name = folder.file("rows.ndjson")
    try File(name, .create()).close()
    let first = folder.file("first")
    #expect(
      isRefused(name) {
        _ = try SinkSet(
          [spec("null:"), spec("csv:\(first)"), spec("ndjson:\(name)")], lanes: [EventSource().texts],
          options: SinkSet.Options())
      })
    #expect(text(name) == "")
    #expect(Places.names(in: first) == [])
    for existing in ["Quote.csv", "gaps.csv", "Profile.csv"] {
      let csv = TemporaryFolder()
      try File(csv.file(existing), .create()).close()
      #expect(
        isRefused(csv.file(existing)) {
          _ = try SinkSet([spec("csv:\(csv.path)")], lanes: [EventSource().texts], options: SinkSet.Options())
        })
    }
  }

  @Test("force replaces what exists")
  func forced() throws {
    let folder = TemporaryFolder()
    let name = folder.file("rows.ndjson")
    try File(name, .create()).close()
    var options = SinkSet.Options()
    options.force = true
    let source = EventSource()
    let set = try SinkSet([spec("ndjson:\(name)")], lanes: [source.texts], options: options)
    do { set.takePorts(lane: 0).sinks[0].accept(source.quotes(2)) { false } }
    #expect(set.finish().sinks[0].failure == nil)
    #expect(lines(name).count == 2)
  }

  @Test("rotated files hold every row once, each with its header")
  func rotated() throws {
    let folder = TemporaryFolder()
    let source = EventSource()
    let set = try SinkSet(
      [spec("csv:\(folder.path)?rotate-bytes=400")], lanes: [source.texts], options: SinkSet.Options())
    do {
      let ports = set.takePorts(lane: 0)
      for i in 1...40 {
        ports.sinks[0].accept(source.quotes(3)) { false }
        while set.counters[0].counters.written < 3 * i { Pause.sleep(nanos: 50_000) }
      }
    }
    #expect(set.finish().sinks[0].failure == nil)
    let names = Places.names(in: folder.path)
    #expect(names.count > 5 && names.first == "Quote-000001.csv")
    #expect(Set(names.map { lines(folder.file($0)).first }).count == 1, "the same header in each")
    #expect(names.flatMap { column(1, folder.file($0)) } == (1...120).map(String.init))
  }

  @Test("a folder that cannot be made is named")
  func noFolder() throws {
    let folder = TemporaryFolder()
    try File(folder.file("plain"), .create()).close()
    let error = #expect(throws: SinkSetError.self) {
      _ = try SinkSet([spec("csv:\(folder.file("plain/x"))")], lanes: [], options: SinkSet.Options())
    }
    #expect(error?.description.contains(folder.file("plain")) == true)
  }
}
