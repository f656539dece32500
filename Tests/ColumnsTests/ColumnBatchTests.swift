import Columns
import EventSupport
import Market
import Rings
import TestSupport
import Testing

@Suite("Columns", .tags(.unit))
struct ColumnBatchTests {
  @Test("events of every type come back from columns as they were", arguments: EventType.allCases)
  func roundTrip(type: EventType) throws {
    var source = EventSource(seed: 77 + UInt64(type.rawValue))
    var batch = EventBatch(capacity: 2048)
    var texts = TextTable()
    source.fill(&batch, type, 700, &texts)
    var columns = ColumnBatch(type, capacity: 704)
    let taken1 = append(batch, texts.store, to: &columns)
    #expect(taken1 == 700)
    var rows = EventRows(type)
    var again = EventBatch(capacity: 2048)
    var others = TextTable()
    let taken2 = try rows.append(0..<300, from: columns, into: &again, &others)
    #expect(taken2 == 300)
    let taken3 = try rows.append(300..<700, from: columns, into: &again, &others)
    #expect(taken3 == 400)
    #expect(contents(again, others.store) == contents(batch, texts.store))
  }

  @Test("a full batch takes the events that it has room for, and says how many")
  func full() {
    var source = EventSource(seed: 5)
    var batch = EventBatch(capacity: 256)
    var texts = TextTable()
    source.fill(&batch, .quote, 100, &texts)
    var columns = ColumnBatch(.quote, capacity: 64)
    let taken4 = append(batch, texts.store, to: &columns)
    #expect(taken4 == 64)
    let isFull = columns.isFull
    #expect(isFull)
    columns.removeAll()
    let taken5 = append(batch, texts.store, to: &columns)
    #expect(taken5 == 64)
  }

  @Test("texts of several lanes get one code each")
  func lanes() throws {
    var columns = ColumnBatch(.order, capacity: 64)
    for lane in 0..<3 {
      var batch = EventBatch(capacity: 16)
      var texts = TextTable()
      if lane == 1 { _ = texts.intern("other") }
      for symbol in ["AAPL", "MSFT"] {
        var order = Order()
        order.head.symbol = intern(symbol, &texts)
        order.marketMaker = makeText("a maker of long name", &texts)
        order.source = makeText("ntv", &texts)
        add(order, to: &batch)
      }
      let taken6 = append(batch, texts.store, to: &columns)
      #expect(taken6 == 2)
    }
    let schema = columns.schema
    let symbols = try #require(schema.position(of: "eventSymbol"))
    let distinct = columns.dictionary(symbols)?.count
    #expect(distinct == 2)
    #expect(codes(columns, symbols) == [0, 1, 0, 1, 0, 1])
    for name in ["marketMaker", "source"] {
      let at = try #require(schema.position(of: name))
      #expect(codes(columns, at) == [0, 0, 0, 0, 0, 0])
    }
  }

  @Test("a full dictionary takes the rows in front of the text without room, whole")
  func fullDictionary() {
    var batch = EventBatch(capacity: 64)
    var texts = TextTable()
    for i in 0..<10 {
      var quote = Quote()
      quote.head.symbol = intern("S\(i)", &texts)
      quote.bidPrice = Double(i)
      add(quote, to: &batch)
    }
    var columns = ColumnBatch(
      .quote, capacity: 64, dictionaryLimits: TextStore.Limits(maximumTexts: 4, maximumBytes: 1000))
    let taken7 = append(batch, texts.store, to: &columns)
    #expect(taken7 == 4)
    let (rowCount, isFull) = (columns.rowCount, columns.isFull)
    #expect(rowCount == 4 && !isFull)
    columns.removeAllAndTexts()
    let taken8 = append(batch, texts.store, to: &columns)
    #expect(taken8 == 4)
  }

  @Test("rows that somebody writes into the columns are events")
  func direct() throws {
    var columns = ColumnBatch(.trade, capacity: 100)
    let capacity = columns.capacity
    #expect(capacity == 128)
    let price = try #require(columns.schema.position(of: "price"))
    for (i, column) in columns.schema.columns.enumerated() where i != price && column.type != .symbol {
      columns.fillDefault(i, rows: 3)
    }
    let symbols = unsafe columns.column(0).assumingMemoryBound(to: Int32.self)
    let prices = unsafe columns.column(price).assumingMemoryBound(to: Double.self)
    for i in 0..<3 {
      var name = "T\(i % 2)"
      let code = name.withUTF8 { b in unsafe columns.dictionary(0)?.code(of: UnsafeRawBufferPointer(b)) }
      unsafe symbols[i] = try #require(code)
      unsafe prices[i] = Double(i) / 4
    }
    columns.commit(rows: 3)
    var rows = EventRows(.trade)
    var batch = EventBatch()
    var texts = TextTable()
    let taken9 = try rows.append(1..<3, from: columns, into: &batch, &texts)
    #expect(taken9 == 2)
    var found: [String] = []
    batch.forEach { event in
      guard let trade = event.event(as: Trade.self) else { return }
      found.append("\(string(trade.head.symbol, texts.store)) \(trade.price) \(trade.size) \(trade.tradeId)")
    }
    #expect(found == ["T1 0.25 nan 0", "T0 0.5 nan 0"])
  }

  @Test("a table without room for a text refuses rows and keeps none of them")
  func fullTable() throws {
    var batch = EventBatch()
    var texts = TextTable()
    var source = EventSource(seed: 9)
    source.fill(&batch, .profile, 50, &texts)
    var columns = ColumnBatch(.profile, capacity: 64)
    let taken10 = append(batch, texts.store, to: &columns)
    #expect(taken10 == 50)
    var rows = EventRows(.profile)
    var small = TextTable(limits: TextStore.Limits(maximumTexts: 2, maximumBytes: 1000))
    var again = EventBatch()
    #expect(throws: ColumnsError.textTableFull) {
      _ = try rows.append(0..<50, from: columns, into: &again, &small)
    }
    let isEmpty = again.isEmpty
    #expect(isEmpty)
  }

  @Test("times are timestamps, and every column says what it is")
  func schema() {
    let quote = ColumnSchema.of(.quote)
    #expect(
      quote.columns.map { "\($0.name) \($0.type)" } == [
        "eventSymbol symbol", "eventTime timestampMillis", "sequence int32", "timeNanoPart int32",
        "bidTime timestampMillis", "bidExchangeCode char", "bidPrice double", "bidSize double",
        "askTime timestampMillis", "askExchangeCode char", "askPrice double", "askSize double",
        "receivedNanos timestampNanos",
      ])
    let trade = ColumnSchema.of(.trade)
    #expect(trade.position(of: "dayId").flatMap { trade.columns[$0].unit } == "days since 1970-01-01")
    #expect(ColumnSchema.of(.timeAndSale).position(of: "aggressorSide") != nil)
  }

  private func codes(_ columns: borrowing ColumnBatch, _ i: Int) -> [Int32] {
    let base = unsafe columns.values(i).assumingMemoryBound(to: Int32.self)
    return unsafe Array(UnsafeBufferPointer(start: base, count: columns.rowCount))
  }
}

func intern(_ text: String, _ texts: inout TextTable) -> TextID {
  guard let id = texts.intern(text) else { preconditionFailure("the table is full") }
  return id
}

/// Appends all events of a batch; returns how many were taken.
func append(_ batch: borrowing EventBatch, _ texts: TextStore, to columns: inout ColumnBatch) -> Int {
  var events: [UnsafeRawPointer] = unsafe []
  batch.forEach { event in unsafe events.append(event.base) }
  return unsafe events.withUnsafeBufferPointer { all in unsafe columns.append(all, texts) }
}
