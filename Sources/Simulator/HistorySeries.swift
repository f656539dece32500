import DXLink
import Market
import Rings

/// The rows of one series: candles of a symbol, or its prints. A row has a place, which rises with time, and a state,
/// which rises while a bar forms.
///
///     candles of a period P    place b: bar from b * P on, state k of 0 ..< updates: seen from b * P + k * P / updates
///     TimeAndSale              place n: print n % 3 of the moment n / 3 * printMillis, always in state 0
struct HistorySeries {
  struct Point: Equatable, Comparable {
    var place: Int64
    var state: Int
    static func < (a: Point, b: Point) -> Bool { (a.place, a.state) < (b.place, b.state) }
  }

  let type: EventType
  let symbol: TextID
  private let spec: HistorySpec
  /// Of a bar, or between two moments with prints.
  private let stepMillis: Int64
  private let hash: UInt64
  static let printsPerMoment: Int64 = 3

  /// Nil for types and periods that have no history here.
  init?(_ topic: Subscriptions.Topic, _ spec: HistorySpec, _ texts: inout TextTable) {
    switch topic.type {
    case .candle:
      guard let seconds = CandleMarket.periodSeconds(CandleSymbol(topic.symbol)?.period ?? "") else { return nil }
      stepMillis = seconds * 1000
    case .timeAndSale: stepMillis = Int64(spec.printMillis)
    default: return nil
    }
    guard let id = texts.intern(topic.symbol) else { return nil }
    type = topic.type
    symbol = id
    self.spec = spec
    hash = texts.store.hash(id.rawValue) ^ spec.seed &* 0x9E37_79B9_7F4A_7C15
  }

  private var lastState: Int { type == .candle ? spec.updates - 1 : 0 }

  /// The newest row at a time, in milliseconds since 1970 UTC.
  func newest(at millis: Int64) -> Point {
    let step = millis / stepMillis
    if type != .candle { return Point(place: (step + 1) * Self.printsPerMoment - 1, state: 0) }
    let state = Int(millis % stepMillis * Int64(spec.updates) / stepMillis)
    return Point(place: step, state: min(state, lastState))
  }

  /// The oldest row that there is.
  var oldest: Int64 { newest(at: HistorySpec.startMillis).place - Int64(spec.rows) + 1 }

  func millis(of place: Int64) -> Int64 {
    (type == .candle ? place : place / Self.printsPerMoment) * stepMillis
  }

  /// The first row at or after a time.
  func first(from millis: Int64) -> Int64 {
    let step = max(0, millis) / stepMillis + (max(0, millis) % stepMillis == 0 ? 0 : 1)
    return type == .candle ? step : step * Self.printsPerMoment
  }

  /// What a client that knows of `point` has not seen at `end`, oldest first, at most `most` rows: finished rows, then
  /// the one under way.
  func next(after point: Point, until end: Point) -> Point? {
    if point >= end { return nil }
    if point.place == end.place { return end }
    if point.state < lastState { return Point(place: point.place, state: lastState) }
    let following = point.place + 1
    return following == end.place ? end : Point(place: following, state: lastState)
  }

  /// The marker behind a snapshot that went back to `fromTime`, or stands for one without rows.
  func makeMarker(_ fromTime: Int64, _ flags: EventFlags, into batch: inout EventBatch) {
    let time = max(0, fromTime - 1)
    make(time, 0, flags, into: &batch) { _ in } print: { _ in }
  }

  /// A row; `state` nil for the finished one.
  func make(_ place: Int64, _ state: Int?, _ flags: EventFlags, into batch: inout EventBatch) {
    var random = SimulatorRandom(seed: hash &+ UInt64(bitPattern: place) &* 0xD6E8_FEB8_6659_FD93)
    let open = 10_000 + Int(hash % 50_000) + random.below(400)
    let sequence = type == .candle ? 0 : Int32(place % Self.printsPerMoment)
    make(millis(of: place), sequence, flags, into: &batch) { bar in
      var (high, low, close, volume) = (open, open, open, 0)
      for _ in 0...(state ?? lastState) {
        close = max(1, open + random.within(-200...200))
        (high, low) = (max(high, close), min(low, close))
        volume += random.within(1...5_000)
      }
      bar.open = Double(open) / 100
      bar.high = Double(high) / 100
      bar.low = Double(low) / 100
      bar.close = Double(close) / 100
      bar.volume = Double(volume)
      bar.count = Int64((state ?? lastState) + 1)
      bar.vwap = Double(high + low) / 200
      bar.bidVolume = Double(volume / 2)
      bar.askVolume = Double(volume - volume / 2)
    } print: { print in
      print.price = Double(open) / 100
      print.size = Double(random.within(1...1_000))
      print.bidPrice = Double(open - 1) / 100
      print.askPrice = Double(open + 1) / 100
      print.validTick = true
      print.sequence = sequence
    }
  }

  private func make(
    _ millis: Int64, _ sequence: Int32, _ flags: EventFlags, into batch: inout EventBatch,
    bar: (inout Candle) -> Void, print: (inout TimeAndSale) -> Void
  ) {
    let index = SeriesClock.index(millis: millis, sequence: sequence)
    if type == .candle {
      var row = Candle()
      (row.head.symbol, row.head.eventFlags, row.index, row.time) = (symbol, flags, index, millis)
      bar(&row)
      _ = batch.append(row)
    } else {
      var row = TimeAndSale()
      (row.head.symbol, row.head.eventFlags, row.index, row.time) = (symbol, flags, index, millis)
      print(&row)
      _ = batch.append(row)
    }
  }
}
