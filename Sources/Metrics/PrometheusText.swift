/// The text that Prometheus scrapes (text exposition format 0.0.4).
///
/// One family is two comment lines, then its samples; a histogram is cumulative buckets, a sum and a count:
///
///     # HELP quotewire_decode_seconds Time from arrival to event.
///     # TYPE quotewire_decode_seconds histogram
///     quotewire_decode_seconds_bucket{lane="0",le="1e-06"} 12
///     quotewire_decode_seconds_bucket{lane="0",le="+Inf"} 15
///     quotewire_decode_seconds_sum{lane="0"} 2.4e-05
///     quotewire_decode_seconds_count{lane="0"} 15
package enum PrometheusText {
  /// The value for the Content-Type header of a response.
  package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  /// The text of everything in the registry now.
  package static func encode(_ registry: Registry) -> String {
    var text = ""
    for family in registry.current { append(family, to: &text) }
    return text
  }

  private static func append(_ family: Registry.Family, to text: inout String) {
    let name = family.shownName
    text += "# HELP \(name) \(escapedHelp(family.help))\n# TYPE \(name) \(family.kind)\n"
    for series in family.series {
      switch series.instrument {
      case .counter(let counter):
        text += "\(name)\(labels(series.labels)) \(number(counter.count, family.unit))\n"
      case .gauge(let gauge):
        text += "\(name)\(labels(series.labels)) \(number(gauge.current, family.unit))\n"
      case .histogram(let histogram):
        append(histogram.snapshot(), name, family, series.labels, to: &text)
      case .number(let read): text += "\(name)\(labels(series.labels)) \(number(read(), family.unit))\n"
      case .buckets(let read): append(read(), name, family, series.labels, to: &text)
      }
    }
  }

  private static func append(
    _ snapshot: HistogramSnapshot, _ name: String, _ family: Registry.Family, _ own: [MetricLabel],
    to text: inout String
  ) {
    for (bound, count) in zip(family.bounds, snapshot.cumulativeCounts(at: family.bounds)) {
      let limit = MetricLabel("le", number(Double(bound) / family.unit.divisor))
      text += "\(name)_bucket\(labels(own + [limit])) \(count)\n"
    }
    text += "\(name)_bucket\(labels(own + [MetricLabel("le", "+Inf")])) \(snapshot.count)\n"
    text += "\(name)_sum\(labels(own)) \(number(snapshot.sum / family.unit.divisor))\n"
    text += "\(name)_count\(labels(own)) \(snapshot.count)\n"
  }

  private static func labels(_ labels: [MetricLabel]) -> String {
    if labels.isEmpty { return "" }
    return "{" + labels.map { "\($0.name)=\"\(escapedLabel($0.value))\"" }.joined(separator: ",") + "}"
  }

  private static func number(_ value: Int, _ unit: MetricUnit) -> String {
    unit.divisor == 1 ? "\(value)" : number(Double(value) / unit.divisor)
  }

  /// A float as Go's ParseFloat reads it; whole numbers without a fraction.
  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    if value == value.rounded(), value.magnitude < 1e15 { return "\(Int64(value))" }
    return "\(value)"
  }

  /// A backslash becomes `\\`, a line feed `\n`.
  private static func escapedHelp(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { escaped, c in
      switch c {
      case "\\": escaped += "\\\\"
      case "\n": escaped += "\\n"
      default: escaped.unicodeScalars.append(c)
      }
    }
  }

  /// As in help, and a quotation mark becomes `\"`.
  private static func escapedLabel(_ text: String) -> String {
    escapedHelp(text).unicodeScalars.reduce(into: "") { escaped, c in
      if c == "\"" { escaped += "\\\"" } else { escaped.unicodeScalars.append(c) }
    }
  }
}
