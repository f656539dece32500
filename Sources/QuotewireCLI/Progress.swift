import Bytes
import Ingest
import Sinks

/// The live line on a terminal and the interval line elsewhere.
final class Progress {
  private let console: Console
  /// Seconds between interval lines; nil for none.
  private let interval: Double?
  private var lastLive = MonotonicNanos(rawValue: 0)
  private var lastInterval: MonotonicNanos
  private var before = Figures()
  private var intervalBefore = Figures()
  private var rate = 0.0

  private static let liveSeconds = 0.25

  private struct Figures {
    var time = MonotonicNanos(rawValue: 0)
    var events = 0
    var frames = 0
    var bytes = 0
  }

  init(_ console: Console, interval: Double?) {
    self.console = console
    self.interval = interval
    lastInterval = .now()
  }

  func tick(_ status: RunStatus) {
    console.tick()
    let now = MonotonicNanos.now()
    if console.isLive, now.seconds(since: lastLive) >= Self.liveSeconds {
      let figures = figures(status, now)
      console.show(line(status, figures, since: before))
      before = figures
      lastLive = now
    }
    if let interval, now.seconds(since: lastInterval) >= interval {
      let figures = figures(status, now)
      let text = line(status, figures, since: intervalBefore)
      if !console.isLive { console.report(text, fields(figures, since: intervalBefore, status)) }
      intervalBefore = figures
      lastInterval = now
    }
  }

  /// The line's figures for machines.
  private func fields(
    _ now: Figures, since before: Figures, _ status: RunStatus
  ) -> [(name: String, value: Int)] {
    let from = before.time.rawValue == 0 ? status.startedAt : before.time
    let seconds = max(0.001, now.time.seconds(since: from))
    return [
      ("events", now.events), ("events_per_second", Int(Double(now.events - before.events) / seconds)),
      ("frames", now.frames), ("bytes", now.bytes),
      ("malformed", status.lanes.reduce(0) { $0 + $1.malformed }), ("gaps", status.lanes.reduce(0) { $0 + $1.gaps }),
      ("dropped", status.sinks.reduce(0) { $0 + $1.counters.dropped }),
      ("lanes_streaming", status.lanes.count { $0.state == .streaming }),
    ]
  }

  private func figures(_ status: RunStatus, _ now: MonotonicNanos) -> Figures {
    var f = Figures(time: now)
    for lane in status.lanes {
      f.events += lane.events
      f.frames += lane.frames
      f.bytes += lane.bytes
    }
    return f
  }

  private func line(_ status: RunStatus, _ now: Figures, since before: Figures) -> String {
    let from = before.time.rawValue == 0 ? status.startedAt : before.time
    let seconds = max(0.001, now.time.seconds(since: from))
    let elapsed = now.time.seconds(since: status.startedAt)
    var text = "\(Count.clock(elapsed))  \(Self.state(status))"
    text += "  \(Count.short(now.events)) events (\(Count.short(Int(Double(now.events - before.events) / seconds)))/s)"
    text += "  \(Count.short(now.frames)) frames (\(Count.short(Int(Double(now.frames - before.frames) / seconds)))/s)"
    text += "  \(Count.bytes(now.bytes))"
    let malformed = status.lanes.reduce(0) { $0 + $1.malformed }
    if malformed > 0 { text += "  malformed \(Count.short(malformed))" }
    let gaps = status.lanes.reduce(0) { $0 + $1.gaps }
    if gaps > 0 { text += "  gaps \(gaps)" }
    let dropped = status.sinks.reduce(0) { $0 + $1.counters.dropped }
    if dropped > 0 { text += "  dropped \(Count.short(dropped))" }
    if let recording = status.recording { text += "  recorded \(Count.bytes(recording.bytes))" }
    return text
  }

  private static func state(_ status: RunStatus) -> String {
    guard let first = status.lanes.first else { return "no lanes" }
    if status.lanes.count == 1 { return "\(first.state)" }
    let streaming = status.lanes.count { $0.state == .streaming }
    return "\(streaming)/\(status.lanes.count) lanes streaming"
  }
}

/// Numbers for people.
enum Count {
  /// `999`, `12.3k`, `4.56M`.
  static func short(_ n: Int) -> String {
    switch abs(n) {
    case ..<10_000: "\(n)"
    case ..<1_000_000: "\(Double(n / 100) / 10)k"
    case ..<1_000_000_000: "\(Double(n / 10_000) / 100)M"
    default: "\(Double(n / 10_000_000) / 100)G"
    }
  }

  /// `512 B`, `12.3 kB`, `4.5 MB`.
  static func bytes(_ n: Int) -> String {
    switch abs(n) {
    case ..<1_000: "\(n) B"
    case ..<1_000_000: "\(Double(n / 100) / 10) kB"
    case ..<1_000_000_000: "\(Double(n / 100_000) / 10) MB"
    default: "\(Double(n / 10_000_000) / 100) GB"
    }
  }

  /// `1:02:03` or `02:03`.
  static func clock(_ seconds: Double) -> String {
    let s = Int(seconds)
    func two(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }
    return (s >= 3600 ? "\(s / 3600):" : "") + "\(two(s / 60 % 60)):\(two(s % 60))"
  }
}
