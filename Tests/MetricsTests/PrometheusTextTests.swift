import TestSupport
import Testing

@testable import Metrics

@Suite("Prometheus text")
struct PrometheusTextTests {
  @Test("the text is exactly what the format asks for")
  func wholeText() throws {
    let registry = Registry()
    let frames = try registry.counter("qw_frames", help: "Frames received.", labels: [.init("lane", "0")])
    let received = try registry.counter("qw_received", help: "Bytes.", unit: .bytes)
    let lanes = try registry.gauge("qw_lanes", help: "A \\ and\na line.", labels: [.init("host", "a\"b\\c\nd")])
    let latency = try registry.histogram(
      "qw_decode", help: "Decoding.", bounds: [1000, 2000, 5_000_000], labels: [.init("lane", "0")])
    let second = try registry.counter("qw_frames", help: "Frames received.", labels: [.init("lane", "1")])
    frames.add(12)
    second.add(3)
    received.add(1 << 40)
    lanes.set(-2)
    latency.record(1000, times: 2)
    latency.record(1500)
    latency.record(3_000_000_000)
    #expect(
      PrometheusText.encode(registry) == """
        # HELP qw_frames_total Frames received.
        # TYPE qw_frames_total counter
        qw_frames_total{lane="0"} 12
        qw_frames_total{lane="1"} 3
        # HELP qw_received_bytes_total Bytes.
        # TYPE qw_received_bytes_total counter
        qw_received_bytes_total 1099511627776
        # HELP qw_lanes A \\\\ and\\na line.
        # TYPE qw_lanes gauge
        qw_lanes{host="a\\"b\\\\c\\nd"} -2
        # HELP qw_decode_seconds Decoding.
        # TYPE qw_decode_seconds histogram
        qw_decode_seconds_bucket{lane="0",le="1e-06"} 2
        qw_decode_seconds_bucket{lane="0",le="2e-06"} 3
        qw_decode_seconds_bucket{lane="0",le="0.005"} 3
        qw_decode_seconds_bucket{lane="0",le="+Inf"} 4
        qw_decode_seconds_sum{lane="0"} 3.0000035
        qw_decode_seconds_count{lane="0"} 4

        """)
  }

  @Test("an empty registry is an empty text, an unused instrument a zero")
  func nothing() throws {
    let registry = Registry()
    #expect(PrometheusText.encode(registry).isEmpty)
    _ = try registry.gauge("g", help: "")
    #expect(PrometheusText.encode(registry) == "# HELP g \n# TYPE g gauge\ng 0\n")
  }

  @Test(
    "floats read back as they were",
    arguments: [
      (0.0, "0"), (-3, "-3"), (0.5, "0.5"), (1e300, "1e+300"), (.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
    ])
  func numbers(value: Double, text: String) {
    #expect(PrometheusText.number(value) == text)
  }

  @Test("the buckets of the usual bounds never fall and end at the count")
  func bucketsRise() throws {
    var random = SeededRandom(seed: 3)
    let registry = Registry()
    let latency = try registry.histogram("l", help: "")
    for _ in 0..<5000 { latency.record(Int64.random(in: 0...100_000_000_000, using: &random)) }
    let buckets = PrometheusText.encode(registry).split(separator: "\n").filter { $0.contains("_bucket{") }
    let counts = buckets.compactMap { line in line.split(separator: " ").last.flatMap { Int($0) } }
    #expect(buckets.count == Registry.latencyBounds.count + 1)
    #expect(counts == counts.sorted() && counts.last == 5000)
  }
}
