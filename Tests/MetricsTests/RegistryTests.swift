import Metrics
import TestSupport
import Testing

@Suite("Counters and registry")
struct RegistryTests {
  @Test("additions from many threads are all counted")
  func counterFromManyThreads() async {
    let counter = Counter()
    let gauge = Gauge()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<10_000 {
            counter.add()
            gauge.add(1)
            gauge.add(-1)
          }
        }
      }
    }
    #expect(counter.count == 40_000)
    #expect(gauge.current == 0)
    counter.addAsOnlyWriter(2)
    #expect(counter.count == 40_002)
    gauge.set(-7)
    #expect(gauge.current == -7)
  }

  @Test("the same name and labels give the same instrument, other labels another")
  func sameSeries() throws {
    let registry = Registry()
    let first = try registry.counter("frames", help: "Frames.", labels: [.init("lane", "1"), .init("side", "in")])
    let again = try registry.counter("frames", help: "Frames.", labels: [.init("side", "in"), .init("lane", "1")])
    let other = try registry.counter("frames", help: "Frames.", labels: [.init("lane", "2"), .init("side", "in")])
    #expect(first === again)
    #expect(first !== other)
  }

  @Test("one name cannot stand for two things")
  func conflicts() throws {
    let registry = Registry()
    _ = try registry.counter("bytes_in", help: "Bytes.")
    #expect(throws: MetricsError.conflict(metric: "bytes_in")) { try registry.gauge("bytes_in", help: "Bytes.") }
    #expect(throws: MetricsError.conflict(metric: "bytes_in")) { try registry.counter("bytes_in", help: "Other.") }
    #expect(throws: MetricsError.conflict(metric: "bytes_in")) {
      try registry.counter("bytes_in", help: "Bytes.", unit: .bytes)
    }
    // Another name that would be shown as the same one.
    #expect(throws: MetricsError.conflict(metric: "bytes_in_total")) {
      try registry.gauge("bytes_in_total", help: "Bytes.")
    }
  }

  @Test("names that Prometheus would refuse are refused", arguments: ["", "9x", "a-b", "é", "a b", "a\n"])
  func badNames(name: String) {
    let registry = Registry()
    #expect(throws: MetricsError.badName(name)) { try registry.counter(name, help: "") }
  }

  @Test("labels that are invalid, reserved or repeated are refused", arguments: ["", "1a", "a:b", "__a", "le", "twice"])
  func badLabels(label: String) {
    let registry = Registry()
    #expect(throws: MetricsError.badLabel(metric: "m", label: label)) {
      try registry.counter("m", help: "", labels: [.init("twice", ""), .init(label, "")])
    }
  }

  @Test("bucket bounds must rise within what a histogram holds", arguments: [[], [5, 5], [2, 1], [-1, 3], [Int64.max]])
  func badBounds(bounds: [Int64]) {
    let registry = Registry()
    #expect(throws: MetricsError.badBounds(metric: "h")) { try registry.histogram("h", help: "", bounds: bounds) }
  }

  @Test("the limit on series holds over all names, known ones are still found")
  func limit() throws {
    let registry = Registry(maximumSeries: 3)
    for lane in 0..<3 { _ = try registry.counter("c", help: "", labels: [.init("lane", "\(lane)")]) }
    #expect(throws: MetricsError.tooManySeries(limit: 3)) { try registry.gauge("g", help: "") }
    #expect(throws: MetricsError.tooManySeries(limit: 3)) {
      try registry.counter("c", help: "", labels: [.init("lane", "3")])
    }
    _ = try registry.counter("c", help: "", labels: [.init("lane", "2")])
  }

  @Test(
    "every error says what and what to do",
    arguments: [
      (MetricsError.badName("a b"), "a b"), (.badLabel(metric: "m", label: "le"), "le"), (.conflict(metric: "m"), "m"),
      (.badBounds(metric: "h"), "h"), (.tooManySeries(limit: 9), "9"),
    ])
  func descriptions(error: MetricsError, part: String) {
    #expect(error.description.contains(part) && error.description.count > 30)
  }
}
