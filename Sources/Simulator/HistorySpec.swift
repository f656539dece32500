package import Bytes

/// A feed with history: candles and TimeAndSale of any symbol as snapshots and live updates, read from text such as
/// `seed=1,rows=10000,speed=20`. Every row is made from seed, symbol and its place in time alone, so that two clients,
/// or one client before and after a loss, read the same.
package struct HistorySpec: Sendable, Equatable {
  package var seed: UInt64 = 1
  /// Rows of each series at the start.
  package var rows = 1000
  /// Simulated seconds a second.
  package var speed = 1
  /// Updates of a bar while it forms, the last of which is the finished bar.
  package var updates = 4
  /// Milliseconds between two moments with prints; each has three.
  package var printMillis = 1000
  /// Whether still older rows are cut off (SNIP) rather than not there.
  package var isCutOff = false
  /// Base symbols without a row.
  package var empty: Set<String> = []
  /// Snapshots under way on a channel; further topics are refused. 0 for no limit.
  package var inFlight = 0
  /// When the simulated time was `startMillis`.
  package var clock: Arrival

  /// 2026-03-02 14:30 UTC, where the simulated time begins.
  package static let startMillis = Generator.startSeconds * 1000

  /// Each key, what it takes and what it means: for `--help`.
  package static let table: [(key: String, values: String, meaning: String)] = [
    ("seed", "0…2^64-1", "start of all values (default: 1)"),
    ("rows", "0…1000000", "rows of each series at the start, 2026-03-02T14:30Z (default: 1000)"),
    ("speed", "1…100000", "simulated seconds a second (default: 1)"),
    ("updates", "1…64", "updates of a bar while it forms (default: 4)"),
    ("print", "1…3600000", "milliseconds between moments with three prints each (default: 1000)"),
    ("older", "none, snip", "what is before the rows: nothing (default), or rows that are cut off"),
    ("empty", "SYMBOL+SYMBOL…", "base symbols without a row (default: none)"),
    ("inflight", "0…100000", "snapshots under way on a channel before ERROR; 0 (default) for no limit"),
  ]

  package init(_ text: String, clock: Arrival = .now()) throws(SimulatorError) {
    self.clock = clock
    let spec = try SpecText(text, name: "history", known: Self.table.map(\.key))
    for (key, value) in spec.items {
      switch key {
      case "seed":
        guard let seed = UInt64(value) else { throw spec.error(key, value, "a whole number from 0 to \(UInt64.max)") }
        self.seed = seed
      case "rows": rows = try spec.integer(key, value, 0...1_000_000)
      case "speed": speed = try spec.integer(key, value, 1...100_000)
      case "updates": updates = try spec.integer(key, value, 1...64)
      case "print": printMillis = try spec.integer(key, value, 1...3_600_000)
      case "older":
        guard value == "none" || value == "snip" else { throw spec.error(key, value, "none, snip") }
        isCutOff = value == "snip"
      case "empty": empty = Set(value.split(separator: "+").map(String.init))
      default: inFlight = try spec.integer(key, value, 0...100_000)
      }
    }
  }

  /// Simulated time, milliseconds since 1970 UTC.
  func millis(at now: MonotonicNanos) -> Int64 {
    Self.startMillis + now.nanos(since: clock.monotonic) / 1_000_000 * Int64(speed)
  }
}
