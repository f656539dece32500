import DXLink
import Market
import Rings
import TestSupport
import Testing

func config(_ fields: String, channel: Int = 1) -> String {
  #"{"type":"FEED_CONFIG","channel":\#(channel),"dataFormat":"COMPACT","aggregationPeriod":0.0,"#
    + #""eventFields":\#(fields)}"#
}

func data(_ data: String, channel: Int = 1) -> String {
  #"{"type":"FEED_DATA","channel":\#(channel),"data":\#(data)}"#
}

/// What one field of a type became, for values of which each makes a row of its own.
@Suite("Values of FEED_DATA", .tags(.unit))
struct ValueTests {
  static let values: [(String, String, String, String)] = [
    ("Quote", "bidPrice", "171.25", "171.25"), ("Quote", "bidPrice", "100", "100.0"),
    ("Quote", "bidPrice", "-118.0", "-118.0"), ("Quote", "bidPrice", "1.3743299E7", "13743299.0"),
    ("Quote", "bidPrice", "1e7", "10000000.0"), ("Quote", "bidPrice", "1E+7", "10000000.0"),
    ("Quote", "bidPrice", "4.8E-12", "4.8e-12"), ("Quote", "bidPrice", "-0.0", "-0.0"),
    ("Quote", "bidPrice", "0.999999999996191", "0.999999999996191"),
    ("Quote", "bidPrice", "\"NaN\"", "nan"), ("Quote", "bidPrice", "\"Infinity\"", "inf"),
    ("Quote", "bidPrice", "\"-Infinity\"", "-inf"), ("Quote", "bidPrice", "\"1.5\"", "1.5"),
    ("Quote", "bidPrice", "null", "nan"), ("Quote", "bidPrice", "\"N\\u0061N\"", "nan"),
    ("Quote", "bidPrice", "\"x\"", "BAD"), ("Quote", "bidPrice", "\"0x10\"", "BAD"),
    ("Quote", "bidPrice", "\"\"", "BAD"),
    ("Quote", "bidPrice", "\"nan\"", "BAD"), ("Quote", "bidPrice", "true", "BAD"), ("Quote", "bidPrice", "[1]", "BAD"),
    ("Quote", "bidPrice", "{\"a\":[]}", "BAD"),
    ("Candle", "index", "7235129486797176832", "7235129486797176832"),
    ("Candle", "index", "9223372036854775807", "9223372036854775807"),
    ("Candle", "index", "-9223372036854775808", "-9223372036854775808"),
    ("Candle", "index", "9223372036854775808", "BAD"), ("Candle", "index", "100.0", "100"),
    ("Candle", "index", "1e3", "1000"), ("Candle", "index", "1.5", "BAD"), ("Candle", "index", "\"NaN\"", "0"),
    ("Candle", "index", "\"77\"", "77"), ("Candle", "index", "\"Infinity\"", "BAD"), ("Candle", "index", "null", "0"),
    ("Candle", "index", "false", "BAD"), ("Candle", "sequence", "4194303", "4194303"),
    ("Candle", "sequence", "2147483648", "BAD"), ("Candle", "sequence", "-2147483648", "-2147483648"),
    ("Candle", "eventFlags", "0", "0"), ("Candle", "eventFlags", "255", "255"), ("Candle", "eventFlags", "256", "BAD"),
    ("Candle", "eventFlags", "-1", "BAD"), ("Candle", "eventFlags", "14", "14"),
    ("Trade", "extendedTradingHours", "true", "true"), ("Trade", "extendedTradingHours", "false", "false"),
    ("Trade", "extendedTradingHours", "null", "false"), ("Trade", "extendedTradingHours", "1", "BAD"),
    ("Trade", "extendedTradingHours", "\"true\"", "BAD"),
    ("Trade", "tickDirection", "\"ZERO_UP\"", "ZERO_UP"), ("Trade", "tickDirection", "\"UNDEFINED\"", "UNDEFINED"),
    ("Trade", "tickDirection", "\"zero_up\"", "?"), ("Trade", "tickDirection", "\"SIDEWAYS\"", "?"),
    ("Trade", "tickDirection", "\"\\u0055P\"", "UP"), ("Trade", "tickDirection", "null", "UNDEFINED"),
    ("Trade", "tickDirection", "3", "BAD"),
    ("Trade", "exchangeCode", "\"Q\"", "Q"), ("Trade", "exchangeCode", "\"\"", ""),
    ("Trade", "exchangeCode", "\"\\u0000\"", ""), ("Trade", "exchangeCode", "null", ""),
    ("Trade", "exchangeCode", "\"é\"", "é"), ("Trade", "exchangeCode", "\"€\"", "€"),
    ("Trade", "exchangeCode", "\"\\u20ac\"", "€"), ("Trade", "exchangeCode", "\"AB\"", "BAD"),
    ("Trade", "exchangeCode", "\"ABC\"", "BAD"), ("Trade", "exchangeCode", "\"😀\"", "BAD"),
    ("Trade", "exchangeCode", "81", "BAD"), ("Trade", "exchangeCode", "\"\\\"\"", "\""),
    ("Profile", "statusReason", "null", "null"), ("Profile", "statusReason", "\"\"", ""),
    ("Profile", "statusReason", "\"1234567\"", "1234567"), ("Profile", "statusReason", "\"12345678\"", "12345678"),
    ("Profile", "statusReason", "\"S&amp;P 500 \\\"x\\\" \\ud83d\\ude00\"", "S&amp;P 500 \"x\" 😀"),
    ("Profile", "statusReason", "7", "BAD"), ("Profile", "statusReason", "[]", "BAD"),
    ("Message", "attachment", "{\"a\": [1, {}], \"b\":\"]\"}", "{\"a\": [1, {}], \"b\":\"]\"}"),
    ("Message", "attachment", "[ ]", "[ ]"), ("Message", "attachment", "\"x\\n\"", "\"x\\n\""),
    ("Message", "attachment", "null", "null"), ("Message", "attachment", "17", "17"),
    ("Configuration", "version", "3", "3"),
  ]

  @Test("one value of the wire becomes one field, or costs its row but not the rows beside it", arguments: values)
  func value(type: String, field: String, wire: String, expected: String) throws {
    var rig = Rig()
    try rig.decode(config(#"{"\#(type)":["eventSymbol","\#(field)"]}"#))
    let isBad = expected == "BAD"
    for form in 0..<2 {
      rig.events = []
      let before = rig.decoder.counters
      let frame =
        form == 0
        ? data(#"["\#(type)",["A",null,"B",\#(wire),"C",null]]"#)
        : data(
          #"[{"eventType":"\#(type)","eventSymbol":"A"},{"\#(field)":\#(wire),"eventSymbol":"B","#
            + #""eventType":"\#(type)"},{"eventType":"\#(type)","eventSymbol":"C"}]"#)
      let received = try rig.decode(frame)
      #expect(
        received == .data(FrameCounts(channel: 1, rowsDecoded: isBad ? 2 : 3, rowsMalformed: isBad ? 1 : 0)))
      #expect(rig.rows.map { $0["eventSymbol"] } == (isBad ? ["A", "C"] : ["A", "B", "C"]))
      if !isBad { #expect(rig.rows[1][field] == expected) }
      let unknown = rig.decoder.counters.unknownValue - before.unknownValue
      #expect(unknown == (expected == "?" ? 1 : 0))
      #expect((rig.decoder.lastTrouble != nil) == isBad)
    }
  }

  @Test("an event has its receive time, and every field that was not sent its default")
  func defaults() throws {
    var rig = Rig()
    rig.now = 987_654_321
    try rig.decode(data(#"[{"eventType":"TimeAndSale","eventSymbol":"A"}]"#))
    let row = try #require(rig.rows.first)
    #expect(row["receivedNanos"] == "987654321")
    #expect(row["price"] == "nan" && row["index"] == "0" && row["buyer"] == "null" && row["type"] == "NEW")
    #expect(row["exchangeCode"] == "" && row["validTick"] == "false" && row["eventFlags"] == "0")
  }

  @Test("a row without symbol is malformed", arguments: [#"["Quote",[null,1.0]]"#, #"["Quote",[7,1.0]]"#,
    #"[{"eventType":"Quote","bidPrice":1.0}]"#])
  func noSymbol(wire: String) throws {
    var rig = Rig()
    try rig.decode(config(#"{"Quote":["eventSymbol","bidPrice"]}"#))
    #expect(try rig.decode(data(wire)) == .data(FrameCounts(channel: 1, rowsDecoded: 0, rowsMalformed: 1)))
    #expect(rig.events.isEmpty)
  }

  @Test("a symbol that finds no room costs its row, another text becomes null; both are counted")
  func refusedTexts() throws {
    var rig = Rig()
    rig.texts = TextTable(limits: TextStore.Limits(maximumTexts: 1))
    try rig.decode(config(#"{"Profile":["eventSymbol","statusReason"]}"#))
    try rig.decode(data(#"["Profile",["A","a long reason","A","short","B",null]]"#))
    #expect(rig.rows.map { $0["statusReason"] } == ["null", "short"])
    #expect(rig.decoder.counters.textsRefused == 2)
    #expect(rig.decoder.counters.rowsMalformed == 1)
    #expect(rig.decoder.lastTrouble?.reason == .noRoomForSymbol)
  }
}

@Suite("Frames of FEED_DATA", .tags(.unit))
struct FrameTests {
  static let fields = #"{"Quote":["eventSymbol","bidPrice","askPrice"],"Trade":["eventSymbol","price"]}"#

  /// Symbols in order; rows decoded, malformed, unknown types.
  static let frames: [(String, [String], Int, Int)] = [
    ("[]", [], 0, 0),
    (#"["Quote",[]]"#, [], 0, 0),
    (#"["Quote",["A",1,2,"B",3,4]]"#, ["A", "B"], 0, 0),
    (#"["Quote",["A",1,2],"Trade",["T",5],"Quote",["B",3,4],"Quote",[]]"#, ["A", "T", "B"], 0, 0),
    (#"["Nonsense",["A",1,[2],{}],"Trade",["T",5]]"#, ["T"], 0, 1),
    (#"["Quote",["A",1,2,"B",3],"Trade",["T",5]]"#, ["T"], 2, 0),
    (#"["Quote",["A"],"Trade",["T",5,"U",6,"V"],"Trade",["W",7]]"#, ["W"], 4, 0),
    (#"["Quote",["A",1,"x","B",3,4,"C",[1],2,"D",{"x":1},false]]"#, ["B"], 3, 0),
    (#"["Quote"]"#, [], 1, 0),
    (#"["Trade",["T",5],"Quote"]"#, ["T"], 1, 0),
    (#"["Quote",7,"Trade",["T",5]]"#, ["T"], 1, 0),
    (#"[7,"Trade",["T",5],null]"#, ["T"], 2, 0),
    (#"[[1,2],"Trade",["T",5]]"#, ["T"], 1, 0),
    (#"["Trade",["T",5],{"eventType":"Trade","eventSymbol":"F"}]"#, ["T", "F"], 0, 0),
    (#"[{"eventType":"What","eventSymbol":"F"},{"eventSymbol":"G"},{"eventType":3}]"#, [], 2, 1),
    (#"["\u0051uote",["A",1,2]]"#, ["A"], 0, 0),
    (#"["Quote",["A\"{}[],:\\",1,2]]"#, ["A\"{}[],:\\"], 0, 0),
    (#"["Quote",["NaN",1,2,"7",3,4]]"#, ["NaN", "7"], 0, 0),
  ]

  @Test("good rows come out in order, others are counted", arguments: frames)
  func rowsOfFrame(wire: String, symbols: [String], malformed: Int, unknownTypes: Int) throws {
    // Any capacity gives the same events: with the least one, every row but the first needs a flush.
    for capacity in [2, 3, 5, 4096] {
      var rig = Rig(capacity: capacity)
      try rig.decode(config(Self.fields))
      let received = try rig.decode(data(wire))
      let counts = FrameCounts(channel: 1, rowsDecoded: symbols.count, rowsMalformed: malformed)
      #expect(received == .data(counts), "capacity \(capacity)")
      #expect(rig.rows.map { $0["eventSymbol"] } == symbols, "capacity \(capacity)")
      let counters = rig.decoder.counters
      #expect(counters.unknownType == unknownTypes)
      #expect(counters.rowsDecoded == symbols.count && counters.rowsMalformed == malformed)
      #expect(counters.frames == 2 && counters.feedDataFrames == 1 && counters.framesRefused == 0)
    }
  }

  static let envelopes: [String] = [
    #"{"type":"FEED_DATA","channel":1,"data":DATA}"#,
    #"{"channel":1,"type":"FEED_DATA","data":DATA}"#,
    #"{"data":DATA,"channel":1,"type":"FEED_DATA"}"#,
    #"{"type":"FEED_DATA","data":DATA,"channel":1}"#,
    #"{"type":"FEED_DATA","channel":1,"data":DATA,"more":[{"data":7}]}"#,
    #"{"x":{},"type":"FEED_DATA","channel":1,"y":[],"data":DATA}"#,
    #" { "type" : "FEED_DATA" , "channel" : 1 , "data" : DATA } "#,
    #"{"type":"FEED_DATA","channel":2,"data":["Trade",["X",9]],"channel":1,"data":DATA}"#,
    #"{"type":"KEEPALIVE","channel":1,"data":DATA,"type":"FEED_DATA"}"#,
    #"{"type":"FEED_DATA","channel":1,"data":["Trade",["X",9]],"data":DATA}"#,
    #"{"t\u0079pe":"FEED_DATA","channel":1,"data":DATA}"#,
    #"{"type":"FEED_DATA","channel":1.0,"data":DATA}"#,
  ]

  @Test("keys of the envelope may stand in any order, the last of equal ones counts", arguments: envelopes)
  func envelope(wire: String) throws {
    let rows = #"["Quote",["A",1,2,"B",3,4],"Trade",["T",5,"U",6,"V",7]]"#
    for capacity in [2, 4, 4096] {
      var rig = Rig(capacity: capacity)
      try rig.decode(config(Self.fields))
      let frame = wire.split(separator: "DATA", omittingEmptySubsequences: false).joined(separator: rows)
        .split(separator: "FEED_" + rows, omittingEmptySubsequences: false).joined(separator: "FEED_DATA")
      #expect(try rig.decode(frame) == .data(FrameCounts(channel: 1, rowsDecoded: 5, rowsMalformed: 0)), "\(capacity)")
      #expect(rig.rows.map { $0["eventSymbol"] } == ["A", "B", "T", "U", "V"])
      #expect(rig.decoder.counters.rowsDecoded == 5)
    }
  }

  @Test("a last type that is no FEED_DATA gives no events")
  func typeChanges() throws {
    for capacity in [2, 4096] {
      var rig = Rig(capacity: capacity)
      try rig.decode(config(Self.fields))
      let frame = #"{"type":"FEED_DATA","channel":1,"data":["Trade",["T",5,"U",6,"V",1]],"type":"KEEPALIVE"}"#
      #expect(try rig.decode(frame) == .message(.keepalive))
      #expect(rig.events.isEmpty && rig.flushes == 0 && rig.decoder.counters.rowsDecoded == 0)
    }
  }

  static let refused: [(String, FeedError)] = [
    (#"{"type":"FEED_DATA","channel":1}"#, .missingKey("data", offset: 0)),
    (#"{"type":"FEED_DATA","data":[]}"#, .missingKey("channel", offset: 0)),
    (#"{"type":"FEED_DATA","channel":1,"data":{}}"#, .wrongKind(key: "data", wanted: "an array", offset: 39)),
    (#"{"type":"FEED_DATA","channel":"1","data":[]}"#,
      .wrongKind(key: "channel", wanted: "a channel number", offset: 30)),
    ("[]", .notAnObject(offset: 0)),
  ]

  @Test("an envelope that makes no sense is an error", arguments: refused)
  func refusedEnvelope(wire: String, error: FeedError) {
    var rig = Rig()
    #expect(throws: error) { try rig.decode(wire) }
    #expect(rig.decoder.counters.framesRefused == 1 && rig.decoder.counters.frames == 1)
  }

  @Test("malformed JSON anywhere takes back all events of the frame, whatever the batch's capacity")
  func allOrNothing() throws {
    let good = data(#"["Quote",["A",1,2,"B",3,4],"Trade",["T",5,"U",6,"V",7],{"eventType":"Trade","eventSymbol":"W"}]"#)
    for capacity in [2, 3, 4, 4096] {
      var rig = Rig(capacity: capacity)
      try rig.decode(config(Self.fields))
      for end in 0..<good.utf8.count {
        let cut = String(decoding: Array(good.utf8)[..<end], as: UTF8.self)
        #expect(throws: FeedError.self, "cut at \(end)") { try rig.decode(cut) }
      }
      for tail in ["x", "}", ",", "{}", "\u{0}"] {
        #expect(throws: FeedError.self) { try rig.decode(good + tail) }
      }
      #expect(rig.events.isEmpty && rig.flushes == 0)
      #expect(rig.decoder.counters.rowsDecoded == 0 && rig.decoder.counters.rowsMalformed == 0)
      #expect(rig.decoder.counters.unknownField == 0)
      try rig.decode(good)
      #expect(rig.events.count == 6)
    }
  }

  @Test("events of earlier frames stay in the batch when a later frame is refused")
  func earlierFramesStay() throws {
    var decoder = FeedDecoder()
    var batch = EventBatch(capacity: 8)
    var texts = TextTable()
    func run(_ text: String) throws(FeedError) {
      try unsafe Padded(text).withBytes { b throws(FeedError) in
        _ = try unsafe decoder.decode(b, receivedNanos: 0, batch: &batch, texts: &texts) { _ in }
      }
    }
    try run(config(Self.fields))
    try run(data(#"["Trade",["T",5]]"#))
    #expect(throws: FeedError.self) { try run(data(#"["Trade",["U",5,"V",6]"#)) }
    #expect(batch.eventCount == 1)
    try run(data(#"["Trade",["W",5,"V"],"Trade",["X",1]]"#))
    #expect(batch.eventCount == 2)
  }

  @Test("mutated frames: never a crash; what is accepted is the same for every capacity", .tags(.property))
  func mutated() throws {
    var random = SeededRandom(seed: 2024)
    let good = Array(
      data(
        #"["Quote",["A\u0041",1.5,2,"B",3,"NaN"],"Trade",["T",5],{"eventType":"Trade","eventSymbol":"W","price":null}]"#
      ).utf8)
    for round in 0..<1000 {
      var bytes = good
      for _ in 0...(random.next() % 3) {
        let at = Int(random.next() % UInt64(bytes.count))
        switch random.next() % 4 {
        case 0: bytes[at] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes.remove(at: at)
        case 2: bytes.insert(bytes[Int(random.next() % UInt64(bytes.count))], at: at)
        default:
          let token = [",1", "[]", "\"x\",", "null", "{", "\"Quote\","].randomElement(using: &random) ?? ""
          bytes.replaceSubrange(at..<at, with: Array(token.utf8))
        }
      }
      // Ids may differ: a section that is dropped has added more or fewer symbols to the table before.
      var results: [(String, [[String: String]])] = []
      for capacity in [2, 3, 4096] {
        var rig = Rig(capacity: capacity)
        try rig.decode(config(Self.fields))
        do {
          let received = try rig.decode(Padded(bytes))
          results.append(("\(received)", rig.rows))
        } catch {
          #expect(rig.events.isEmpty && rig.flushes == 0, "seed \(random.seed), round \(round)")
          results.append(("\(error)", []))
        }
      }
      let isSame = results[0] == results[2] && results[1] == results[2]
      let wire = String(decoding: bytes, as: UTF8.self)
      #expect(isSame, "seed \(random.seed), round \(round): \(wire), \(results.map(\.0))")
    }
  }
}
