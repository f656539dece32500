import Bytes
import EventSupport
import Formats
import Market
import Rings
import TestSupport
import Testing

/// What a decoder made of a text: rows, errors, in the order in which they came.
struct CSVResult: Equatable {
  var rows: [[String]] = []
  var errors: [FormatError] = []
  var unknownColumns = 0
}

/// Decodes a text that comes in pieces of the given lengths, the rest at once; goes on behind errors.
func decodeCSV(
  _ text: [UInt8], _ type: EventType, cuts: [Int] = [], batchCapacity: Int = 64,
  limits: CSVDecoder.Limits = CSVDecoder.Limits()
) -> CSVResult {
  var decoder = CSVDecoder(type, limits: limits)
  var batch = EventBatch(capacity: batchCapacity)
  var texts = TextTable()
  var result = CSVResult()
  func drain(_ decoder: inout CSVDecoder) {
    while true {
      do {
        let step = try decoder.decode(into: &batch, &texts)
        result.rows += contents(batch, texts.store)
        batch.removeAll()
        if step == .needMore { return }
      } catch {
        result.errors.append(error)
        if result.errors.count > 100 { return }
      }
    }
  }
  var at = 0
  for cut in cuts + [text.count] where cut > at {
    while at < cut {
      at += unsafe decoder.append(text[at..<cut].span.bytes)
      drain(&decoder)
    }
  }
  decoder.finish()
  drain(&decoder)
  result.unknownColumns = decoder.unknownColumnCount
  return result
}

private let quoteHeader = "eventSymbol,bidPrice,askPrice\n"

/// Symbol, bid and ask of quotes in a text.
private func quotes(_ text: String) -> (rows: [String], errors: [FormatError]) {
  var decoder = CSVDecoder(.quote)
  var batch = EventBatch()
  var texts = TextTable()
  var errors: [FormatError] = []
  let bytes = Array(text.utf8)
  let taken = unsafe decoder.append(bytes.span.bytes)
  #expect(taken == bytes.count)
  decoder.finish()
  while errors.count < 10 {
    do {
      if try decoder.decode(into: &batch, &texts) == .needMore { break }
    } catch {
      errors.append(error)
    }
  }
  var rows: [String] = []
  batch.forEach { event in
    let quote = event.event(as: Quote.self)!
    rows.append("\(string(event.symbol, texts.store)) \(quote.bidPrice) \(quote.askPrice)")
  }
  return (rows, errors)
}

@Suite("CSV", .tags(.unit))
struct CSVTests {
  @Test("events of every type with values of every kind come back as they were", arguments: EventType.allCases)
  func roundTrip(type: EventType) {
    for (seed, form) in [(1, CSVEncoder.NaNForm.empty), (2, .name)] as [(UInt64, CSVEncoder.NaNForm)] {
      var source = EventSource(seed: seed &* 100 &+ UInt64(type.rawValue))
      var batch = EventBatch(capacity: 1024)
      var texts = TextTable()
      source.fill(&batch, type, 200, &texts)
      let encoder = CSVEncoder(type, nanForm: form)
      var out = ByteWriter()
      encoder.appendHeader(to: &out)
      batch.forEach { event in encoder.append(event, texts.store, to: &out) }
      let result = decodeCSV(out.array, type)
      #expect(result.errors == [], "seed \(source.random.seed)")
      #expect(result.unknownColumns == 0)
      #expect(result.rows == contents(batch, texts.store), "seed \(source.random.seed)")
    }
  }

  @Test(
    "a text cut at any byte gives the same rows and the same errors", arguments: [EventType.profile, .message, .quote])
  func everySplit(type: EventType) {
    var source = EventSource(seed: 77)
    var batch = EventBatch(capacity: 64)
    var texts = TextTable()
    source.fill(&batch, type, 4, &texts)
    let encoder = CSVEncoder(type)
    var out = ByteWriter()
    encoder.appendHeader(to: &out)
    batch.forEach { event in encoder.append(event, texts.store, to: &out) }
    out.append("\r\n\"bad\" row\nshort,row\r\n\"two\nlines\"")
    let text = out.array
    let whole = decodeCSV(text, type)
    #expect(whole.rows.count == 4)
    #expect(whole.errors.count == 3)
    // The source has long texts, which are the same over and over: of those every 29th byte.
    for cut in 0...text.count where cut < 1000 || cut % 29 == 0 || cut > text.count - 100 {
      let split = decodeCSV(text, type, cuts: [cut], batchCapacity: 2)
      if split != whole {
        Issue.record("cut at \(cut)")
        return
      }
    }
    #expect(decodeCSV(text, type, cuts: Array(0...text.count)) == whole)
  }

  @Test("a row has the header's columns in the schema's order, shortest numbers, and ends in LF")
  func plainRow() {
    var texts = TextTable()
    var quote = Quote()
    quote.head.symbol = texts.intern("AAPL")!
    quote.bidPrice = 171.25
    quote.bidSize = 300
    quote.askExchangeCode = CharCode(rawValue: 0x51)
    quote.receivedNanos = 1_772_461_800_125_000_000
    var batch = EventBatch()
    add(quote, to: &batch)
    let encoder = CSVEncoder(.quote)
    var out = ByteWriter()
    encoder.appendHeader(to: &out)
    batch.forEach { event in encoder.append(event, texts.store, to: &out) }
    #expect(
      out.string == """
        eventSymbol,eventTime,sequence,timeNanoPart,bidTime,bidExchangeCode,bidPrice,bidSize,askTime,\
        askExchangeCode,askPrice,askSize,receivedNanos
        AAPL,0,0,0,0,,171.25,300.0,0,Q,,,1772461800125000000

        """)
  }

  @Test("a text is quoted only where it must be")
  func quoting() {
    let cases = [
      ("plain text", "plain text"), ("", "\"\""), ("a,b", "\"a,b\""), ("a\"b", "\"a\"\"b\""), (" a", "\" a\""),
      ("a\t", "\"a\t\""),
      ("a\nb", "\"a\nb\""), ("a\rb", "\"a\rb\""), ("a'b;c", "a'b;c"),
    ]
    for (text, expected) in cases {
      var texts = TextTable()
      var message = Message()
      message.head.symbol = texts.intern(text)!
      var batch = EventBatch()
      add(message, to: &batch)
      var out = ByteWriter()
      batch.forEach { event in CSVEncoder(.message).append(event, texts.store, to: &out) }
      #expect(out.string == expected + ",0,,0\n")
    }
  }

  @Test("columns may come in any order, unknown ones are counted, CRLF and a byte order mark are passed over")
  func foreign() {
    let text = "\u{FEFF}askPrice, note ,eventSymbol,bidPrice\r\n2,x,AAPL,1.5\r\n\r\n NaN ,,\"B,\",inf\r\n-1e2,,C,1"
    let (rows, errors) = quotes(text)
    #expect(rows == ["AAPL 1.5 2.0", "B, inf nan", "C 1.0 -100.0"])
    #expect(errors == [])
    #expect(decodeCSV(Array(text.utf8), .quote).unknownColumns == 1)
  }

  @Test(
    "a fault names its line, and the rows around it are read",
    arguments: [
      ("A,1,2\nB,1\nC,1,2\n", FormatError.wrongFieldCount(line: 3, found: 2, expected: 3)),
      ("A,1,2\nB,1,2,3\nC,1,2\n", .wrongFieldCount(line: 3, found: 4, expected: 3)),
      ("A,1,2\nB,one,2\nC,1,2\n", .badValue(line: 3, field: "bidPrice", text: "one")),
      ("A,1,2\n\"B\"x,1,2\nC,1,2\n", .misplacedQuote(line: 3)),
      ("A,1,2\nB\"x,1,2\nC,1,2\n", .misplacedQuote(line: 3)),
      ("A,1,2\n,1,2\nC,1,2\n", .badValue(line: 3, field: "eventSymbol", text: "")),
      ("A,1,2\nC,1,2\n\"x,1,2\n", .unterminatedQuote(line: 4)),
      ("\"A\",1,2\n\"x\n\ny\",1,bad\nC,1,2\n", .badValue(line: 3, field: "askPrice", text: "bad")),
      ("A,1,2\n\n\nB,0x10,2\nC,1,2", .badValue(line: 5, field: "bidPrice", text: "0x10")),
    ])
  func faults(body: String, expected: FormatError) {
    let (rows, errors) = quotes(quoteHeader + body)
    #expect(errors == [expected])
    #expect(rows == ["A 1.0 2.0", "C 1.0 2.0"])
    #expect(expected.description.hasPrefix("line "))
  }

  @Test(
    "a header that cannot be used is refused, and stays refused",
    arguments: [
      ("bidPrice,askPrice\n1,2\n", FormatError.noSymbolColumn(line: 1)),
      ("eventSymbol,bidPrice,bidPrice\nA,1,2\n", .duplicateColumn(line: 1, name: "bidPrice")),
    ])
  func headers(text: String, expected: FormatError) {
    let (rows, errors) = quotes(text)
    #expect(rows == [])
    #expect(errors == Array(repeating: expected, count: 10))
  }

  @Test("values out of their field's range are refused")
  func ranges() {
    let cases = [
      ("sequence", "2147483648"), ("sequence", "1.5"), ("bidTime", "9223372036854775808"), ("bidExchangeCode", "QQ"),
      ("bidExchangeCode", "😀"), ("bidExchangeCode", "\\uD80"), ("sequence", "NaN"),
    ]
    for (field, value) in cases {
      let result = decodeCSV(Array("eventSymbol,\(field)\nA,\(value)\n".utf8), .quote)
      #expect(result.errors == [.badValue(line: 2, field: field, text: value)])
    }
    #expect(
      decodeCSV(Array("eventSymbol,attachment\nA,{\"a\":\nB,{}\n".utf8), .message).errors.first
        == .misplacedQuote(line: 2))
    #expect(
      decodeCSV(Array("eventSymbol,attachment\nA,[1\nB,{}\n".utf8), .message).errors
        == [.badValue(line: 2, field: "attachment", text: "[1")])
    var invalid = Array("eventSymbol,attachment\n".utf8)
    invalid += [0xC3, 0x28, 0x2C, 0x0A]
    #expect(decodeCSV(invalid, .message).rows == [])
  }

  @Test("a record beyond the limit is refused in bounded memory, and the next line is read")
  func limit() {
    let long = String(repeating: "x", count: 3_000_000)
    let text = Array((quoteHeader + "A,1,2\n\(long),1,2\nC,1,2\n").utf8)
    for cuts in [[], Array(stride(from: 0, to: text.count, by: 10_000))] as [[Int]] {
      let result = decodeCSV(text, .quote, cuts: cuts, limits: .init(maximumRecordBytes: 1000))
      #expect(result.rows.count == 2)
      #expect(result.errors == [.recordTooLong(line: 3, limit: 1000)])
    }
    let wide = "eventSymbol" + String(repeating: ",c", count: 300) + "\n"
    #expect(decodeCSV(Array(wide.utf8), .quote).errors.first == .tooManyColumns(line: 1, limit: 256))
  }

  @Test("random bytes never crash the decoder")
  func garbage() {
    var random = SeededRandom(seed: 5)
    let alphabet = Array("\",\n\r aA1.\\é".utf8)
    for _ in 0..<300 {
      let body = (0..<Int(random.next() % 200)).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
      let text = Array(quoteHeader.utf8) + body
      let whole = decodeCSV(text, .quote)
      let cut = quoteHeader.utf8.count + Int(random.next() % 200)
      #expect(decodeCSV(text, .quote, cuts: [min(cut, text.count)]) == whole, "seed \(random.seed)")
    }
  }
}
