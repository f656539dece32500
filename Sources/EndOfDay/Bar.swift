/// What happened to one symbol from one time to another.
package struct Bar: BitwiseCopyable, Sendable, Equatable {
  /// Id in the texts of the replay.
  package var symbol: UInt32
  /// Begin, milliseconds since 1970 UTC.
  package var startMillis: Int64
  /// Trades.
  package var count: Int64
  package var open: Double
  package var high: Double
  package var low: Double
  package var close: Double
  /// The sum of the sizes, in the order of the trades.
  package var volume: Double
  /// The sum of price times size, in the order of the trades.
  package var turnover: Double

  /// Volume-weighted average price; NaN where nothing has a size.
  package var vwap: Double { volume > 0 ? turnover / volume : .nan }
}

/// Lengths of bars.
package enum BarPeriod: String, CaseIterable, Sendable {
  case minute = "1m"
  /// A day of UTC.
  case day = "1d"

  package var nanos: Int64 {
    switch self {
    case .minute: 60_000_000_000
    case .day: 86_400_000_000_000
    }
  }

  /// As the attribute of a candle symbol has it, in canonical form.
  package var candlePeriod: String { self == .minute ? "m" : "d" }
  package var fileName: String { "bars-\(rawValue).parquet" }

  /// When the bar of a time begins, nanoseconds since 1970.
  func start(of timeNanos: Int64) -> Int64 {
    let rest = timeNanos % nanos
    return timeNanos - (rest < 0 ? rest + nanos : rest)
  }
}
