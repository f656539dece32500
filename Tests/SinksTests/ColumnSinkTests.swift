import Arrow
import Bytes
import Columns
import IO
import Market
import Metrics
import Rings
import TestSupport
import Testing

@testable import Sinks

@Suite("Sinks of columns", .tags(.unit))
struct ColumnSinkTests {
  let folder = TemporaryFolder()

  private func open(_ sink: String, _ lanes: [EventSource], live: Bool = true) throws -> SinkSet {
    var options = SinkSet.Options()
    options.measuresLatency = live
    return try SinkSet([SinkSpec(parsing: sink)], lanes: lanes.map(\.texts), options: options)
  }

  /// The event times of a file, which are the events' numbers, and the symbols.
  private func read(_ name: String) throws -> [(number: Int64, symbol: String)] {
    let bytes = try #require(Places.read(folder.file(name)))
    var reader = ArrowReader()
    unsafe reader.append(bytes.span.bytes)
    var found: [(Int64, String)] = []
    var step = try reader.next()
    while step != .end {
      if step == .rows, let type = reader.type {
        var columns = ColumnBatch(type, capacity: 1 << 16)
        while try reader.read(into: &columns) {}
        let codes = unsafe columns.values(0).assumingMemoryBound(to: Int32.self)
        let times = unsafe columns.values(1).assumingMemoryBound(to: Int64.self)
        for i in 0..<columns.rowCount {
          let symbol = columns.dictionary(0).map { texts in
            unsafe String(decoding: texts.bytes(codes[i]), as: UTF8.self)
          }
          unsafe found.append((times[i], symbol ?? ""))
        }
      }
      step = try reader.next()
    }
    try reader.finish()
    return found
  }

  @Test("two lanes into Arrow: every row in its type's file, in the order of its lane, and gaps beside them")
  func twoLanes() throws {
    let lanes = [EventSource(), EventSource()]
    let set = try open("arrow:\(folder.file("out"))?rows=64", lanes)
    var expected: [[Int64]] = [[], []]
    do {
      let ports = [set.takePorts(lane: 0), set.takePorts(lane: 1)]
      for i in 0..<100 {
        for lane in 0..<2 {
          let batch = lanes[lane].batch([(.quote, "L\(lane)"), (.order, "L\(lane)"), (.quote, "L\(lane)")])
          expected[lane] += [Int64(3 * i + 1), Int64(3 * i + 3)]
          ports[lane].sinks[0].accept(batch) { false }
        }
      }
      ports[1].sinks[0].accept(gap(4)) { false }
    }
    let result = set.finish().sinks[0]
    #expect(result.failure == nil && result.accepted == 600 && result.written == 600 && result.dropped == 0)
    #expect(Places.names(in: folder.file("out")) == ["Order.arrow", "Quote.arrow", "gaps.csv"])
    let quotes = try read("out/Quote.arrow")
    for lane in 0..<2 { #expect(quotes.filter { $0.symbol == "L\(lane)" }.map(\.number) == expected[lane]) }
    #expect(try read("out/Order.arrow").count == 200)
  }

  @Test("filled on the lane's own thread, a file has the same bytes as through a ring, and the figures add up")
  func inPlace() throws {
    var files: [[UInt8]] = []
    for inPlace in [false, true] {
      let source = EventSource()
      var options = SinkSet.Options()
      options.measuresLatency = false
      options.fillsInPlace = inPlace
      let sink = "arrow:\(folder.file("out-\(inPlace)"))?rows=64"
      let set = try SinkSet([SinkSpec(parsing: sink)], lanes: [source.texts], options: options)
      do {
        let port = set.takePorts(lane: 0).sinks[0]
        for _ in 0..<50 { port.accept(source.batch([(.quote, "A"), (.order, "B"), (.quote, "C")])) { false } }
        port.accept(gap(4)) { false }
        // In place everything was encoded when the call returned.
        #expect(set.counters[0].counters.accepted == 150)
        port.finish { false }
        if inPlace { #expect(set.counters[0].counters.written == 150) }
      }
      let result = set.finish().sinks[0]
      #expect(result.failure == nil && result.accepted == 150 && result.written == 150 && result.dropped == 0)
      let out = folder.file("out-\(inPlace)")
      #expect(Places.names(in: out) == ["Order.arrow", "Quote.arrow", "gaps.csv"])
      files.append(["Order.arrow", "Quote.arrow", "gaps.csv"].flatMap { Places.read(out + "/" + $0) ?? [] })
    }
    #expect(files[0] == files[1] && files[0].count > 5000)
  }

  @Test("in place, a sink whose folder went away fails in a sentence, and what comes after is dropped and counted")
  func inPlaceFailure() throws {
    let source = EventSource()
    var options = SinkSet.Options()
    options.fillsInPlace = true
    options.isStopping = { true }
    let set = try SinkSet(
      [SinkSpec(parsing: "arrow:\(folder.file("out"))?rows=64")], lanes: [source.texts], options: options)
    try Directory.remove(folder.file("out"))
    do {
      let port = set.takePorts(lane: 0).sinks[0]
      for _ in 0..<40 { port.accept(source.quotes(1000)) { true } }
      port.finish { true }
    }
    let result = set.finish().sinks[0]
    #expect(result.failure?.contains("no such file") == true, "\(result.failure ?? "")")
    #expect(result.accepted + result.dropped == 40_000 && result.written == 0 && result.dropped > 0)
  }

  @Test("rows of a live run are written when they are old enough, and the file is a stream by then")
  func age() throws {
    let source = EventSource()
    let set = try open("arrow:\(folder.file("out"))?age=0.1", [source])
    do {
      let ports = set.takePorts(lane: 0)
      ports.sinks[0].accept(source.quotes(5)) { false }
      while set.counters[0].counters.written < 5 { Pause.sleep(nanos: 1_000_000) }
      let name = try #require(Places.names(in: folder.file("out")).first)
      #expect(name.hasPrefix("Quote.arrow.tmp-"))
      let bytes = try #require(Places.read(folder.file("out/" + name)))
      var reader = ArrowReader()
      unsafe reader.append(bytes.span.bytes)
      var step = try reader.next()
      while step != .needMore { step = try reader.next() }
      let rows = reader.rowCount
      #expect(rows == 5)
      ports.sinks[0].accept(source.quotes(3)) { false }
    }
    #expect(set.finish().sinks[0].written == 8)
    #expect(try read("out/Quote.arrow").map(\.number) == Array(1...8))
  }

  @Test("rotated files hold every row once, each of them whole", arguments: ["arrow", "parquet"])
  func rotated(kind: String) throws {
    let source = EventSource()
    let set = try open("\(kind):\(folder.path)?rotate-bytes=3000&rows=64", [source])
    do {
      let ports = set.takePorts(lane: 0)
      for _ in 1...20 { ports.sinks[0].accept(source.quotes(64)) { false } }
    }
    let result = set.finish().sinks[0]
    #expect(result.failure == nil && result.written == 1280)
    let names = Places.names(in: folder.path)
    #expect(names.first == "Quote-000001.\(kind)")
    if kind == "arrow" {
      #expect(try names.flatMap { try read($0).map(\.number) } == Array(1...1280))
    } else {
      for name in names {
        let bytes = try #require(Places.read(folder.file(name)))
        #expect(bytes.prefix(4).elementsEqual("PAR1".utf8) && bytes.suffix(4).elementsEqual("PAR1".utf8))
      }
    }
  }

  @Test("a replay gives the same bytes again, however its events came", arguments: ["arrow", "parquet"])
  func stable(kind: String) throws {
    var files: [[UInt8]] = []
    for step in [1, 7] {
      let out = folder.file("out\(step)")
      let source = EventSource()
      let set = try open("\(kind):\(out)?rows=100", [source], live: false)
      do {
        let ports = set.takePorts(lane: 0)
        for _ in 0..<(700 / step) { ports.sinks[0].accept(source.quotes(step)) { false } }
      }
      #expect(set.finish().sinks[0].written == 700)
      files.append(try #require(Places.read(out + "/Quote.\(kind)")))
    }
    #expect(files[0] == files[1])
  }

  @Test("a file that exists is refused without force", arguments: ["arrow", "parquet"])
  func refused(kind: String) throws {
    try File(folder.file("Profile.\(kind)"), .create()).close()
    let error = #expect(throws: SinkSetError.self) { _ = try open("\(kind):\(folder.path)", [EventSource()]) }
    #expect(error?.description.contains("Profile.\(kind)") == true)
  }
}
