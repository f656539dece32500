import Market
import TestSupport
import Testing

/// The layout of every event type as other parts of the project and readers of its memory count on it.
struct Layout: CustomTestStringConvertible, Sendable {
  let name: String
  let size: Int
  let records: Int
  let typeByte: UInt8
  /// Field names in schema order, each with its offset.
  let fields: [String]

  init(_ name: String, size: Int, records: Int, type: UInt8, _ fields: String) {
    self.name = name
    self.size = size
    self.records = records
    typeByte = type
    self.fields = fields.split(whereSeparator: { $0 == "," || $0 == "\n" }).map {
      String($0.drop(while: { $0 == " " }))
    }
  }

  var testDescription: String { name }

  static let all = [
    Layout(
      "Quote", size: 84, records: 1, type: 0x01,
      """
      eventSymbol 0, eventTime 16, sequence 72, timeNanoPart 76, bidTime 56, bidExchangeCode 80, bidPrice 24,
      bidSize 40, askTime 64, askExchangeCode 82, askPrice 32, askSize 48
      """),
    Layout(
      "Trade", size: 94, records: 1, type: 0x02,
      """
      eventSymbol 0, eventTime 16, time 24, timeNanoPart 80, sequence 84, exchangeCode 92, tradeId 32,
      price 40, change 48, size 56, dayId 88, dayVolume 64, dayTurnover 72, tickDirection 6,
      extendedTradingHours 7
      """),
    Layout(
      "TradeETH", size: 94, records: 1, type: 0x03,
      """
      eventSymbol 0, eventTime 16, time 24, timeNanoPart 80, sequence 84, exchangeCode 92, tradeId 32,
      price 40, change 48, size 56, dayId 88, dayVolume 64, dayTurnover 72, tickDirection 6,
      extendedTradingHours 7
      """),
    Layout(
      "Summary", size: 88, records: 1, type: 0x04,
      """
      eventSymbol 0, eventTime 16, dayId 80, dayOpenPrice 32, dayHighPrice 40, dayLowPrice 48,
      dayClosePrice 56, dayClosePriceType 6, prevDayId 84, prevDayClosePrice 64, prevDayClosePriceType 7,
      prevDayVolume 72, openInterest 24
      """),
    Layout(
      "Greeks", size: 100, records: 1, type: 0x05,
      """
      eventSymbol 0, eventTime 16, eventFlags 5, index 24, time 32, sequence 96, price 40, volatility 48,
      delta 56, gamma 64, theta 72, rho 80, vega 88
      """),
    Layout(
      "TheoPrice", size: 92, records: 1, type: 0x06,
      """
      eventSymbol 0, eventTime 16, eventFlags 5, index 24, time 32, sequence 88, price 40, underlyingPrice 48,
      delta 56, gamma 64, dividend 72, interest 80
      """),
    Layout(
      "Underlying", size: 92, records: 1, type: 0x07,
      """
      eventSymbol 0, eventTime 16, eventFlags 5, index 24, time 32, sequence 88, volatility 40,
      frontVolatility 48, backVolatility 56, callVolume 64, putVolume 72, putCallRatio 80
      """),
    Layout(
      "Series", size: 104, records: 1, type: 0x08,
      """
      eventSymbol 0, eventTime 16, eventFlags 5, index 24, time 32, sequence 96, expiration 100,
      volatility 40, callVolume 48, putVolume 56, putCallRatio 64, forwardPrice 72, dividend 80, interest 88
      """),
    Layout(
      "TimeAndSale", size: 119, records: 1, type: 0x09,
      """
      eventSymbol 0, eventTime 16, eventFlags 5, index 24, time 32, timeNanoPart 104, sequence 108,
      exchangeCode 112, tradeId 40, price 48, size 56, bidPrice 64, askPrice 72, exchangeSaleConditions 80,
      tradeThroughExempt 114, aggressorSide 6, spreadLeg 7, extendedTradingHours 116, validTick 117, type 118,
      buyer 88, seller 96
      """),
    Layout(
      "OptionSale", size: 127, records: 1, type: 0x0A,
      """
      eventSymbol 0, eventTime 16, eventFlags 5, index 24, time 32, timeNanoPart 112, sequence 116,
      exchangeCode 120, price 40, size 48, bidPrice 56, askPrice 64, exchangeSaleConditions 96,
      tradeThroughExempt 122, aggressorSide 6, spreadLeg 7, extendedTradingHours 124, validTick 125, type 126,
      underlyingPrice 72, volatility 80, delta 88, optionSymbol 104
      """),
    Layout(
      "Configuration", size: 36, records: 1, type: 0x0B,
      """
      eventSymbol 0, eventTime 16, version 32, attachment 24
      """),
    Layout(
      "Message", size: 32, records: 1, type: 0x0C,
      """
      eventSymbol 0, eventTime 16, attachment 24
      """),
    Layout(
      "Profile", size: 140, records: 2, type: 0x41,
      """
      eventSymbol 0, eventTime 16, description 120, shortSaleRestriction 6, tradingStatus 7, statusReason 128,
      haltStartTime 24, haltEndTime 32, highLimitPrice 40, lowLimitPrice 48, high52WeekPrice 56,
      low52WeekPrice 64, beta 72, earningsPerShare 80, dividendFrequency 88, exDividendAmount 96,
      exDividendDayId 136, shares 104, freeFloat 112
      """),
    Layout(
      "Order", size: 147, records: 2, type: 0x42,
      """
      eventSymbol 0, eventTime 16, eventFlags 5, index 24, time 32, timeNanoPart 136, sequence 140,
      source 120, action 6, actionTime 40, orderId 48, auxOrderId 56, price 80, size 88, executedSize 96,
      count 64, exchangeCode 144, side 7, scope 146, tradeId 72, tradePrice 104, tradeSize 112,
      marketMaker 128
      """),
    Layout(
      "SpreadOrder", size: 147, records: 2, type: 0x43,
      """
      eventSymbol 0, eventTime 16, eventFlags 5, index 24, time 32, timeNanoPart 136, sequence 140,
      source 120, action 6, actionTime 40, orderId 48, auxOrderId 56, price 80, size 88, executedSize 96,
      count 64, exchangeCode 144, side 7, scope 146, tradeId 72, tradePrice 104, tradeSize 112,
      spreadSymbol 128
      """),
    Layout(
      "AnalyticOrder", size: 172, records: 2, type: 0x44,
      """
      eventSymbol 0, eventTime 16, eventFlags 5, index 24, time 32, timeNanoPart 160, sequence 164,
      source 144, action 6, actionTime 40, orderId 48, auxOrderId 56, price 80, size 88, executedSize 96,
      count 64, exchangeCode 168, side 7, scope 170, tradeId 72, tradePrice 104, tradeSize 112,
      marketMaker 152, icebergPeakSize 120, icebergHiddenSize 128, icebergExecutedSize 136, icebergType 171
      """),
    Layout(
      "OtcMarketsOrder", size: 157, records: 2, type: 0x45,
      """
      eventSymbol 0, eventTime 16, eventFlags 5, index 24, time 32, timeNanoPart 136, sequence 140,
      source 120, action 6, actionTime 40, orderId 48, auxOrderId 56, price 80, size 88, executedSize 96,
      count 64, exchangeCode 148, side 7, scope 150, tradeId 72, tradePrice 104, tradeSize 112,
      marketMaker 128, quoteAccessPayment 144, open 151, unsolicited 152, otcMarketsPriceType 153,
      saturated 154, autoExecution 155, nmsConditional 156
      """),
    Layout(
      "Candle", size: 132, records: 2, type: 0x46,
      """
      eventSymbol 0, eventTime 16, eventFlags 5, index 24, time 32, sequence 128, count 40, open 48, high 56,
      low 64, close 72, volume 80, vwap 88, bidVolume 96, askVolume 104, impVolatility 112, openInterest 120
      """),
  ]
}

@Suite("Layout of events")
struct LayoutTests {
  @Test("size, records, type byte and offsets of each type are pinned", arguments: Layout.all)
  func pinned(layout: Layout) throws {
    let type = try #require(EventType(name: layout.name))
    let schema = Schema.of(type)
    #expect(schema.byteCount == layout.size)
    #expect(type.recordCount == layout.records)
    #expect(type.rawValue == layout.typeByte)
    #expect(schema.fields.map { "\($0.name) \($0.offset)" } == layout.fields)
  }

  @Test("all types are pinned, each once")
  func complete() {
    #expect(Layout.all.count == EventType.count && EventType.allCases.count == EventType.count)
    #expect(Set(Layout.all.map(\.name)) == Set(EventType.allCases.map(\.name)))
    #expect(Set(Layout.all.map(\.typeByte)).count == EventType.count)
  }

  @Test("two records are for exactly the types that do not fit in one, and bit 6 says so", arguments: Layout.all)
  func longTypes(layout: Layout) {
    #expect(layout.records == (layout.size + 127) / 128)
    #expect((layout.typeByte & 0x40 != 0) == (layout.records == 2))
    #expect(layout.typeByte & 0x80 == 0 && layout.typeByte != 0 && layout.typeByte != Gap.typeByte)
  }

  @Test("dense numbers go from 0 without a hole and back")
  func indices() {
    #expect(Set(EventType.allCases.map(\.index)) == Set(0..<EventType.count))
    for type in EventType.allCases {
      #expect(EventType(index: type.index) == type)
      #expect(Schema.all[type.index].type == type)
    }
    #expect(EventType(index: EventType.count) == nil)
  }

  /// Stored properties in the order of declaration, laid out by Swift's rule for structs: each at the next multiple of
  /// its alignment. An opinion on offsets that does not come from the schema.
  private func places(_ event: any MarketEvent) -> [String: (offset: Int, size: Int)] {
    func measure<T>(_ value: T) -> (size: Int, alignment: Int) { (MemoryLayout<T>.size, MemoryLayout<T>.alignment) }
    var places: [String: (offset: Int, size: Int)] = [:]
    var end = 0
    for child in Mirror(reflecting: event).children {
      let (size, alignment) = measure(child.value)
      let offset = (end + alignment - 1) / alignment * alignment
      places[child.label ?? ""] = (offset, size)
      end = offset + size
    }
    return places
  }

  @Test("each schema field names the stored property at its offset", arguments: EventType.allCases)
  func fieldsAreProperties(type: EventType) {
    let places = places(anyEvent(type))
    for field in Schema.of(type).fields where field.kind != .symbol && field.kind != .flags {
      #expect(places[field.name]?.offset == field.offset, "\(type.name).\(field.name)")
      #expect(places[field.name]?.size == size(field.kind), "\(type.name).\(field.name)")
    }
    #expect(places["head"]?.offset == 0 && places["receivedNanos"]?.offset == EventHead.receivedOffset)
    #expect(places["eventTime"]?.offset == EventHead.eventTimeOffset)
  }

  @Test("no byte of an event is padding of unknown content", arguments: EventType.allCases)
  func noHoles(type: EventType) {
    var isCovered = [Bool](repeating: false, count: Schema.of(type).byteCount)
    for (_, place) in places(anyEvent(type)) {
      for i in place.offset..<place.offset + place.size { isCovered[i] = true }
    }
    #expect(!isCovered.contains(false), "\(isCovered.indices.filter { !isCovered[$0] })")
  }

  @Test("texts stand at multiples of 8, numbers at multiples of their size", arguments: EventType.allCases)
  func alignment(type: EventType) {
    for field in Schema.of(type).fields {
      #expect(field.offset % size(field.kind) == 0, "\(type.name).\(field.name)")
    }
  }

  @Test("the common head lies as documented")
  func head() {
    var quote = Quote()
    quote.head.symbol = TextID(rawValue: 0x0403_0201)
    quote.head.eventFlags = [.removeEvent, .snapshotMode]
    quote.receivedNanos = 0x1111_1111_1111_1111
    quote.eventTime = 0x2222_2222_2222_2222
    let bytes = bytes(of: quote)
    let expected: [UInt8] = [1, 2, 3, 4, 1, 0x42, 0, 0]
    #expect(Array(bytes[0..<8]) == expected)
    #expect(bytes[8..<16].allSatisfy { $0 == 0x11 } && bytes[16..<24].allSatisfy { $0 == 0x22 })
  }
}
