import Bytes
import EventSupport
import Formats
import JSON
import Market
import Rings
import TestSupport
import Testing

struct NDJSONResult: Equatable {
  var rows: [[String]] = []
  var gaps: [Gap] = []
  var errors: [FormatError] = []
  var unknownKeys = 0
}

/// Decodes a text that comes in pieces cut at the given offsets; goes on behind errors. A gap also stands among the
/// rows.
func decodeNDJSON(
  _ text: [UInt8], cuts: [Int] = [], batchCapacity: Int = 64, limits: NDJSONDecoder.Limits = NDJSONDecoder.Limits()
) -> NDJSONResult {
  var decoder = NDJSONDecoder(limits: limits)
  var batch = EventBatch(capacity: batchCapacity)
  var texts = TextTable()
  var result = NDJSONResult()
  func drain(_ decoder: inout NDJSONDecoder) {
    while true {
      do {
        let step = try decoder.decode(into: &batch, &texts)
        result.rows += contents(batch, texts.store)
        batch.removeAll()
        if case .gap(let gap) = step {
          result.gaps.append(gap)
          result.rows.append(["gap"])
        }
        if step == .needMore { return }
      } catch {
        result.errors.append(error)
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
  result.unknownKeys = decoder.unknownKeyCount
  return result
}

func sampleGap() -> Gap {
  var gap = Gap(reason: .silence, lane: 3, fromNanos: 1_772_461_800_125_000_000, toNanos: 1_772_461_803_500_000_000)
  gap.attempts = 2
  gap.topics = .max
  gap.lostMessages = .max
  gap.receivedNanos = -5
  return gap
}

@Suite("NDJSON", .tags(.unit))
struct NDJSONTests {
  @Test("events of every type with values of every kind come back as they were", arguments: EventType.allCases)
  func roundTrip(type: EventType) {
    var source = EventSource(seed: 900 &+ UInt64(type.rawValue))
    var batch = EventBatch(capacity: 1024)
    var texts = TextTable()
    source.fill(&batch, type, 200, &texts)
    let encoder = NDJSONEncoder()
    var out = ByteWriter()
    batch.forEach { event in encoder.append(event, texts.store, to: &out) }
    let result = decodeNDJSON(out.array)
    #expect(result.errors == [], "seed \(source.random.seed)")
    #expect(result.unknownKeys == 0)
    #expect(result.rows == contents(batch, texts.store), "seed \(source.random.seed)")
  }

  @Test("types may mix, and gap marks stand where they stood")
  func mixed() {
    var source = EventSource(seed: 4)
    var batch = EventBatch(capacity: 1024)
    var texts = TextTable()
    for type in EventType.allCases { source.fill(&batch, type, 2, &texts) }
    let encoder = NDJSONEncoder()
    var out = ByteWriter()
    var rows: [[String]] = []
    batch.forEach { event in
      encoder.append(event, texts.store, to: &out)
      rows.append(content(event, texts.store))
      if rows.count == 7 {
        GapRow.appendNDJSON(sampleGap(), to: &out)
        rows.append(["gap"])
      }
    }
    let whole = decodeNDJSON(out.array)
    #expect(whole.rows == rows)
    #expect(whole.gaps == [sampleGap()])
    #expect(decodeNDJSON(out.array, cuts: Array(0...out.count), batchCapacity: 2) == whole)
  }

  @Test("a text cut at any byte gives the same rows and the same errors")
  func everySplit() {
    let text = Array(
      """
      {"eventType":"Quote","eventSymbol":"A","bidPrice":1.5}\r

      {"eventSymbol":"B\\u0041","askPrice":"NaN","other":[{}],"eventType":"Quote"}
      {"eventType":"Gap","reason":"silence","lane":1}
      nonsense
      {"eventType":"Trade","eventSymbol":"é","price":-0.0}
      """.utf8)
    let whole = decodeNDJSON(text)
    #expect(whole.rows.count == 4)
    #expect(whole.errors.count == 1)
    #expect(whole.unknownKeys == 1)
    for cut in 0...text.count { #expect(decodeNDJSON(text, cuts: [cut]) == whole, "cut at \(cut)") }
  }

  @Test("a line has every field of the schema, names and values as on the wire")
  func plainLine() {
    var texts = TextTable()
    var order = Order()
    order.head.symbol = texts.intern("AAPL")!
    order.head.eventFlags = [.snapshotBegin, .txPending]
    order.index = .max
    order.price = 171.25
    order.size = .infinity
    order.side = Side(name: "BUY")!
    order.scope = OrderScope(rawValue: 0xFF)
    order.source = makeText("NTV", &texts)
    order.exchangeCode = CharCode(rawValue: 0x51)
    order.receivedNanos = 1_772_461_800_125_000_000
    var batch = EventBatch()
    add(order, to: &batch)
    var out = ByteWriter()
    batch.forEach { event in NDJSONEncoder().append(event, texts.store, to: &out) }
    #expect(
      out.string == """
        {"eventType":"Order","eventSymbol":"AAPL","eventTime":0,"eventFlags":5,"index":9223372036854775807,"time":0,\
        "timeNanoPart":0,"sequence":0,"source":"NTV","action":"UNDEFINED","actionTime":0,"orderId":0,"auxOrderId":0,\
        "price":171.25,"size":"Infinity","executedSize":"NaN","count":0,"exchangeCode":"Q","side":"BUY","scope":null,\
        "tradeId":0,"tradePrice":"NaN","tradeSize":"NaN","marketMaker":null,"receivedNanos":1772461800125000000}

        """)
  }

  @Test(
    "strings are escaped strictly",
    arguments: [
      ("a\"b\\c/", #""a\"b\\c/""#), ("\n\r\t", #""\n\r\t""#), ("\u{0}\u{8}\u{1F}", #""\u0000\u0008\u001F""#),
      ("é€😀\u{7F}\u{2028}", "\"é€😀\u{7F}\u{2028}\""), ("", "\"\""),
    ])
  func escapes(text: String, expected: String) {
    var texts = TextTable()
    var message = Message()
    message.head.symbol = texts.intern(text)!
    var batch = EventBatch()
    add(message, to: &batch)
    var out = ByteWriter()
    batch.forEach { event in NDJSONEncoder().append(event, texts.store, to: &out) }
    #expect(
      out.string == """
        {"eventType":"Message","eventSymbol":\(expected),"eventTime":0,"attachment":null,"receivedNanos":0}

        """)
  }

  @Test("a lone surrogate in a char field is its escape, and line breaks in an attachment become blanks")
  func surrogatesAndAttachments() {
    var texts = TextTable()
    var trade = Trade()
    trade.head.symbol = texts.intern("A")!
    trade.exchangeCode = CharCode(rawValue: 0xD83D)
    var message = Message()
    message.head.symbol = texts.intern("A")!
    message.attachment = makeText("{\r\n\"a\":\n1}", &texts)
    var empty = message
    empty.attachment = .empty
    var batch = EventBatch()
    add(trade, to: &batch)
    add(message, to: &batch)
    add(empty, to: &batch)
    var out = ByteWriter()
    batch.forEach { event in NDJSONEncoder().append(event, texts.store, to: &out) }
    let lines = out.string.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[0].contains(#""exchangeCode":"\uD83D","#))
    #expect(lines[1].contains(#""attachment":{  "a": 1},"#))
    #expect(lines[2].contains(#""attachment":null,"#))
    #expect(decodeNDJSON(out.array).errors == [])
  }

  @Test(
    "a fault names its line, and the lines around it are read",
    arguments: [
      (#"{"eventSymbol":"B"}"#, FormatError.unknownEventType(line: 2, name: "")),
      (#"{"eventType":"Quotes","eventSymbol":"B"}"#, .unknownEventType(line: 2, name: "Quotes")),
      (#"{"eventType":"Quote","bidPrice":1}"#, .badValue(line: 2, field: "eventSymbol", text: "")),
      (#"{"eventType":"Quote","eventSymbol":"B","bidPrice":"1"}"#,
        .badValue(line: 2, field: "bidPrice", text: "\"1\"")),
      (#"{"eventType":"Quote","eventSymbol":"B","sequence":2147483648}"#,
        .badValue(line: 2, field: "sequence", text: "2147483648")),
      (#"{"eventType":"Trade","eventSymbol":"B","exchangeCode":"QQ"}"#,
        .badValue(line: 2, field: "exchangeCode", text: "\"QQ\"")),
      (#"{"eventType":"Gap","reason":"boredom"}"#, .badValue(line: 2, field: "reason", text: "boredom")),
      (#"{"eventType":"Gap","lane":65536}"#, .badValue(line: 2, field: "lane", text: "65536")),
      (#"{"eventType":"Quote","eventSymbol":"B"} x"#, .invalidLine(line: 2, error: .trailingBytes(offset: 40))),
      (#"{"eventType":"Quote","eventSymbol":"B","bidTime":true}"#,
        .invalidLine(line: 2, error: .wrongKind(wanted: .number, offset: 49))),
      ("[1]", .invalidLine(line: 2, error: .wrongKind(wanted: .object, offset: 0))),
    ])
  func faults(line: String, expected: FormatError) {
    let around = #"{"eventType":"Quote","eventSymbol":"A"}"#
    let result = decodeNDJSON(Array("\(around)\n\(line)\n\(around)".utf8))
    #expect(result.rows.count == 2)
    #expect(result.errors == [expected])
  }

  @Test("a line beyond the limit is refused in bounded memory, and the next line is read")
  func limit() {
    let good = #"{"eventType":"Quote","eventSymbol":"A"}"#
    let text = Array("\(good)\n\"\(String(repeating: "x", count: 2_000_000))\"\n\(good)\n".utf8)
    for cuts in [[], Array(stride(from: 0, to: text.count, by: 10_000))] as [[Int]] {
      let result = decodeNDJSON(text, cuts: cuts, limits: .init(maximumLineBytes: 1000))
      #expect(result.rows.count == 2)
      #expect(result.errors == [.recordTooLong(line: 2, limit: 1000)])
    }
  }

  @Test("a changed byte never crashes the decoder, and never changes the number of lines")
  func mutations() {
    var source = EventSource(seed: 31)
    var batch = EventBatch(capacity: 64)
    var texts = TextTable()
    for type in [EventType.order, .timeAndSale, .message] { source.fill(&batch, type, 1, &texts) }
    var out = ByteWriter()
    batch.forEach { event in NDJSONEncoder().append(event, texts.store, to: &out) }
    let text = out.array
    var random = SeededRandom(seed: 32)
    for _ in 0..<400 {
      var changed = text
      let at = Int(random.next() % UInt64(text.count))
      if changed[at] == 0x0A { continue }
      changed[at] = UInt8(truncatingIfNeeded: random.next())
      if changed[at] == 0x0A { continue }
      let result = decodeNDJSON(changed)
      #expect(result.rows.count + result.errors.count == 3, "seed \(random.seed), byte \(at)")
    }
  }
}
