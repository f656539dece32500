package import Bytes
import Logs
import Screen

extension StatusReport {
  /// What the page shows of a run.
  package init(_ picture: RunPicture) {
    let top = picture.top
    title = top.source
    state = top.state
    time = LogText.time(picture.wall.rawValue)
    reasons = picture.unready
    tiles = Self.tiles(picture)
    charts = Self.charts(picture)
    tables = [Self.lanes(top)]
    if !top.sinks.isEmpty { tables.append(Self.sinks(top)) }
    if !picture.types.isEmpty { tables.append(Self.types(picture)) }
  }

  /// Of something that counts and has nothing to draw.
  package init(title: String, state: String, at wall: WallNanos, figures: [(label: String, value: String)]) {
    self.title = title
    self.state = state
    time = LogText.time(wall.rawValue)
    tiles = figures.map { Tile(label: $0.label, value: $0.value) }
  }

  private static func tiles(_ picture: RunPicture) -> [Tile] {
    let top = picture.top
    var tiles = [
      Tile(label: "events/s", value: ScreenNumber.short(top.eventsPerSecond)),
      Tile(label: "events", value: ScreenNumber.short(top.events)),
      Tile(label: "lag p99", value: top.lag.map { ScreenNumber.nanos($0.p99) } ?? "–"),
      Tile(label: "to sinks p99", value: top.sinkLatency.map { ScreenNumber.nanos($0.p99) } ?? "–"),
      Tile(label: "gaps", value: "\(top.gaps)", tone: top.gaps > 0 ? .warning : .plain),
      Tile(label: "dropped", value: ScreenNumber.short(top.dropped), tone: top.dropped > 0 ? .bad : .plain),
      Tile(label: "received", value: ScreenNumber.bytes(Double(top.bytes))),
      Tile(label: "running for", value: ScreenNumber.clock(top.elapsedSeconds)),
    ]
    if let recorded = top.recordedBytes {
      tiles.insert(Tile(label: "recorded", value: ScreenNumber.bytes(Double(recorded))), at: 7)
    }
    return tiles
  }

  private static func charts(_ picture: RunPicture) -> [Chart] {
    let samples = picture.samples
    func seconds(_ of: (RunPicture.Sample) -> Int64?) -> [Double?] { samples.map { of($0).map { Double($0) / 1e9 } } }
    return [
      Chart(
        title: "Events", note: "decoded a second, all lanes", unit: .perSecond,
        series: [Series(name: "events/s", values: samples.map(\.eventsPerSecond))]),
      Chart(
        title: "Lag", note: "arrival minus the event's own time", unit: .seconds,
        series: [Series(name: "p50", values: seconds(\.lagP50)), Series(name: "p99", values: seconds(\.lagP99))]),
      Chart(
        title: "To the sinks", note: "arrival to encoder", unit: .seconds,
        series: [Series(name: "p50", values: seconds(\.sinkP50)), Series(name: "p99", values: seconds(\.sinkP99))]),
      Chart(
        title: "Queue", note: "events taken and not yet written", unit: .count,
        series: [Series(name: "events", values: samples.map { Double($0.queue) })]),
      Chart(
        title: "Dropped", note: "events given up by a policy, in each second", unit: .count, isBars: true,
        series: [Series(name: "events", values: samples.map { Double($0.dropped) })]),
      Chart(
        title: "Gaps", note: "interruptions that ended in each second", unit: .count, isBars: true,
        series: [Series(name: "gaps", values: samples.map { Double($0.gaps) })]),
    ]
  }

  private static func lanes(_ top: TopState) -> Table {
    Table(
      title: "Lanes",
      columns: [
        ("Lane", false), ("State", false), ("Events/s", true), ("Lag", true), ("Reconnects", true), ("Gaps", true),
        ("Malformed", true),
      ],
      rows: top.lanes.map { lane in
        [
          ("\(lane.number)", .plain), (lane.state, lane.isStreaming ? .good : .bad),
          (ScreenNumber.short(lane.eventsPerSecond), .plain),
          (lane.lagNanos.map { ScreenNumber.nanos($0) } ?? "–", .plain),
          ("\(lane.reconnects)", lane.reconnects > 0 ? .warning : .plain),
          ("\(lane.gaps)", lane.gaps > 0 ? .warning : .plain),
          (ScreenNumber.short(lane.malformed), lane.malformed > 0 ? .warning : .plain),
        ]
      })
  }

  private static func sinks(_ top: TopState) -> Table {
    Table(
      title: "Sinks",
      columns: [("Sink", false), ("Events/s", true), ("Queue", true), ("Written", true), ("Dropped", true)],
      rows: top.sinks.map { sink in
        [
          (sink.name, .plain), (ScreenNumber.short(sink.eventsPerSecond), .plain),
          (ScreenNumber.short(sink.queue), .plain), (ScreenNumber.short(sink.written), .plain),
          (ScreenNumber.short(sink.dropped), sink.dropped > 0 ? .bad : .plain),
        ]
      })
  }

  private static func types(_ picture: RunPicture) -> Table {
    Table(
      title: "Event types", columns: [("Type", false), ("Events", true), ("Last one", true), ("Alarm after", true)],
      rows: picture.types.map { type in
        let tone: Tone = type.isStale ? .bad : .plain
        return [
          (type.name, tone), (ScreenNumber.short(type.events), .plain),
          (type.quietSeconds.map { "\(ScreenNumber.nanos(Int64($0 * 1e9))) ago" } ?? "none", tone),
          (type.limitSeconds.map { "\(StaleAlarms.rounded($0)) s" } ?? "–", .plain),
        ]
      })
  }
}
