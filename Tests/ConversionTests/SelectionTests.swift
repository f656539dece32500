import Bytes
import Conversion
import Formats
import IO
import Market
import TestSupport
import Testing

@Suite("Selections, splits and merges", .tags(.unit))
struct SelectionTests {
  let place = Place()
  private static let day: Int64 = 86_400_000_000_000

  /// Quotes of three symbols, a row an hour: `S0,0,0,…`.
  private func quotes(_ count: Int, from start: Int64 = 0, step: Int64 = 3_600_000_000_000) -> [UInt8] {
    var text = "eventSymbol,bidPrice,receivedNanos\n"
    for i in 0..<count { text += "S\(i % 3),\(i).5,\(start + Int64(i) * step)\n" }
    return Array(text.utf8)
  }

  private func rows(_ name: String) throws -> [String] {
    let lines = try place.read(name).split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
    return lines.dropFirst().map { line in
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      return "\(fields[0]) \(fields[6]) \(fields[12])"
    }
  }

  @Test("filters keep the rows that they name, in columns and in events", arguments: [false, true])
  func filters(merges: Bool) throws {
    let input = place.write(quotes(100), "Quote.csv")
    let hour: Int64 = 3_600_000_000_000
    let report = try convert([input], .csv, .quote, to: place.path("o.csv"), .csv) {
      $0.filter.symbols = [Array("S1".utf8), Array("none".utf8)]
      $0.filter.start = 10 * hour
      $0.filter.stop = 19 * hour
      $0.merges = merges
    }
    #expect(try rows("o.csv").map { $0.split(separator: " ")[1] } == ["10.5", "13.5", "16.5", "19.5"])
    #expect(report.rowsRead == 100 && report.rowsFiltered == 96 && report.isBalanced)
  }

  @Test("types are kept apart", arguments: [ConversionFormat.ndjson, .csv])
  func types(format: ConversionFormat) throws {
    let input = place.write(Made.ndjson([.quote, .trade], 50, seed: 2), "in.ndjson")
    let report = try convert([input], .ndjson, to: place.path("out"), format, isFolder: format != .ndjson) {
      $0.filter.types = [.trade]
    }
    #expect(report.rowsByType[EventType.trade.index] == 50 && report.rowsByType[EventType.quote.index] == 0)
    #expect(report.rowsFiltered == 50 && report.isBalanced)
  }

  @Test("a limit counts rows that were written", arguments: [1, 7, 99, 100, 1000])
  func limit(rows limit: Int) throws {
    let input = place.write(quotes(100), "Quote.csv")
    for merges in [false, true] {
      let report = try convert([input], .csv, .quote, to: place.path("o.csv"), .csv) {
        $0.limit = limit
        $0.merges = merges
        $0.force = true
        $0.unitBytes = 300
      }
      #expect(report.rowsWritten == min(limit, 100) && report.isBalanced)
      #expect(try rows("o.csv").count == min(limit, 100))
    }
  }

  @Test("inputs come one after the other, or merged by arrival")
  func merge() throws {
    let first = place.write(quotes(4, from: 0, step: 10), "Quote-1.csv")
    let second = place.write(quotes(4, from: 5, step: 10), "Quote-2.csv")
    _ = try convert([first, second], .csv, .quote, to: place.path("chain.csv"), .csv)
    #expect(try rows("chain.csv").map { $0.split(separator: " ")[2] } == ["0", "10", "20", "30", "5", "15", "25", "35"])
    let report = try convert([first, second], .csv, .quote, to: place.path("merged.csv"), .csv) { $0.merges = true }
    let times = try rows("merged.csv").map { $0.split(separator: " ")[2] }
    #expect(times == ["0", "5", "10", "15", "20", "25", "30", "35"])
    #expect(report.rowsRead == 8 && report.isBalanced)
  }

  @Test("a split makes a folder for each day, with the rows of that day", arguments: [ConversionFormat.csv, .arrow])
  func byDay(format: ConversionFormat) throws {
    let input = place.write(quotes(60, from: 20_000 * Self.day), "Quote.csv")
    let report = try convert([input], .csv, .quote, to: place.path("out"), format, isFolder: true) { $0.split = .day }
    #expect(report.files.count == 3 && report.rowsWritten == 60 && report.isBalanced)
    let ending = format == .csv ? ".csv" : ".arrow"
    #expect(File.exists(place.path("out/2024-10-04/Quote" + ending)))
    if format == .csv {
      #expect(try rows("out/2024-10-04/Quote.csv").count == 24)
      #expect(try rows("out/2024-10-06/Quote.csv").count == 12)
    } else {
      let back = try convert([place.path("out/2024-10-05/Quote.arrow")], .arrow, to: place.path("b.csv"), .csv)
      #expect(back.rowsWritten == 24)
    }
  }

  @Test("a split by symbol names folders so that no symbol leaves the output")
  func bySymbol() throws {
    var text = "eventSymbol,bidPrice\n"
    for symbol in ["AAPL", "/ESZ26:XCME", "..", "a/../b", "", "é", "BRK.B"] { text += "\"\(symbol)\",1\n" }
    let input = place.write(Array(text.utf8), "Quote.csv")
    let report = try convert([input], .csv, .quote, to: place.path("out"), .csv, isFolder: true) { $0.split = .symbol }
    #expect(report.rowsWritten == 7 && report.files.count == 7)
    let names = Set(try Directory.list(place.path("out")))
    #expect(names == ["AAPL", "%2FESZ26%3AXCME", "%2E.", "a%2F..%2Fb", "%", "%C3%A9", "BRK.B"])
  }

  @Test("gap marks of NDJSON are rows of a file beside those of events, and stay lines in NDJSON")
  func gaps() throws {
    var bytes = Made.ndjson([.quote], 3, seed: 4)
    var gap = ByteWriter()
    GapRow.appendNDJSON(Gap(reason: .connectionLost, lane: 1, fromNanos: 5, toNanos: 9), to: &gap)
    bytes += gap.array
    bytes += Made.ndjson([.trade], 3, seed: 5)
    let input = place.write(bytes, "in.ndjson")
    let same = try convert([input], .ndjson, to: place.path("same.ndjson"), .ndjson)
    #expect(try place.read("same.ndjson") == bytes)
    #expect(same.gaps == 1 && same.rowsWritten == 6 && same.isBalanced)
    let folder = try convert([input], .ndjson, to: place.path("out"), .csv, isFolder: true)
    #expect(folder.files.count == 3 && folder.gaps == 1)
    #expect(String(decoding: try place.read("out/gaps.csv"), as: UTF8.self).contains("1,connectionLost,5,9,0,0,0,9"))
  }
}
