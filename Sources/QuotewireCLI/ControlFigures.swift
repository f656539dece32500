import Bytes
import DXLink
import Glibc
import Ingest
import Sinks

/// The answer to `stats`.
enum ControlFigures {
  static func reply(_ status: RunStatus) -> String {
    // Backwards along the way of an event, so that none is counted behind a place where it is not yet counted.
    let recording = status.recording.map { recording in
      let (lost, entries, bytes) = (recording.lost, recording.entries, recording.bytes)
      var row = ControlReply()
      row.add("offered", recording.offered)
      row.add("entries", entries)
      row.add("bytes", bytes)
      row.add("lost", lost)
      return row
    }
    let sinks = status.sinks.map { sink, counters in
      let (written, dropped, accepted) = (counters.written, counters.dropped, counters.accepted)
      var row = ControlReply()
      row.add("sink", sink)
      row.add("accepted", accepted)
      row.add("dropped", dropped)
      row.add("written", written)
      row.add("spilled", counters.spilled)
      row.add("bytes", counters.bytes)
      return row
    }
    var sums = Sums()
    let lanes = status.lanes.enumerated().map { number, lane in row(number, lane, &sums) }
    var reply = ControlReply(isDone: true, to: "stats")
    reply.add("version", Version.text)
    reply.add("pid", Int(getpid()))
    reply.add("seconds", seconds: MonotonicNanos.now().seconds(since: status.startedAt))
    reply.add("frames", sums.frames)
    reply.add("bytes", sums.bytes)
    reply.add("events", sums.events)
    reply.add("malformed", sums.malformed)
    reply.add("gaps", sums.gaps)
    reply.add("reconnects", sums.reconnects)
    reply.add("lanes", lanes)
    reply.add("sinks", sinks)
    if let recording { reply.add("recording", recording) }
    return reply.line
  }

  private struct Sums {
    var (frames, bytes, events, malformed, gaps, reconnects) = (0, 0, 0, 0, 0, 0)
  }

  private static func row(_ number: Int, _ lane: LaneProgress, _ sums: inout Sums) -> ControlReply {
    let (frames, bytes, events, malformed) = (lane.frames, lane.bytes, lane.events, lane.malformed)
    let (gaps, reconnects, topics) = (lane.gaps, lane.reconnects, lane.topics)
    sums.frames += frames
    sums.bytes += bytes
    sums.events += events
    sums.malformed += malformed
    sums.gaps += gaps
    sums.reconnects += reconnects
    var counts = ControlReply()
    counts.add("wanted", topics.wanted)
    counts.add("pending", topics.pending)
    counts.add("sent", topics.sent)
    counts.add("live", topics.live)
    counts.add("refused", topics.refused)
    var row = ControlReply()
    row.add("lane", number)
    row.add("state", "\(lane.state)")
    row.add("frames", frames)
    row.add("bytes", bytes)
    row.add("events", events)
    row.add("malformed", malformed)
    row.add("gaps", gaps)
    row.add("reconnects", reconnects)
    row.add("topics", counts)
    return row
  }
}
