import Market

/// A book: an order type, a symbol's position and a source's position.
struct BookKey: Hashable {
  let type: EventType
  let instrument: Int
  let source: Int
}

/// Orders of one book that are alive, by the low part of their index.
struct Book {
  var live: [Int64] = []
  var nextId: Int64 = 1
  var isBusy = false
  /// A snapshot is to begin behind what is under way.
  var wantsRestart = false

  static let sources: [(name: StaticString, prefix: Int64)] = [
    ("NTV", 0x4E54_5600), ("ntv", 0x6E74_7600), ("DEX", 0x4445_5800), ("ARCA", 0x4152_4341), ("memx", 0x6D65_6D78),
  ]

  /// The source's name stands as up to four ASCII bytes above the feed's own number.
  static func index(_ source: Int, _ id: Int64) -> Int64 { sources[source].prefix << 32 | id }
}

/// What one order row says; the four order types share it.
struct OrderFacts {
  var index: Int64 = 0
  var flags = EventFlags(rawValue: 0)
  var source = Text.null
  var action: UInt8 = 0
  var isBuy = false
  var id: Int64 = 0
  var price = Double.nan
  var size = Double.nan
  var executed = Double.nan
  var count: Int64 = 0
  var exchange = CharCode.none
  var scope: UInt8 = 3
  var tradeId: Int64 = 0
  var tradePrice = Double.nan
  var tradeSize = Double.nan
  var firm = Text.null
  var spread = Text.null
  var draw = 0
}

extension Generator {
  /// The first event of a book is the first row of its snapshot; later ones add, change, remove, or open a transaction.
  mutating func makeOrder(_ type: EventType, _ instrument: Int, _ batch: inout EventBatch) {
    let sources = bookSources(type)
    let source = sources[random.below(sources.count)]
    let key = BookKey(type: type, instrument: instrument, source: source)
    if books[key]?.isBusy == true { return advanceRun(into: &batch) }
    if books[key] == nil || random.oneIn(400) {
      beginBook(key)
      return advanceRun(into: &batch, newest: true)
    }
    let isOpening = random.oneIn(6)
    changeBook(key, isOpening ? .txPending : EventFlags(rawValue: 0), &batch)
    if isOpening {
      books[key]?.isBusy = true
      runs.append(Run(key: .transactionEnd(key), rows: 1, ending: .end))
    }
  }

  /// The sources of an order type: the first two of all where it is none of Order.
  func bookSources(_ type: EventType) -> [Int] { type == .order ? spec.sources : Array(spec.sources.prefix(2)) }

  /// Begins a snapshot of a book.
  mutating func beginBook(_ key: BookKey) {
    books[key] = Book(isBusy: true)
    begin(.book(key), rows: random.oneIn(15) ? 0 : random.within(1...max(1, spec.orders / 2)))
  }

  mutating func endTransaction(_ key: BookKey, _ batch: inout EventBatch) {
    changeBook(key, EventFlags(rawValue: 0), &batch)
  }

  /// One order comes, changes or goes.
  private mutating func changeBook(_ key: BookKey, _ flags: EventFlags, _ batch: inout EventBatch) {
    var book = books[key] ?? Book()
    var facts = OrderFacts(flags: flags)
    let isFull = book.live.count >= spec.orders
    if book.live.isEmpty || !isFull && random.oneIn(3) {
      facts.id = book.nextId
      facts.action = 1
      book.nextId += 1
      book.live.append(facts.id)
    } else {
      let at = random.below(book.live.count)
      facts.id = book.live[at]
      if isFull || random.oneIn(3) {
        facts.action = 4
        facts.flags.insert(.removeEvent)
        book.live.remove(at: at)
      } else {
        facts.action = random.oneIn(3) ? 6 : 3
      }
    }
    books[key] = book
    add(key, &facts, &batch)
  }

  mutating func addSnapshotOrder(_ key: BookKey, _ run: Run, _ batch: inout EventBatch) {
    var book = books[key] ?? Book()
    if run.position == 0 { book.live = [] }
    var facts = OrderFacts(flags: run.flags)
    // Indexes fall from row to row; the row behind a pending END changes the last order again.
    let row = min(run.position, run.ending == .marker ? run.position : run.rows - 1)
    facts.id = Int64(max(run.rows - row, 0))
    facts.action = 1
    if !facts.flags.contains(.removeEvent) && !book.live.contains(facts.id) { book.live.append(facts.id) }
    book.nextId = Int64(run.rows) + 1
    book.isBusy = true
    books[key] = book
    add(key, &facts, &batch)
  }

  private mutating func add(_ key: BookKey, _ facts: inout OrderFacts, _ batch: inout EventBatch) {
    let it = universe.instruments[key.instrument]
    facts.index = Book.index(key.source, facts.id)
    facts.source = Text(short: Book.sources[key.source].name)
    if !facts.flags.contains(.removeEvent) {
      let level = random.within(1...max(30, spec.orders / 4))
      facts.isBuy = random.oneIn(2)
      facts.price = it.price(facts.isBuy ? max(1, it.bid - level + 1) : it.ask + level - 1)
      facts.size = Double(random.within(1...900)) / it.partsPerSize
      facts.exchange = random.exchange()
      facts.count = key.source % 2 == 1 ? Int64(random.within(1...9)) : 0
      facts.scope = key.source % 2 == 1 ? 2 : 3
      facts.firm = random.pick(pool.firms)
      facts.spread = random.pick(pool.spreads)
      facts.draw = random.below(1 << 16)
      if facts.action == 6 {
        facts.executed = facts.size
        facts.tradeId = Int64(it.tradeId) + 1
        facts.tradePrice = facts.price
        facts.tradeSize = Double(random.within(1...50)) / it.partsPerSize
      }
    }
    let f = facts
    switch key.type {
    case .order: addPlain(it.symbol, f, &batch)
    case .spreadOrder: addSpread(it.symbol, f, &batch)
    case .analyticOrder: addAnalytic(it.symbol, f, &batch)
    default: addOtc(it.symbol, f, &batch)
    }
  }
}
