/// Ticks into bars: pure computation.
///
/// 1. A symbol with a sale (TimeAndSale) is made of its sales alone, any other of its Trades.
/// 2. Of the sales of one index the last that arrived counts: a CORRECTION replaces, a CANCEL or REMOVE_EVENT removes.
/// 3. Trades, and sales without an index, that agree in time, sequence, price and size are one.
/// 4. Left out is what has no time or no finite price, and a sale that is no valid tick, unless no sale of the whole
///    day is one: then nobody asked for that field.
/// 5. The order within a bar is that of time, then index or sequence, then arrival.
/// 6. A size that is no positive finite number adds to the count and the prices, not to the volume.
package struct TickFold {
  package private(set) var minutes: [Bar] = []
  package private(set) var days: [Bar] = []
  package private(set) var counts = TickCounts()
  /// Whether some sale of the day is a valid tick.
  private let salesAreMarked: Bool
  private var kept: [Int] = []

  package init(salesAreMarked: Bool) { self.salesAreMarked = salesAreMarked }

  /// Folds all ticks of some symbols, in the order in which they arrived. Bars of a symbol stand together, by time.
  package mutating func fold(_ ticks: [Tick]) {
    counts.seen += ticks.count
    var order = ticks.indices.map { UInt64(ticks[$0].symbol) << 32 | UInt64($0) }
    order.sort()
    let places = order.map { Int($0 & 0xFFFF_FFFF) }
    var first = 0
    while first < places.count {
      let symbol = ticks[places[first]].symbol
      var end = first + 1
      while end < places.count, ticks[places[end]].symbol == symbol { end += 1 }
      foldSymbol(ticks, places[first..<end])
      first = end
    }
  }

  /// - Parameter places: of one symbol's ticks, as they arrived.
  private mutating func foldSymbol(_ ticks: [Tick], _ places: ArraySlice<Int>) {
    kept.removeAll(keepingCapacity: true)
    if places.contains(where: { ticks[$0].flags.contains(.sale) }) {
      var indexed: [Int] = []
      for place in places {
        if !ticks[place].flags.contains(.sale) {
          counts.setAside += 1
        } else if ticks[place].key != 0 {
          indexed.append(place)
        } else if ticks[place].flags.contains(.removed) {
          counts.cancelled += 1
        } else {
          kept.append(place)
        }
      }
      removeRepeats(ticks)
      keepLast(ticks, &indexed)
    } else {
      kept.append(contentsOf: places)
      removeRepeats(ticks)
    }
    var usable: [Int] = []
    usable.reserveCapacity(kept.count)
    for place in kept where isUsable(ticks[place]) { usable.append(place) }
    Self.sort(&usable) { a, b in
      if ticks[a].timeNanos != ticks[b].timeNanos { return ticks[a].timeNanos < ticks[b].timeNanos }
      return ticks[a].key != ticks[b].key ? ticks[a].key < ticks[b].key : a < b
    }
    counts.used += usable.count
    for place in usable {
      Self.add(ticks[place], .minute, &minutes)
      Self.add(ticks[place], .day, &days)
    }
  }

  /// Adds the last of each index to `kept`.
  private mutating func keepLast(_ ticks: [Tick], _ indexed: inout [Int]) {
    Self.sort(&indexed) { a, b in ticks[a].key != ticks[b].key ? ticks[a].key < ticks[b].key : a < b }
    for (i, place) in indexed.enumerated() {
      if i + 1 < indexed.count, ticks[indexed[i + 1]].key == ticks[place].key {
        counts.replaced += 1
      } else if ticks[place].flags.contains(.removed) {
        counts.cancelled += 1
      } else {
        kept.append(place)
      }
    }
  }

  private mutating func removeRepeats(_ ticks: [Tick]) {
    Self.sort(&kept) { a, b in Self.isBefore(ticks[a], ticks[b]) ?? (a < b) }
    var last: Int?
    let before = kept.count
    kept.removeAll { place in
      defer { last = place }
      return last.map { Self.isBefore(ticks[$0], ticks[place]) == nil } ?? false
    }
    counts.repeated += before - kept.count
  }

  /// Nil for two that are one.
  private static func isBefore(_ a: Tick, _ b: Tick) -> Bool? {
    if a.timeNanos != b.timeNanos { return a.timeNanos < b.timeNanos }
    if a.key != b.key { return a.key < b.key }
    if a.price.bitPattern != b.price.bitPattern { return a.price.bitPattern < b.price.bitPattern }
    return a.size.bitPattern != b.size.bitPattern ? a.size.bitPattern < b.size.bitPattern : nil
  }

  private mutating func isUsable(_ tick: Tick) -> Bool {
    if tick.flags.contains(.sale) && salesAreMarked && !tick.flags.contains(.valid) {
      counts.notValid += 1
    } else if tick.timeNanos <= 0 {
      counts.withoutTime += 1
    } else if !tick.price.isFinite {
      counts.withoutPrice += 1
    } else {
      return true
    }
    return false
  }

  /// Most ticks come in order: looking costs less than sorting.
  private static func sort(_ places: inout [Int], by isBefore: (Int, Int) -> Bool) {
    for i in places.indices.dropFirst() where !isBefore(places[i - 1], places[i]) {
      places.sort(by: isBefore)
      return
    }
  }

  private static func add(_ tick: Tick, _ period: BarPeriod, _ bars: inout [Bar]) {
    let start = period.start(of: tick.timeNanos) / 1_000_000
    let size = tick.size.isFinite && tick.size > 0 ? tick.size : 0
    let last = bars.count - 1
    if last >= 0, bars[last].symbol == tick.symbol, bars[last].startMillis == start {
      bars[last].count += 1
      bars[last].high = max(bars[last].high, tick.price)
      bars[last].low = min(bars[last].low, tick.price)
      bars[last].close = tick.price
      bars[last].volume += size
      bars[last].turnover += tick.price * size
    } else {
      bars.append(
        Bar(
          symbol: tick.symbol, startMillis: start, count: 1, open: tick.price, high: tick.price, low: tick.price,
          close: tick.price, volume: size, turnover: tick.price * size))
    }
  }
}
