package import Bytes
import Sinks

/// What a supervisor (systemd, `Type=notify`) is told about a live run: that it is ready, how it goes, that it lives.
///
/// Ready is a run whose lanes have all had their feed channel open. Alive is one whose lanes turn: each went through
/// its loop since the last word, or waits for its next attempt, or for a sink that has not written everything: another
/// start would make no room on a disk. The owner of the run calls `tick` about ten times a second.
package final class ServiceNotice {
  /// Sends a message; false where it did not arrive, then it is tried again.
  private let send: (String) -> Bool
  /// Half of what the supervisor allows between two signs of life; nil where it wants none.
  private let beatNanos: Int64?
  private var isReady = false
  private var isReloading = false
  private var isStopping = false
  private var hasStood: [Bool] = []
  private var turns: [Int] = []
  private var nextBeat = MonotonicNanos(rawValue: 0)
  private var nextStatus = MonotonicNanos(rawValue: 0)
  private var before: (time: MonotonicNanos, events: Int)?

  /// Nanoseconds between two status lines.
  static let statusNanos: Int64 = 5_000_000_000
  /// Microseconds that are asked for with each status line while lanes are not ready.
  static let extensionMicros = 30_000_000

  /// - Parameter watchdogMicros: what `WATCHDOG_USEC` says.
  package init(watchdogMicros: Int64?, send: @escaping (String) -> Bool) {
    beatNanos = watchdogMicros.map { max(1, $0) * 1000 / 2 }
    self.send = send
  }

  /// The longest that a lane may sleep so that it is known to turn, in nanoseconds.
  package var longestLaneWaitNanos: Int64? { beatNanos.map { max(1_000_000, $0 / 2) } }

  package func tick(_ status: RunStatus, now: MonotonicNanos) {
    if status.lanes.allSatisfy({ $0.state == .ended }) { return stopping() }
    if hasStood.count != status.lanes.count {
      hasStood = [Bool](repeating: false, count: status.lanes.count)
      turns = [Int](repeating: -1, count: status.lanes.count)
    }
    for (i, lane) in status.lanes.enumerated() where lane.state == .streaming || lane.events > 0 { hasStood[i] = true }
    if !isReady, hasStood.allSatisfy({ $0 }) {
      isReady = send("READY=1\nSTATUS=\(line(status, now))\n")
    }
    if now >= nextStatus, !isStopping {
      let more = isReady ? "" : "EXTEND_TIMEOUT_USEC=\(Self.extensionMicros)\n"
      _ = send("STATUS=\(line(status, now))\n" + more)
      nextStatus = now.advanced(byNanos: Self.statusNanos)
    }
    guard let beatNanos, now >= nextBeat, isAlive(status) else { return }
    guard send("WATCHDOG=1\n") else { return }
    for (i, lane) in status.lanes.enumerated() { turns[i] = lane.turns }
    nextBeat = now.advanced(byNanos: beatNanos)
  }

  /// That settings are read again, now; `reloaded` ends it. Nothing where ready was not said yet: the word that ends
  /// it would say so.
  package func reloading(now: MonotonicNanos) {
    if isStopping || !isReady { return }
    isReloading = send("RELOADING=1\nMONOTONIC_USEC=\(now.rawValue / 1000)\n")
  }

  /// That the run goes on, with what came of it.
  package func reloaded(_ sentence: String) {
    guard isReloading else { return }
    isReloading = false
    _ = send("READY=1\nSTATUS=\(sentence.split(whereSeparator: \.isNewline).joined(separator: " "))\n")
  }

  /// That the run comes to its end; said once.
  package func stopping() {
    if isStopping { return }
    isStopping = true
    _ = send("STOPPING=1\nSTATUS=writing what was taken\n")
  }

  private func isAlive(_ status: RunStatus) -> Bool {
    var waitsForSink = status.sinks.contains { $0.counters.accepted > $0.counters.written }
    if let recording = status.recording, recording.offered > recording.entries + recording.lost { waitsForSink = true }
    return waitsForSink
      || zip(status.lanes, turns).allSatisfy { lane, before in
        switch lane.state {
        case .handshaking, .streaming: lane.turns != before
        // These have limits of their own.
        case .starting, .connecting, .waiting, .ended: true
        }
      }
  }

  private func line(_ status: RunStatus, _ now: MonotonicNanos) -> String {
    let events = status.lanes.reduce(0) { $0 + $1.events }
    let streaming = status.lanes.count { $0.state == .streaming }
    let seconds = max(0.001, now.seconds(since: before?.time ?? status.startedAt))
    let rate = Int(Double(events - (before?.events ?? 0)) / seconds)
    before = (now, events)
    let gaps = status.lanes.reduce(0) { $0 + $1.gaps }
    let dropped = status.sinks.reduce(0) { $0 + $1.counters.dropped }
    return "\(streaming) of \(status.lanes.count) lanes streaming, \(rate) events/s, \(events) events, \(gaps) gaps, "
      + "\(dropped) dropped"
  }
}
