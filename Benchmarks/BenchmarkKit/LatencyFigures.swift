/// A point of a distribution of latencies: that many percent took at most that long.
package struct LatencyPoint: Hashable, Sendable {
  /// From 0 to 100; 100 is the maximum.
  package var percentile: Double
  package var nanos: Int64

  package init(percentile: Double, nanos: Int64) {
    self.percentile = percentile
    self.nanos = nanos
  }

  /// Those that are kept of each distribution.
  package static let standard: [Double] = [50, 90, 99, 99.9, 99.99, 100]
}

/// Latencies of one way through the product at one rate, each from the time at which the load was *meant* to be sent: a
/// sender that fell behind does not hide the wait of what it sent late (no coordinated omission).
package struct LatencyFigures: Hashable, Sendable {
  /// The way that was timed, such as `wire-to-ring`.
  package var name: String
  /// Events a second as intended.
  package var ratePerSecond: Double
  /// Events that arrived, a second, from the first intended time to the last arrival.
  package var achievedPerSecond: Double
  /// Latencies that were measured.
  package var count: Int
  /// In rising order.
  package var percentiles: [LatencyPoint]

  package init(
    name: String, ratePerSecond: Double, achievedPerSecond: Double, count: Int, percentiles: [LatencyPoint]
  ) {
    self.name = name
    self.ratePerSecond = ratePerSecond
    self.achievedPerSecond = achievedPerSecond
    self.count = count
    self.percentiles = percentiles
  }

  /// The point at that percentile, where it was kept.
  package func nanos(_ percentile: Double) -> Int64? { percentiles.first { $0.percentile == percentile }?.nanos }
}

extension LatencyPoint {
  /// `50`, `99.9`: the member's name in a file.
  var key: String { percentile == percentile.rounded() ? "\(Int(percentile))" : "\(percentile)" }
}
