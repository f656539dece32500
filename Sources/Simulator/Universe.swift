import Market
import Rings

/// One symbol and the state of its market.
struct Instrument {
  enum Kind: UInt8 { case stock, future, crypto, option }

  let symbol: TextID
  let kind: Kind
  /// Ticks in one unit of price.
  let ticksPerUnit: Double
  /// Parts of one unit of size: 1 for shares, 10,000 for coins.
  let partsPerSize: Double
  /// The stock under an option: its position in the universe. Itself for other kinds.
  var underlying = 0
  var isCall = false
  /// Strike in ticks of the underlying, and days to expiration.
  var strikeTicks = 0
  var days = 0
  /// Prices in ticks.
  var bid: Int
  var ask: Int
  var last: Int
  var open: Int
  var high: Int
  var low: Int
  var previousClose: Int
  /// Size and turnover of the day, in parts and parts times ticks.
  var volume: Int
  var turnover = 0
  var tradeId = 0
  var lastDirection: UInt8 = 3
  /// Last time-series index in use for prints, for option prints and for the greeks family.
  var saleClock = SeriesClock()
  var optionSaleClock = SeriesClock()
  var greeksClock = SeriesClock()
  var hasSeries = false
  var isSeriesBusy = false
}

/// Time-series indexes: (seconds << 32) | (millisecond << 22) | sequence, rising strictly.
struct SeriesClock {
  private(set) var millis: Int64 = 0
  private(set) var sequence: Int32 = 0

  static let maximumSequence: Int32 = (1 << 22) - 1

  static func index(millis: Int64, sequence: Int32) -> Int64 {
    (millis / 1000) << 32 | (millis % 1000) << 22 | Int64(sequence)
  }

  var index: Int64 { Self.index(millis: millis, sequence: sequence) }

  /// Goes on to `now`, or to the next sequence within the same millisecond.
  mutating func advance(to now: Int64) {
    if now > millis {
      millis = now
      sequence = 0
    } else if sequence < Self.maximumSequence {
      sequence += 1
    } else {
      millis += 1
      sequence = 0
    }
  }
}

/// All symbols in the order of their popularity.
struct Universe {
  var instruments: [Instrument] = []
  /// Positions of everything that is no option, and of the options.
  private(set) var bases: [Int] = []
  private(set) var options: [Int] = []

  /// Dates of the chains: as written in option symbols, and days from the generator's start.
  static let expirations: [(text: String, days: Int)] = [
    ("260320", 18), ("260417", 46), ("260619", 109), ("270115", 319),
  ]
  /// Options on one underlying.
  static let chainLength = 200

  private static let names = [
    "SPY", "AAPL", "NVDA", "TSLA", "QQQ", "MSFT", "AMZN", "AMD", "META", "GOOGL", "IWM", "BRK/B", "JPM", "PLTR", "SPX",
    "AVGO", "INTC", "BAC", "XOM", "MU", "COIN", "NFLX", "DIS", "GLD", "TLT", "SLV", "F", "T", "GE", "C", "KO", "PFE",
  ]
  private static let futures = ["/ES", "/NQ", "/CL", "/GC", "/ZN", "/RTY", "/SI", "/6E"]
  private static let venues = ["XCME", "XCME", "XNYM", "XCEC", "XCBT", "XCME", "XCEC", "XCME"]
  private static let coins = ["BTC/USD:CXTALP", "ETH/USD:CXTALP", "SOL/USD:CXTALP"]
  private static let months = Array("FGHJKMNQUVXZ")

  init(_ spec: GenerateSpec, _ random: inout SimulatorRandom, _ texts: inout TextTable) throws(SimulatorError) {
    let optionCount: Int
    switch spec.universe {
    case .stocks: optionCount = 0
    case .mixed: optionCount = spec.symbols * 6 / 10
    case .options: optionCount = spec.symbols - max(1, spec.symbols / (Self.chainLength + 1))
    }
    // At least one underlying stands beside the options, even when one symbol was asked for.
    let baseCount = max(spec.symbols - optionCount, 1, (optionCount + Self.chainLength - 1) / Self.chainLength)
    for i in 0..<baseCount {
      instruments.append(try Self.base(i, spec.universe, &random, &texts))
    }
    let stocks = instruments.indices.filter { instruments[$0].kind == .stock }
    let chains = max(1, min(stocks.count, (optionCount + Self.chainLength - 1) / Self.chainLength))
    for i in 0..<optionCount where i / chains < Self.chainLength {
      let under = stocks[i % chains]
      instruments.append(try option(on: under, i / chains, &random, &texts))
    }
    shuffle(&random)
    bases = instruments.indices.filter { instruments[$0].kind != .option }
    options = instruments.indices.filter { instruments[$0].kind == .option }
  }

  /// Gives popularity by chance, and lets the options find their underlyings again.
  private mutating func shuffle(_ random: inout SimulatorRandom) {
    var order = Array(instruments.indices)
    var i = order.count - 1
    while i > 0 {
      order.swapAt(i, random.below(i + 1))
      i -= 1
    }
    var place = [Int](repeating: 0, count: order.count)
    for (new, old) in order.enumerated() { place[old] = new }
    instruments = order.map { old in
      var moved = instruments[old]
      moved.underlying = moved.kind == .option ? place[moved.underlying] : place[old]
      return moved
    }
  }

  private static func id(_ symbol: String, _ texts: inout TextTable) throws(SimulatorError) -> TextID {
    guard let id = texts.intern(symbol) else { throw .system("the table of symbols is full") }
    return id
  }

  /// The i-th stock, future or coin. The first is a stock; of a hundred, five are futures and two are coins.
  private static func base(
    _ i: Int, _ universe: GenerateSpec.Universe, _ random: inout SimulatorRandom, _ texts: inout TextTable
  ) throws(SimulatorError) -> Instrument {
    let place = i % 100
    if universe == .mixed && place >= 20 && place < 25 {
      let n = i / 100 * 5 + place - 20
      let year = 26 + n / (futures.count * months.count)
      let month = months[n / futures.count % months.count]
      let symbol = "\(futures[n % futures.count])\(month)\(year):\(venues[n % futures.count])"
      return try make(.future, id(symbol, &texts), ticksPerUnit: 4, price: random.within(400...24_000), &random)
    }
    if universe == .mixed && place >= 25 && place < 27 {
      let n = i / 100 * 2 + place - 25
      let symbol = n < coins.count ? coins[n] : "C\(letters(n))/USD:CXTALP"
      let price = random.within(100_000...9_000_000)
      return try make(.crypto, id(symbol, &texts), ticksPerUnit: 100, price: price, &random)
    }
    let symbol = i < names.count ? names[i] : letters(i - names.count)
    let price = i < names.count ? random.within(4_000...70_000) : random.within(2_000...40_000)
    return try make(.stock, id(symbol, &texts), ticksPerUnit: 100, price: price, &random)
  }

  /// Names that no list above has: a digit-free counter behind a Z.
  private static func letters(_ n: Int) -> String {
    var rest = n
    var text = ""
    repeat {
      text.append(Character(Unicode.Scalar(UInt8(65 + rest % 25))))
      rest /= 25
    } while rest > 0
    return "Z" + text
  }

  private static func make(
    _ kind: Instrument.Kind, _ symbol: TextID, ticksPerUnit: Double, price: Int, _ random: inout SimulatorRandom
  ) -> Instrument {
    let parts = kind == .crypto ? 10_000.0 : 1.0
    let magnitude = random.within(3...7)
    let scale = (0..<magnitude).reduce(1) { n, _ in n * 10 }
    return Instrument(
      symbol: symbol, kind: kind, ticksPerUnit: ticksPerUnit, partsPerSize: parts, bid: price, ask: price + 1,
      last: price, open: price, high: price, low: price, previousClose: max(1, price - price / 100 + random.below(9)),
      volume: random.within(1...9) * scale + random.below(scale))
  }

  /// The j-th option of a chain: four expirations, calls and puts, strikes outward from the price.
  private func option(
    on under: Int, _ j: Int, _ random: inout SimulatorRandom, _ texts: inout TextTable
  ) throws(SimulatorError) -> Instrument {
    let stock = instruments[under]
    let expiration = Self.expirations[j % 4]
    let isCall = j / 4 % 2 == 0
    let step = stock.last < 10_000 ? 50 : stock.last < 30_000 ? 250 : 500
    let out = j / 8
    let away = (out + 1) / 2 * (out % 2 == 0 ? 1 : -1)
    let strike = max(step, stock.last / step * step + away * step)
    let root = Self.root(of: stock, texts)
    let symbol = ".\(root)\(expiration.text)\(isCall ? "C" : "P")\(SpecText.text(strike, scale: 100))"
    let inner = max(0, isCall ? stock.last - strike : strike - stock.last)
    let price = inner + stock.last * expiration.days / 36_500 + 5
    var option = try Self.make(.option, Self.id(symbol, &texts), ticksPerUnit: 100, price: price, &random)
    option.underlying = under
    option.isCall = isCall
    option.strikeTicks = strike
    option.days = expiration.days
    return option
  }

  private static func root(of stock: Instrument, _ texts: borrowing TextTable) -> String {
    let name = unsafe texts.store.withText(stock.symbol.rawValue) { unsafe String(decoding: $0, as: UTF8.self) }
    return String(name.filter { $0 != "/" })
  }
}
