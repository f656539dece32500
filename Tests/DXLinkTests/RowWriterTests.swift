import Bytes
import DXLink
import Market
import TestSupport
import Testing

/// Fills every field of a new event with a value that its kind allows.
private func fill(
  _ type: EventType, _ batch: inout EventBatch, _ texts: inout TextTable, _ random: inout SeededRandom
) {
  guard let event = unsafe batch.append(type) else { return }
  for field in Schema.of(type).fields {
    let r = random.next()
    switch field.kind {
    case .symbol:
      let id = texts.intern("SYM\"{\(r % 100)},[é]")
      unsafe event.storeBytes(of: id?.rawValue ?? 0, toByteOffset: field.offset, as: UInt32.self)
    case .double:
      let special = [
        Double.nan, .infinity, -.infinity, 0, -0.0, 100, 1e7, 1e-3, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
      ]
      var value = Double(bitPattern: random.next())
      if r % 3 == 0 { value = special[Int(random.next() % 10)] }
      if r % 3 == 1 { value = Double(random.next() % 1_000_000) / 100 }
      if value.isNaN { value = .nan }
      unsafe event.storeBytes(of: value, toByteOffset: field.offset, as: Double.self)
    case .int64: unsafe event.storeBytes(of: Int64(bitPattern: r), toByteOffset: field.offset, as: Int64.self)
    case .int32:
      unsafe event.storeBytes(of: Int32(truncatingIfNeeded: r), toByteOffset: field.offset, as: Int32.self)
    case .flags: unsafe event.storeBytes(of: UInt8(truncatingIfNeeded: r), toByteOffset: field.offset, as: UInt8.self)
    case .bool: unsafe event.storeBytes(of: r % 2 == 0, toByteOffset: field.offset, as: Bool.self)
    case .char:
      let unit = [0, 0x41, 0x22, 0x5C, 0x1F, 0x7F, 0xE9, 0x20AC, 0xD7FF, 0xE000, 0xFFFD][Int(r % 11)]
      unsafe event.storeBytes(of: UInt16(unit), toByteOffset: field.offset, as: UInt16.self)
    case .code:
      let count = UInt64(field.codes?.names.count ?? 1)
      let code = r % 7 == 0 ? CodeNames.unknown : UInt8(random.next() % count)
      unsafe event.storeBytes(of: code, toByteOffset: field.offset, as: UInt8.self)
    case .text, .json:
      let plain = ["", "a", "\"\\\n\u{1}", "seven77", "eight888", "é😀 long enough for the table", "{[,"]
      let raw = ["{\"a\":[1,2,{}]}", "7", "\"x\"", "[]", "true", "-1.5e3", "\"a long string value\""]
      let pick = (field.kind == .json ? raw : plain)[Int(random.next() % 7)]
      var text = Text.null
      if r % 5 != 0 {
        let bytes = Array(pick.utf8)
        unsafe bytes.withUnsafeBytes { b in
          if b.count <= 7 {
            text = unsafe Text(inline: b)
          } else if let id = unsafe texts.intern(b) {
            text = Text(id: id)
          }
        }
      }
      unsafe event.storeBytes(of: text, toByteOffset: field.offset, as: Text.self)
    }
  }
}

@Suite("Rows written and read back", .tags(.property))
struct RowWriterTests {
  private static func everyField() -> FieldLists {
    var lists = FieldLists()
    for type in EventType.allCases { lists[type] = Schema.of(type).fields.map(\.name) }
    return lists
  }

  /// Writes all events of a batch and gives the messages.
  private static func write(
    _ batch: borrowing EventBatch, _ texts: borrowing TextTable, _ writer: inout RowWriter
  ) -> [String] {
    var messages: [String] = []
    let store = texts.store
    batch.forEach { event in
      unsafe writer.append(event, store) { b in unsafe messages.append(String(decoding: b, as: UTF8.self)) }
    }
    unsafe writer.flush { b in unsafe messages.append(String(decoding: b, as: UTF8.self)) }
    return messages
  }

  @Test("random events of all types are the same after COMPACT and FULL", arguments: [DataFormat.compact, .full], 1...8)
  func roundTrip(format: DataFormat, seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var rig = Rig()
    rig.now = 0
    var lists = Self.everyField()
    for type in EventType.allCases {
      lists[type].shuffle(using: &random)
      if seed % 2 == 0 { lists[type].append("eventType") }
      try rig.decode(config(text(fields: lists.typeFields([type]))))
    }
    var batch = EventBatch()
    var order = EventType.allCases.flatMap { Array(repeating: $0, count: 20) }
    order.shuffle(using: &random)
    for type in order { fill(type, &batch, &rig.texts, &random) }
    let expected = Rig.bytes(of: batch)
    for (limit, many) in [(60_000, false), (60_000, true), (2_000, false), (2_000, true)] {
      var writer = RowWriter(
        channel: 1, format: format, fields: lists, maximumBytes: limit, allowsManyPairs: many)
      rig.events = []
      for message in Self.write(batch, rig.texts, &writer) {
        #expect(message.utf8.count <= limit)
        try rig.decode(message)
      }
      #expect(rig.decoder.counters.rowsMalformed == 0 && rig.decoder.counters.unknownField == 0)
      #expect(writer.rowsTooLong == 0)
      #expect(rig.events == expected, "seed \(seed)")
    }
  }

  private func text(fields: [TypeFields]) -> String {
    let lists = fields.map { list in
      "\"\(list.typeName)\":[" + list.names.map { "\"\($0)\"" }.joined(separator: ",") + "]"
    }
    return "{" + lists.joined(separator: ",") + "}"
  }

  @Test("the text is what servers write")
  func wireText() throws {
    var texts = TextTable()
    var batch = EventBatch()
    var quote = Quote()
    quote.head.symbol = texts.intern("AAPL") ?? TextID(rawValue: 0)
    (quote.bidPrice, quote.askPrice, quote.bidSize) = (231.52, 231.53, 1.3743299e7)
    _ = batch.append(quote)
    quote.head.symbol = texts.intern("MSFT") ?? TextID(rawValue: 0)
    quote.bidSize = 300
    _ = batch.append(quote)
    var trade = Trade()
    trade.head.symbol = quote.head.symbol
    trade.price = 1e-4
    _ = batch.append(trade)
    var lists = FieldLists()
    lists[.quote] = ["eventSymbol", "bidPrice", "bidSize", "askSize", "bidExchangeCode", "nonsense"]
    lists[.trade] = ["eventSymbol", "price", "tickDirection"]
    let quotes = #""AAPL",231.52,1.3743299E7,"NaN","","MSFT",231.52,300.0,"NaN","""#
    var one = RowWriter(channel: 3, fields: lists)
    #expect(
      Self.write(batch, texts, &one) == [
        #"{"type":"FEED_DATA","channel":3,"data":["Quote",[\#(quotes)]]}"#,
        #"{"type":"FEED_DATA","channel":3,"data":["Trade",["MSFT",1.0E-4,"UNDEFINED"]]}"#,
      ])
    var many = RowWriter(channel: 3, fields: lists, allowsManyPairs: true)
    #expect(
      Self.write(batch, texts, &many) == [
        #"{"type":"FEED_DATA","channel":3,"data":["Quote",[\#(quotes)],"Trade",["MSFT",1.0E-4,"UNDEFINED"]]}"#
      ])
    var full = RowWriter(channel: 3, format: .full, fields: lists, allowsManyPairs: true)
    let messages = Self.write(batch, texts, &full)
    #expect(messages.count == 1)
    #expect(
      messages[0].hasPrefix(
        #"{"type":"FEED_DATA","channel":3,"data":[{"eventType":"Quote","eventSymbol":"AAPL","bidPrice":231.52,"#))
    #expect(
      messages[0].hasSuffix(
        #"{"eventType":"Trade","eventSymbol":"MSFT","price":1.0E-4,"tickDirection":"UNDEFINED"}]}"#))
  }

  @Test("a row longer than a message is left out and counted, its neighbours are not")
  func tooLong() throws {
    var rig = Rig()
    var batch = EventBatch()
    for symbol in ["A", String(repeating: "x", count: 400), "B"] {
      var quote = Quote()
      quote.head.symbol = rig.texts.intern(symbol) ?? TextID(rawValue: 0)
      _ = batch.append(quote)
    }
    var lists = FieldLists()
    lists[.quote] = ["eventSymbol"]
    try rig.decode(config(#"{"Quote":["eventSymbol"]}"#))
    var writer = RowWriter(channel: 1, fields: lists, maximumBytes: 200)
    for message in Self.write(batch, rig.texts, &writer) { try rig.decode(message) }
    #expect(rig.rows.map { $0["eventSymbol"] } == ["A", "B"])
    #expect(writer.rowsTooLong == 1 && writer.messageCount == 2)
  }

  @Test("a server drops the names that it does not know and keeps the order")
  func accepted() {
    let asked = ["price", "eventSymbol", "VWAP", "vwap", "orderSide", "side", "eventType"]
    #expect(FieldLists.accepted(asked, for: .candle) == ["eventSymbol", "vwap", "eventType"])
    #expect(FieldLists.accepted(asked, for: .candle, aliases: true) == ["eventSymbol", "VWAP", "vwap", "eventType"])
    #expect(FieldLists.accepted(asked, for: .order) == ["price", "eventSymbol", "side", "eventType"])
  }

  @Test("the standard lists begin with the symbol, leave out the event time and have both names of the side")
  func standardLists() {
    for type in EventType.allCases {
      let list = FieldLists.standard[type]
      #expect(list.first == "eventSymbol" && !list.contains("eventTime") && Set(list).count == list.count)
      let missing = Schema.of(type).fields.filter { !list.contains($0.name) }.map(\.name)
      #expect(missing == ["eventTime"])
      #expect(list.contains("orderSide") == list.contains("side"))
    }
    #expect(FieldLists.standard[.quote].prefix(5) == ["eventSymbol", "bidPrice", "askPrice", "bidSize", "askSize"])
    #expect(FieldLists.standard[.candle].contains("vwap") && !FieldLists.standard[.candle].contains("VWAP"))
    #expect(FieldLists(.essential)[.quote].count == 5)
  }
}
