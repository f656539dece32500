import Bytes
import DXLink
package import Market
package import Rings

/// Our bars beside the candles of the feed.
///
/// Only candles of one minute or one day without other attributes (`AAPL{=m}`, `AAPL{=d}`) say what our bars say. Of a
/// candle the last event counts. One whose time the recordings do not cover from its begin to its end is not compared.
package final class CandleCheck {
  /// Candles that are kept; those of further times are counted and not compared.
  package static let maximumCandles = 1 << 20
  /// Relative difference of two numbers that count as equal: sums are in another order.
  static let tolerance = 1e-9
  static let namedDifferences = 5

  private struct Key: Hashable {
    var symbol: UInt32
    var timeMillis: Int64
  }

  private struct Figures {
    var open: Double
    var high: Double
    var low: Double
    var close: Double
    var volume: Double
    var count: Int64
  }

  private var candles: [Key: Figures] = [:]
  /// By id of a candle's symbol: whose bars it describes.
  private var topics: [UInt32: (base: String, period: BarPeriod)?] = [:]
  private var notKept = 0

  package init() {}

  package func take(_ candle: Candle, _ texts: TextStore) {
    let symbol = candle.head.symbol.rawValue
    guard topic(symbol, texts) != nil else { return }
    let key = Key(symbol: symbol, timeMillis: candle.time)
    if candle.head.eventFlags.contains(.removeEvent) {
      candles[key] = nil
      return
    }
    guard candles.count < Self.maximumCandles || candles[key] != nil else {
      notKept += 1
      return
    }
    candles[key] = Figures(
      open: candle.open, high: candle.high, low: candle.low, close: candle.close, volume: candle.volume,
      count: candle.count)
  }

  private func topic(_ symbol: UInt32, _ texts: TextStore) -> (base: String, period: BarPeriod)? {
    if let known = topics[symbol] { return known }
    let text = Self.text(symbol, texts)
    var found: (base: String, period: BarPeriod)?
    if let candle = CandleSymbol(text) {
      let period = BarPeriod.allCases.first { candle.description == candle.base + "{=\($0.candlePeriod)}" }
      found = period.map { (candle.base, $0) }
    }
    topics[symbol] = .some(found)
    return found
  }

  static func text(_ symbol: UInt32, _ texts: TextStore) -> String {
    unsafe texts.withText(symbol) { unsafe String(decoding: $0, as: UTF8.self) }
  }

  /// Holds all candles against bars.
  /// - Parameter covered: wall times that the recordings cover, nanoseconds since 1970 UTC; nil for none.
  package func report(minutes: [Bar], days: [Bar], _ texts: TextStore, covered: ClosedRange<Int64>?) -> CandleReport {
    var report = CandleReport()
    report.seen = candles.count
    report.notKept = notKept
    if candles.isEmpty { return report }
    let bars = Self.table(minutes, days, texts, Set(topics.values.compactMap { $0?.base }))
    var differing: [(symbol: String, timeMillis: Int64, words: String)] = []
    for (key, candle) in candles {
      guard let topic = topics[key.symbol] ?? nil else { continue }
      if candle.open.isNaN && candle.count == 0 {
        report.empty += 1
      } else if !Self.isCovered(key.timeMillis, topic.period, covered) {
        report.notCovered += 1
      } else {
        let ours = bars[topic.period]?[topic.base]?[key.timeMillis]
        let words = ours.map { Self.difference($0, candle) } ?? "we have no trade of that time"
        if words.isEmpty {
          report.equal += 1
        } else {
          differing.append((Self.text(key.symbol, texts), key.timeMillis, words))
        }
      }
    }
    differing.sort { ($0.symbol, $0.timeMillis) < ($1.symbol, $1.timeMillis) }
    report.differing = differing.count
    report.symbolsDiffering = Set(differing.map(\.symbol)).count
    report.first = differing.prefix(Self.namedDifferences).map {
      "\($0.symbol) at \(Self.time($0.timeMillis)): \($0.words)"
    }
    return report
  }

  private static func table(
    _ minutes: [Bar], _ days: [Bar], _ texts: TextStore, _ bases: Set<String>
  ) -> [BarPeriod: [String: [Int64: Bar]]] {
    var table: [BarPeriod: [String: [Int64: Bar]]] = [:]
    for (period, bars) in [(BarPeriod.minute, minutes), (.day, days)] {
      var known: (symbol: UInt32, name: String?) = (0, nil)
      for bar in bars {
        if bar.symbol != known.symbol {
          let name = text(bar.symbol, texts)
          known = (bar.symbol, bases.contains(name) ? name : nil)
        }
        if let name = known.name { table[period, default: [:]][name, default: [:]][bar.startMillis] = bar }
      }
    }
    return table
  }

  private static func isCovered(_ timeMillis: Int64, _ period: BarPeriod, _ covered: ClosedRange<Int64>?) -> Bool {
    guard let covered else { return false }
    let (start, overflow) = timeMillis.multipliedReportingOverflow(by: 1_000_000)
    let (end, beyond) = start.addingReportingOverflow(period.nanos)
    return !overflow && !beyond && covered.contains(start) && covered.contains(end - 1)
  }

  /// In words; empty where there is none.
  private static func difference(_ bar: Bar, _ candle: Figures) -> String {
    var parts: [String] = []
    for (name, ours, theirs) in [
      ("open", bar.open, candle.open), ("high", bar.high, candle.high), ("low", bar.low, candle.low),
      ("close", bar.close, candle.close), ("volume", bar.volume, candle.volume),
    ] where !theirs.isNaN && !isEqual(ours, theirs) {
      parts.append("\(name) \(ours), candle \(theirs)")
    }
    if candle.count > 0 && bar.count != candle.count { parts.append("count \(bar.count), candle \(candle.count)") }
    return parts.joined(separator: "; ")
  }

  private static func isEqual(_ a: Double, _ b: Double) -> Bool {
    a == b || abs(a - b) <= tolerance * max(abs(a), abs(b))
  }

  private static func time(_ millis: Int64) -> String {
    var out = ByteWriter(capacity: 32)
    out.append(isoMillis: millis)
    return out.string
  }
}

/// What the comparison gave: `seen` = `equal` + `differing` + `notCovered` + `empty`.
package struct CandleReport: Sendable, Equatable {
  package var seen = 0
  package var equal = 0
  package var differing = 0
  package var symbolsDiffering = 0
  package var notCovered = 0
  /// Of times in which nothing was traded.
  package var empty = 0
  /// Beyond what is kept, and not among `seen`.
  package var notKept = 0
  /// The first that differ, in words.
  package var first: [String] = []

  package init() {}
  package var isBalanced: Bool { seen == equal + differing + notCovered + empty }
}
