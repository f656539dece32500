import Foundation
import TestSupport
import Testing

/// The figures of a conversion's `--stats`.
private struct Conversion: Decodable {
  struct Rows: Decodable {
    let read: Int
    let written: Int
    let filtered: Int
    let refused: Int
  }

  let rows: Rows
  let rowsByType: [String: Int]
  let gaps: Int
  let files: [String]
  let refusals: [String]

  init(_ bytes: [UInt8]) throws {
    do { self = try JSONDecoder().decode(Conversion.self, from: Data(bytes)) } catch {
      throw Trouble("no figures: \(error) in '\(String(decoding: bytes, as: UTF8.self))'")
    }
  }
}

/// What is converted into what.
struct ConvertWay: Sendable, CustomStringConvertible {
  let from: String
  let to: String
  var description: String { "\(from) to \(to)" }
}

@Suite("convert, from outside", .tags(.system))
struct ConvertTests {
  private let folder = TemporaryFolder()

  /// A recording of all types, and its rows as NDJSON, CSV and Arrow. Gives the number of its events.
  private func scene() throws -> Int {
    let made = try quotewire(
      "generate", "seed=5,symbols=40,rate=3000,duration=1s,mix=all,nan=0.1,fields=full", folder.file("in.qwr"))
    guard made.exitCode == 0 else { throw Trouble("generate: \(made)") }
    let stats = try quotewire(
      "replay", folder.file("in.qwr"), "--to", "ndjson:" + folder.file("in.ndjson"),
      "--to", "csv:" + folder.file("csv"), "--to", "arrow:" + folder.file("arrow"), "--stats", "-")
    return try Figures(stats.output).events
  }

  private static let sources = ["in.qwr", "in.ndjson", "csv", "arrow"]
  private static let targets = ["out.csv", "out.ndjson", "out.arrow", "out.parquet"]
  private static let ways = sources.flatMap { from in targets.map { ConvertWay(from: from, to: $0) } }

  @Test("every row of every format arrives in every other, and says so")
  func matrix() throws {
    let events = try scene()
    let lines = Set(try sorted("in.ndjson"))
    for way in Self.ways {
      let ended = try quotewire("convert", folder.file(way.from), folder.file(way.to), "--force", "--strict")
      #expect(ended.exitCode == 0 && ended.output.isEmpty, "\(way): \(ended)")
      #expect(ended.errors.contains("\(events) rows read, \(events) written, 0 refused"), "\(way): \(ended.errors)")
      // Back to lines, where that can be.
      if way.to.hasSuffix(".parquet") {
        #expect(Places.names(in: folder.file(way.to)).filter { $0.hasSuffix(".parquet") }.count == 18, "\(way)")
      } else if way.to.hasSuffix(".ndjson") {
        #expect(Set(try sorted(way.to)) == lines, "\(way)")
      } else {
        let back = try quotewire("convert", folder.file(way.to), folder.file("back.ndjson"), "--force", "--strict")
        #expect(back.exitCode == 0, "\(way): \(back)")
        #expect(Set(try sorted("back.ndjson")) == lines, "\(way)")
        try #require(remove(way.to))
      }
    }
  }

  private func sorted(_ name: String) throws -> [[UInt8]] {
    guard let bytes = Places.read(folder.file(name)) else { throw Trouble("no file \(name)") }
    return bytes.split(separator: 0x0A).map { Array($0) }
  }

  private func remove(_ name: String) -> Bool {
    (try? FileManager.default.removeItem(atPath: folder.file(name))) != nil
  }

  @Test("frame text becomes rows, and leaves no recording behind")
  func frameText() throws {
    let events = try scene()
    #expect(try quotewire("convert", folder.file("in.qwr"), folder.file("in.tsv")).exitCode == 0)
    let ended = try quotewire("convert", folder.file("in.tsv"), folder.file("rows.parquet"))
    #expect(ended.exitCode == 0 && ended.errors.contains("\(events) rows read, \(events) written"), "\(ended)")
    #expect(!Places.names(in: folder.path).contains { $0.contains(".frames-") })
  }

  @Test("rows that cannot be read are counted, named by file and line, and an error only where strictness is asked for")
  func refused() throws {
    let text = "eventSymbol,bidPrice\nA,1\nB,x\nC\n\"D\n\",2\nE\"E,3\n"
    try write(Array(text.utf8), to: folder.file("Quote.csv"))
    let ended = try quotewire("convert", folder.file("Quote.csv"), folder.file("q.arrow"), "--stats", "-")
    #expect(ended.exitCode == 0, "\(ended)")
    let stats = try Conversion(ended.output)
    #expect(stats.rows.read == 5 && stats.rows.written == 2 && stats.rows.refused == 3)
    for words in ["Quote.csv: line 3: bidPrice cannot be \"x\"", "line 4: 1 fields where", "line 7: a quote stands"] {
      #expect(ended.errors.contains(words), "\(ended.errors)")
      #expect(stats.refusals.contains { $0.contains(words) })
    }
    let strict = try quotewire("convert", folder.file("Quote.csv"), folder.file("s.arrow"), "--strict")
    #expect(strict.exitCode == 4 && strict.errors.contains("3 rows were refused"), "\(strict)")
  }

  @Test("rows are selected by type, symbol and time, whatever they come from", arguments: sources)
  func selected(from source: String) throws {
    _ = try scene()
    let whole = try sorted("in.ndjson").map { String(decoding: $0, as: UTF8.self) }
    let symbol = try #require(whole[whole.count / 2].split(separator: "\"").map(String.init)[safe: 7])
    let wanted = whole.filter { $0.contains("\"eventType\":\"Quote\",\"eventSymbol\":\"\(symbol)\"") }
    let ended = try quotewire(
      "convert", folder.file(source), folder.file("some.ndjson"), "--types", "Quote", "--symbols", symbol,
      "--stats", "-")
    #expect(ended.exitCode == 0, "\(ended)")
    let stats = try Conversion(ended.output)
    #expect(stats.rows.written == wanted.count && stats.rowsByType["Quote"] ?? 0 == wanted.count)
    #expect(stats.rows.read == stats.rows.written + stats.rows.filtered)
    #expect(try sorted("some.ndjson").map { String(decoding: $0, as: UTF8.self) } == wanted)
    let limited = try quotewire("convert", folder.file(source), folder.file("few.ndjson"), "--limit", "10")
    #expect(limited.exitCode == 0, "\(limited)")
    #expect(try sorted("few.ndjson").count == 10)
  }

  @Test("a split makes a folder for each symbol, and its files hold all rows together", arguments: ["in.qwr", "arrow"])
  func split(from source: String) throws {
    let events = try scene()
    let ended = try quotewire(
      "convert", folder.file(source), folder.file("parts.csv"), "--split-by", "symbol", "--types", "Quote,Trade")
    #expect(ended.exitCode == 0, "\(ended)")
    var rows = 0
    for name in Places.names(in: folder.file("parts.csv")) {
      for file in Places.names(in: folder.file("parts.csv/" + name)) {
        #expect(file == "Quote.csv" || file == "Trade.csv")
        rows += try sorted("parts.csv/\(name)/\(file)").count - 1
      }
    }
    let lines = try sorted("in.ndjson").map { String(decoding: $0.prefix(24), as: UTF8.self) }
    #expect(rows == lines.count { $0.contains("\"Quote\"") || $0.contains("\"Trade\"") })
    #expect(rows > 0 && rows < events)
  }

  @Test("pyarrow, polars and duckdb see the rows of the NDJSON in all files that conversions write", .tags(.slow))
  func others() throws {
    let ended = try Program(
      "/usr/bin/env", ["bash", Places.packageRoot + "/tools/interop/convert", try Built.quotewire(), folder.path]
    ).wait(limitSeconds: 600)
    if ended.exitCode == 75 {
      print("skipped: \(ended.errors)")
      return
    }
    #expect(ended.exitCode == 0, "\(ended)")
    #expect(ended.lines.filter { $0.hasSuffix("rows, equal") }.count == 8, "\(ended.text)")
  }
}

extension Array {
  fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
