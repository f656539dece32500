import Conversion
import Formats
import IO
import Market
import TestSupport
import Testing

@Suite("Conversions", .tags(.unit))
struct ConversionTests {
  let place = Place()

  @Test("a text cut into units of any size gives the same bytes, with line breaks within quotes too")
  func everyUnit() throws {
    let bytes = Made.csv(.profile, 12, seed: 5)
    let input = place.write(bytes, "Profile.csv")
    let whole = try convert([input], .csv, .profile, to: place.path("whole.csv"), .csv)
    #expect(whole.rowsWritten == 12 && whole.rowsRefused == 0 && whole.isBalanced)
    #expect(try place.read("whole.csv") == bytes)
    for size in [1, 2, 3, 5, 17, 64, 301, 1000, 4099, bytes.count - 1, bytes.count, bytes.count + 1] {
      for threads in [1, 3] {
        let report = try convert([input], .csv, .profile, to: place.path("cut.csv"), .csv, threads: threads) {
          $0.unitBytes = size
          $0.force = true
        }
        #expect(report.rowsWritten == 12 && report.isBalanced, "\(size), \(threads)")
        #expect(try place.read("cut.csv") == bytes, "\(size), \(threads)")
      }
    }
  }

  @Test("refused rows are counted once and named by their line in the file, however the text is cut")
  func refusedRows() throws {
    var text = "eventSymbol,bidPrice\n"
    for i in 0..<200 { text += i % 10 == 3 ? "A,x\(i)\n" : i % 50 == 7 ? "\"B\n\",1,2\n" : "C,\(i)\n" }
    let input = place.write(Array(text.utf8), "Quote.csv")
    let whole = try convert([input], .csv, .quote, to: place.path("whole.csv"), .csv)
    #expect(whole.rowsRead == 200 && whole.rowsRefused == 24 && whole.rowsWritten == 176 && whole.isBalanced)
    #expect(whole.refusals.count == ConversionReport.maximumRefusals)
    #expect(whole.refusals[0].hasSuffix("Quote.csv: line 5: bidPrice cannot be \"x3\""))
    for size in [1, 7, 100, 999] {
      let report = try convert([input], .csv, .quote, to: place.path("cut.csv"), .csv, threads: 3) {
        $0.unitBytes = size
        $0.force = true
      }
      #expect(report.rowsRefused == 24 && report.rowsRead == 200 && report.isBalanced)
      #expect(report.refusals == whole.refusals)
      #expect(try place.read("cut.csv") == place.read("whole.csv"))
    }
  }

  @Test("CSV goes through Arrow and comes back byte for byte", arguments: EventType.allCases)
  func throughArrow(type: EventType) throws {
    let bytes = Made.csv(type, 500, seed: UInt64(type.rawValue))
    let input = place.write(bytes, "in.csv")
    let there = try convert([input], .csv, type, to: place.path("one.arrow"), .arrow) { $0.unitBytes = 9_000 }
    #expect(there.rowsWritten == 500 && there.isBalanced)
    let back = try convert([place.path("one.arrow")], .arrow, to: place.path("back.csv"), .csv)
    #expect(back.rowsRead == 500 && back.rowsWritten == 500 && back.isBalanced)
    #expect(try place.read("back.csv") == bytes)
  }

  @Test("NDJSON keeps the order of its types, and goes through CSV type by type")
  func ndjson() throws {
    let types: [EventType] = [.quote, .trade, .timeAndSale, .message]
    let bytes = Made.ndjson(types, 100, seed: 9)
    let input = place.write(bytes, "in.ndjson")
    let same = try convert([input], .ndjson, to: place.path("same.ndjson"), .ndjson, threads: 3) {
      $0.unitBytes = 3000
    }
    #expect(same.rowsWritten == 400 && same.isBalanced)
    #expect(try place.read("same.ndjson") == bytes)
    let split = try convert([input], .ndjson, to: place.path("csv"), .csv, isFolder: true) { $0.unitBytes = 5000 }
    #expect(split.files.count == 4 && types.allSatisfy { split.rowsByType[$0.index] == 100 })
    for type in types {
      _ = try convert([place.path("csv/\(type.name).csv")], .csv, type, to: place.path("\(type.name).ndjson"), .ndjson)
      let mine = bytes.split(separator: 0x0A).filter { $0.starts(with: "{\"eventType\":\"\(type.name)\",".utf8) }
      #expect(try place.read("\(type.name).ndjson").split(separator: 0x0A) == mine)
    }
  }

  @Test("Parquet has the same bytes whatever the number of threads")
  func deterministic() throws {
    let input = place.write(Made.csv(.quote, 20_000, seed: 3), "Quote.csv")
    for threads in [1, 4] {
      let output = place.path("\(threads).parquet")
      let report = try convert([input], .csv, .quote, to: output, .parquet, threads: threads) {
        $0.unitBytes = 100_000
        $0.codec = "snappy"
      }
      #expect(report.rowsWritten == 20_000 && report.isBalanced)
    }
    #expect(try place.read("1.parquet") == place.read("4.parquet"))
  }

  @Test("a file that exists is refused before anything is read, and replaced when asked for")
  func existing() throws {
    let input = place.write(Made.csv(.quote, 5, seed: 1), "Quote.csv")
    let output = place.write([1], "out.csv")
    #expect(throws: ConversionError.self) { try convert([input], .csv, .quote, to: output, .csv) }
    #expect(try place.read("out.csv") == [1])
    #expect(try convert([input], .csv, .quote, to: output, .csv) { $0.force = true }.rowsWritten == 5)
  }

  @Test("a header that cannot be read ends the conversion and leaves no file")
  func badHeader() throws {
    let input = place.write(Array("bidPrice\n1\n".utf8), "Quote.csv")
    #expect(throws: ConversionError.self) { try convert([input], .csv, .quote, to: place.path("o.csv"), .csv) }
    #expect(!File.exists(place.path("o.csv")))
  }

  @Test("damaged Arrow files are refused with a sentence")
  func damagedArrow() throws {
    let input = place.write(Made.csv(.quote, 100, seed: 1), "Quote.csv")
    _ = try convert([input], .csv, .quote, to: place.path("good.arrow"), .arrow)
    let good = try place.read("good.arrow")
    var random = SeededRandom(seed: 12)
    for _ in 0..<100 {
      var bad = good
      if Bool.random(using: &random) { bad.removeLast(Int.random(in: 1..<bad.count, using: &random)) } else {
        bad[Int.random(in: bad.indices, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
      }
      let path = place.write(bad, "bad.arrow")
      // Either way there is an end, and rows add up.
      if let report = try? convert([path], .arrow, to: place.path("b.csv"), .csv, { $0.force = true }) {
        #expect(report.isBalanced)
      }
    }
  }
}
