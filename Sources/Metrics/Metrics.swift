// Metrics: counters, gauges, histograms, the registry that names them, and the text that Prometheus scrapes.
//
// Invariant: writing to an instrument takes no lock and allocates nothing; a histogram's memory never grows. Readers on
// other threads see each number whole, though not all numbers of one instant.
//
// Out of scope: serving the text (IO, Ingest), what is worth counting, time itself (Bytes).

/// Why the registry refused an instrument. Each is a mistake in our own code or configuration, not of the feed.
package enum MetricsError: Error, Equatable, CustomStringConvertible {
  /// Not `[a-zA-Z_:][a-zA-Z0-9_:]*`.
  case badName(String)
  /// Not `[a-zA-Z_][a-zA-Z0-9_]*`, reserved (`__...`, `le`), or twice in one series.
  case badLabel(metric: String, label: String)
  /// The name stands already for another kind, unit or help text.
  case conflict(metric: String)
  /// Bounds that are empty, do not rise, or lie outside what a histogram holds.
  case badBounds(metric: String)
  /// The registry is full.
  case tooManySeries(limit: Int)

  package var description: String {
    switch self {
    case .badName(let name):
      "metric name \"\(name)\" is not valid; use letters, digits and underscores, not starting with a digit"
    case .badLabel(let metric, let label):
      "label \"\(label)\" of metric \(metric) is invalid, reserved or given twice; rename it"
    case .conflict(let metric):
      "metric \(metric) is registered already with another kind, unit or help; use one declaration for it"
    case .badBounds(let metric):
      "the bucket bounds of histogram \(metric) must rise from 0 to at most \(Histogram.highestValue)"
    case .tooManySeries(let limit):
      "more than \(limit) metric series; use fewer labels or raise Registry.maximumSeries"
    }
  }
}
