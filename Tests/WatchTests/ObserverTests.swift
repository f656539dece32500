import Bytes
import Foundation
import HTTPServer
import Market
import Metrics
import Screen
import TestSupport
import Testing

@testable import Ingest
@testable import Sinks
@testable import Watch

@Suite("Looking at a run", .tags(.unit))
struct ObserverTests {
  private let lane = LaneProgress()
  private let sink = SinkCounters()

  private func time(_ seconds: Double) -> WatchTime {
    WatchTime(
      monotonic: MonotonicNanos(rawValue: Int64((1000 + seconds) * 1e9)),
      wall: WallNanos(rawValue: 1_772_461_800_125_000_000))
  }

  private var status: RunStatus {
    RunStatus(
      startedAt: time(0).monotonic, lanes: [lane], sinks: [("csv:<b>out", sink)], recording: nil,
      latencies: [("csv:<b>out", latency)])
  }
  private let latency = Histogram()

  private func observer(_ change: (inout RunObserver.Settings) -> Void = { _ in }) -> RunObserver {
    var settings = RunObserver.Settings()
    settings.source = "feed.example:443"
    settings.types = [.quote]
    change(&settings)
    return RunObserver(settings)
  }

  @Test("rates are of the second before, a queue is what was accepted and not written")
  func rates() {
    let observer = observer()
    lane.enter(.streaming)
    lane.update(frames: 1, bytes: 1000, events: 100, malformed: 0)
    #expect(observer.tick(status, time(1)).isNew)
    lane.update(frames: 2, bytes: 5000, events: 400, malformed: 1)
    sink.accept(300)
    sink.write(200)
    #expect(!observer.tick(status, time(1.5)).isNew)
    #expect(observer.tick(status, time(3)).isNew)
    let picture = observer.picture
    #expect(picture.top.eventsPerSecond == 150 && picture.top.bytesPerSecond == 2000)
    #expect(picture.top.sinks[0].queue == 100 && picture.top.sinks[0].eventsPerSecond == 100)
    #expect(picture.samples.map(\.eventsPerSecond) == [100, 150] && picture.samples.last?.queue == 100)
    #expect(picture.top.lanes[0].malformed == 1)
    #expect(picture.unready.isEmpty)
  }

  @Test("a run is ready when every lane streams, every sink writes and no feed is stale; else it says why not")
  func readiness() {
    let observer = observer { $0.staleLimits = [.quote: 5] }
    #expect(observer.picture.unready == ["the run has not begun"])
    lane.enter(.waiting)
    _ = observer.tick(status, time(1))
    #expect(observer.picture.unready == ["lane 0 is not streaming (waiting)"])
    lane.enter(.streaming)
    _ = observer.tick(status, time(2))
    #expect(observer.picture.unready.isEmpty)
    sink.accept(7)
    _ = observer.tick(status, time(3))
    let sentences = observer.tick(status, time(14)).sentences
    #expect(sentences == ["no Quote event has come for 13 s"])
    #expect(
      observer.picture.unready == [
        "csv:<b>out has written nothing for 12 s while 7 events wait", "no Quote event for 13 s (allowed: 5 s)",
      ])
    sink.write(7)
    _ = observer.tick(status, time(15))
    #expect(observer.picture.unready == ["no Quote event for 14 s (allowed: 5 s)"])
  }

  @Test("symbols are sorted as wanted, at once")
  func order() {
    let observer = observer { $0.wantsSymbols = true }
    let take = observer.laneWatch()
    var feed = Feed()
    for name in ["B", "A", "B", "C", "C", "C"] { feed.trade(name, price: 1) }
    take(feed.batch, feed.texts.store)
    _ = observer.tick(status, time(1))
    #expect(observer.picture.top.symbols.map(\.name) == ["C", "B", "A"])
    observer.order = .name
    #expect(observer.picture.top.symbols.map(\.name) == ["A", "B", "C"])
    #expect(observer.picture.types.map(\.name) == ["Quote", "Trade"])
  }

  @Test("histories end at their limit")
  func limits() {
    let observer = observer()
    for i in 0..<(WatchLimits.historySeconds + 20) { _ = observer.tick(status, time(Double(i + 1))) }
    #expect(observer.picture.samples.count == WatchLimits.historySeconds)
    for i in 0..<(WatchLimits.messages + 5) { observer.note("\(i)") }
    _ = observer.tick(status, time(1000))
    #expect(observer.picture.top.messages.count == WatchLimits.messages)
  }

  @Test("the page's figures are JSON that holds what the picture has")
  func json() throws {
    let observer = observer()
    lane.enter(.connecting)
    latency.record(5_000_000)
    _ = observer.tick(status, time(1))
    let data = Data(StatusReport(observer.picture).json().utf8)
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(object["ready"] as? Bool == false && object["title"] as? String == "feed.example:443")
    #expect((object["reasons"] as? [String]) == ["lane 0 is not streaming (connecting)"])
    let charts = try #require(object["charts"] as? [[String: Any]])
    #expect(charts.map { $0["title"] as? String } == ["Events", "Lag", "To the sinks", "Queue", "Dropped", "Gaps"])
    let series = try #require(charts[2]["series"] as? [[String: Any]])
    let p99 = try #require((series[1]["values"] as? [Double])?.first)
    #expect(p99 >= 0.005 && p99 < 0.00501)
    #expect(object["time"] as? String == "2026-03-02T14:30:00.125Z")
  }

  @Test("the pages answer with their types, and readyz tells the reasons with 503")
  func pages() throws {
    let registry = Registry()
    try RunMetrics.addProcess(registry, version: "1.2.3", started: WallNanos(rawValue: 0))
    var picture = RunPicture()
    func page(_ path: String) throws -> (Int, String, String) {
      let page = try #require(StatusServer.page(path, registry) { StatusReport(picture) })
      return (page.status, page.contentType, String(decoding: page.body, as: UTF8.self))
    }
    #expect(try page("/readyz") == (503, "text/plain; charset=utf-8", "the run has not begun\n"))
    picture.unready = []
    #expect(try page("/readyz").0 == 200 && page("/healthz").2 == "ok\n")
    #expect(try page("/metrics").1 == "text/plain; version=0.0.4; charset=utf-8")
    #expect(try page("/metrics").2.contains("quotewire_build_info{version=\"1.2.3\"} 1\n"))
    #expect(try page("/status.json").1 == "application/json")
    #expect(StatusServer.page("/etc/passwd", registry) { StatusReport(picture) } == nil)
  }

  @Test("the status page takes nothing from elsewhere")
  func selfContained() {
    var html = StatusPage.html
    // The name of the SVG vocabulary is no address that anyone asks.
    html = html.replacing("http://www.w3.org/2000/svg", with: "")
    for part in ["http:", "https:", "src=", "@import", "url(", "innerHTML", "eval("] {
      #expect(!html.contains(part), "\(part)")
    }
    for part in ["prefers-color-scheme: dark", "max-width: 600px", "lang=\"en\"", "aria-label", "<noscript>"] {
      #expect(html.contains(part), "\(part) is missing")
    }
  }

  /// Of everything a run can have.
  private func metrics() throws -> String {
    let observer = observer {
      $0.staleLimits = [.quote: 5]
      $0.types = [.quote]
    }
    let registry = Registry()
    try RunMetrics.addProcess(registry, version: "1", started: WallNanos(rawValue: 0))
    let whole = RunStatus(
      startedAt: time(0).monotonic, lanes: [lane], sinks: [("csv:out", sink)], recording: RecordingCounters(),
      latencies: [("csv:out", latency)])
    try RunMetrics.add(whole, observer, to: registry)
    return PrometheusText.encode(registry)
  }

  @Test("metrics are read where they are counted, and no label names a symbol")
  func values() throws {
    lane.update(frames: 3, bytes: 1000, events: 42, malformed: 0)
    lane.enter(.streaming)
    sink.accept(9)
    let text = try metrics()
    for line in [
      "quotewire_events_total{lane=\"0\"} 42", "quotewire_received_bytes_total{lane=\"0\"} 1000",
      "quotewire_lane_state{lane=\"0\",state=\"streaming\"} 1", "quotewire_lane_state{lane=\"0\",state=\"waiting\"} 0",
      "quotewire_sink_queue_events{sink=\"csv:out\"} 9", "quotewire_feed_stale{type=\"Quote\"} 0",
      "quotewire_lag_seconds_bucket{le=\"0.001\"} 0", "quotewire_sink_latency_seconds_count{sink=\"csv:out\"} 0",
    ] { #expect(text.contains(line + "\n"), "\(line) is missing in:\n\(text)") }
    #expect(!text.contains("symbol="))
  }

  @Test("every metric stands in docs/operations.md")
  func documented() throws {
    let names = try metrics().split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
      .map { $0.split(separator: " ")[2] }
    #expect(names.count > 20)
    let words = String(decoding: Places.read(Places.packageRoot + "/docs/operations.md") ?? [], as: UTF8.self)
    for name in names { #expect(words.contains("`\(name)`"), "\(name) is not in docs/operations.md") }
  }
}
