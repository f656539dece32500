import Bytes
import Columns
import EventSupport
import Formats
import JSON
import Market
import Rings
import TestSupport
import Testing

/// Reads a text that comes in pieces of the given lengths as columns, and gives its rows as events.
func readCSVColumns(
  _ text: [UInt8], _ type: EventType, cuts: [Int] = [], capacity: Int = 64, level: SIMDLevel = .preferred,
  limits: CSVDecoder.Limits = CSVDecoder.Limits(), each: (EventRef, TextStore) -> Void = { _, _ in }
) -> CSVResult {
  var reader = CSVColumnReader(type, limits: limits, level: level)
  var columns = ColumnBatch(type, capacity: capacity)
  var rows = EventRows(type)
  var batch = EventBatch(capacity: 2 * columns.capacity)
  var texts = TextTable()
  var result = CSVResult()
  var isBroken = false
  func drain(_ reader: inout CSVColumnReader) {
    while !isBroken {
      do {
        let step = try reader.read(into: &columns)
        let all = 0..<columns.rowCount
        guard try rows.append(all, from: columns, into: &batch, &texts) == all.count else { return }
        result.rows += contents(batch, texts.store)
        batch.forEach { event in each(event, texts.store) }
        batch.removeAll()
        columns.removeAll()
        if step == .needMore { return }
      } catch let error as FormatError {
        // Nothing can be read without a header.
        result.errors.append(error)
        isBroken = true
      } catch {
        Issue.record("\(error)")
        isBroken = true
      }
    }
  }
  var at = 0
  for cut in cuts + [text.count] where cut > at {
    while at < cut && !isBroken {
      at += unsafe reader.append(text[at..<cut].span.bytes)
      drain(&reader)
    }
  }
  if !isBroken {
    reader.finish()
    drain(&reader)
  }
  result.errors += reader.refusals
  if reader.refusals.count < CSVColumnReader.maximumRefusals { #expect(reader.refusedCount == reader.refusals.count) }
  #expect(reader.rowCount == result.rows.count)
  result.unknownColumns = reader.header?.unknownCount ?? 0
  return result
}

/// The bytes of a text in hexadecimal.
func hexadecimal(_ text: Text, _ texts: TextStore) -> String {
  var all: [UInt8] = []
  unsafe text.withBytes(texts) { b in unsafe all = [UInt8](b) }
  return all.map { (byte: UInt8) in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
}

/// Random events of a type as CSV.
private func text(_ type: EventType, _ count: Int, seed: UInt64, nan: CSVEncoder.NaNForm = .empty) -> [UInt8] {
  var source = EventSource(seed: seed)
  var batch = EventBatch(capacity: 2 * count)
  var texts = TextTable()
  source.fill(&batch, type, count, &texts)
  let encoder = CSVEncoder(type, nanForm: nan)
  var out = ByteWriter()
  encoder.appendHeader(to: &out)
  batch.forEach { event in encoder.append(event, texts.store, to: &out) }
  return out.array
}

@Suite("CSV as columns", .tags(.unit))
struct CSVColumnTests {
  @Test("rows of every type are those that the reader of events makes", arguments: EventType.allCases)
  func everyType(type: EventType) {
    for (seed, nan) in [(1, .empty), (2, .name)] as [(UInt64, CSVEncoder.NaNForm)] {
      let bytes = text(type, 300, seed: seed &* 1000 &+ UInt64(type.rawValue), nan: nan)
      let expected = decodeCSV(bytes, type)
      #expect(expected.rows.count == 300 && expected.errors == [])
      for level in SIMDLevel.supported {
        #expect(readCSVColumns(bytes, type, level: level) == expected, "\(type), \(level)")
      }
    }
  }

  @Test("a text cut at any byte gives the same rows and the same refusals", arguments: [EventType.profile, .quote])
  func everySplit(type: EventType) {
    var bytes = text(type, 4, seed: 77)
    bytes += Array("\r\n\"bad\" row\nshort,row\r\n\"two\nlines\"".utf8)
    let whole = readCSVColumns(bytes, type)
    #expect(whole == decodeCSV(bytes, type))
    #expect(whole.errors.count == 3)
    for cut in 0...bytes.count where cut < 600 || cut % 37 == 0 || cut > bytes.count - 60 {
      if readCSVColumns(bytes, type, cuts: [cut], capacity: 64) != whole {
        Issue.record("cut at \(cut)")
        return
      }
    }
    #expect(readCSVColumns(bytes, type, cuts: Array(stride(from: 0, to: bytes.count, by: 7))) == whole)
  }

  @Test("CRLF, blank lines, a byte order mark, any order of columns and unknown ones change nothing")
  func headers() {
    let header = "\u{FEFF}\"askPrice\",unknown, bidPrice ,eventSymbol\r\n\r\n"
    let text = header + "1.5,x,2,\"A\"\r\n\n,\"y,\n\"\"z\",NaN,B\r\n3,,4.25,C"
    let bytes = Array(text.utf8)
    for level in SIMDLevel.supported {
      let result = readCSVColumns(bytes, .quote, level: level)
      #expect(result.errors == [] && result.unknownColumns == 1)
      #expect(result.rows.count == 3)
    }
    // The reader of events knows no mark in front of a quote.
    let plain = Array(text.dropFirst().utf8)
    #expect(readCSVColumns(plain, .quote) == decodeCSV(plain, .quote))
    #expect(readCSVColumns(bytes, .quote).rows == decodeCSV(plain, .quote).rows)
  }

  @Test("what is refused is counted, and named by line, field and reason")
  func refusals() {
    let text = """
      eventSymbol,bidPrice,eventTime,bidExchangeCode
      A,1.5,1,Q
      B,x,1,Q
      C,"two
      lines",9,
      D,1,2
      ,1,2,Q
      E,1,99999999999999999999,Q
      F,1e400,1,Q
      G,1,1,QQ
      H"H,1,1,Q
      I,01.5,1,Q
      J,7,-12, ok
      K,7.25,-12,Q
      """
    let bytes = Array(text.utf8)
    let expected = decodeCSV(bytes, .quote)
    for level in SIMDLevel.supported { #expect(readCSVColumns(bytes, .quote, level: level) == expected, "\(level)") }
    #expect(expected.errors.contains(.badValue(line: 3, field: "bidPrice", text: "x")))
    #expect(expected.errors.contains(.wrongFieldCount(line: 6, found: 3, expected: 4)))
    #expect(expected.errors.contains(.misplacedQuote(line: 11)))
  }

  @Test("of many refusals the first are kept, in the order of their lines, and all are counted")
  func manyRefusals() throws {
    var bytes = Array("eventSymbol,bidPrice,askPrice\n".utf8)
    for i in 0..<1000 { bytes += Array((i % 2 == 0 ? "A,1,x\n" : "B,y,2\n").utf8) }
    var reader = CSVColumnReader(.quote)
    var columns = ColumnBatch(.quote, capacity: 4096)
    _ = unsafe reader.append(bytes.span.bytes)
    #expect(try reader.read(into: &columns) == .needMore)
    #expect(reader.refusedCount == 1000 && reader.rowCount == 0 && columns.rowCount == 0)
    #expect(reader.refusals.count == CSVColumnReader.maximumRefusals)
    #expect(reader.refusals[1] == .badValue(line: 3, field: "bidPrice", text: "y"))
    #expect(reader.refusals[19] == .badValue(line: 21, field: "bidPrice", text: "y"))
  }

  @Test("a header without symbols, or with a name twice, is said at each call")
  func badHeaders() {
    for (text, error) in [
      ("bidPrice,askPrice\nA,1\n", FormatError.noSymbolColumn(line: 1)),
      ("\n\neventSymbol,bidPrice,bidPrice\n", .duplicateColumn(line: 3, name: "bidPrice")),
    ] {
      var reader = CSVColumnReader(.quote)
      var columns = ColumnBatch(.quote, capacity: 64)
      let bytes = Array(text.utf8)
      _ = unsafe reader.append(bytes.span.bytes)
      for _ in 0..<2 { #expect(throws: error) { _ = try reader.read(into: &columns) } }
    }
  }

  @Test("a record beyond the limit is refused with its first line, and reading goes on in the next")
  func longRecords() {
    let limits = CSVDecoder.Limits(maximumRecordBytes: 200_000)
    for filler in ["x", "\",\n"] {
      let long = String(repeating: filler, count: 700_000 / filler.utf8.count)
      let bytes = Array("eventSymbol,bidPrice\nA,1\n\(long)\nB,2\n".utf8)
      let expected = decodeCSV(bytes, .quote, limits: limits)
      let result = readCSVColumns(bytes, .quote, limits: limits)
      #expect(result.rows == expected.rows && !result.rows.isEmpty)
      #expect(result.errors.first == expected.errors.first)
    }
    let wide = "eventSymbol,bidPrice\nA,1\n" + String(repeating: ",", count: 40_000) + "\nB,2\n"
    #expect(
      readCSVColumns(Array(wide.utf8), .quote).errors == [.wrongFieldCount(line: 3, found: 40_001, expected: 2)])
    #expect(readCSVColumns(Array(wide.utf8), .quote).rows.count == 2)
  }

  @Test("mutants are read as the reader of events reads them")
  func mutants() {
    let telling = Array("\",\r\n \t.-+eE0159NaTrufals\\".utf8) + [0x00, 0x80, 0xC3, 0xFF]
    let types: [EventType] = [.quote, .timeAndSale, .trade, .order, .summary]
    var random = SeededRandom(seed: 8_801)
    var (accepted, compared) = (0, 0)
    for round in 0..<300 {
      let type = types[round % types.count]
      var bytes = text(type, 5, seed: UInt64(round))
      let header = bytes.firstIndex(of: 0x0A)! + 1
      for _ in 0...Int.random(in: 0...3, using: &random) {
        let at = Int.random(in: header..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[at] = telling.randomElement(using: &random)!
        case 1: bytes.insert(telling.randomElement(using: &random)!, at: at)
        case 2: bytes.remove(at: at)
        default: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        }
      }
      let expected = decodeCSV(bytes, type)
      // The reader of events was stopped behind a hundred.
      if expected.errors.count > 100 { continue }
      compared += 1
      accepted += expected.errors.isEmpty ? 1 : 0
      for level in SIMDLevel.supported {
        let result = readCSVColumns(bytes, type, level: level)
        // Of many refusals the first are kept.
        if result.rows != expected.rows || !result.errors.elementsEqual(expected.errors.prefix(20)) {
          Issue.record("round \(round), \(level): \(result.errors.prefix(2)), \(expected.errors.prefix(2))")
          return
        }
      }
    }
    #expect(accepted > 40 && accepted < compared - 40 && compared > 200)
  }
}
