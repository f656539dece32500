import Bytes
import IO
import Recording
import Sinks

enum InspectCommand {
  static let command = Command(
    name: "inspect", summary: "show what a recording holds and whether it is whole", operands: "FILE.qwr",
    operandCount: 1...1,
    options: [
      OptionSpec("repair", "make a file that a crash cut off end cleanly: its torn last entry is removed"),
    ],
    notes: "Exit code 1 when the recording is torn or damaged (after --repair: when damage remains).",
    run: run)

  @Sendable
  static func run(_ arguments: Arguments) throws(CommandFailure) -> ExitCode {
    let path = arguments.operands[0]
    let inspection: RecordingInspection
    if arguments.has("repair") {
      inspection = try repair(path)
    } else {
      inspection = try read(path)
    }
    try say(describe(path, inspection))
    let plan = inspection.repairPlan
    if arguments.has("repair") && plan.isNeeded {
      try say("repaired: ends cleanly at byte \(plan.truncateTo + plan.closing.count)"
        + (plan.leavesDamage ? "; the damage before its end stays, 'quotewire convert' makes a copy without it" : "")
        + "\n")
      return plan.leavesDamage ? .failed : .done
    }
    return inspection.verdict == .clean ? .done : .failed
  }

  private static func read(_ path: String) throws(CommandFailure) -> RecordingInspection {
    do {
      let map = try MappedFile(path)
      return try unsafe map.withBytes { bytes in
        var reader = try unsafe RecordingReader(bytes, compression: try? ZstdCompression())
        return RecordingInspection(reading: &reader)
      }
    } catch let error as RecordingError {
      throw CommandFailure("\(path): \(error)")
    } catch { throw CommandFailure("\(error)") }
  }

  /// Gives what was found before. The lock is held from before the look: nobody writes between it and the repair.
  private static func repair(_ path: String) throws(CommandFailure) -> RecordingInspection {
    var file = try open(path)
    let inspection = try read(path)
    let plan = inspection.repairPlan
    guard plan.isNeeded else { return inspection }
    do throws(IOError) {
      try file.truncate(to: plan.truncateTo)
      let closing = plan.closing
      try unsafe file.write(closing.span.bytes, at: plan.truncateTo)
      try file.synchronize()
      try file.close()
    } catch { throw CommandFailure("\(error)") }
    return inspection
  }

  private static func open(_ path: String) throws(CommandFailure) -> File {
    do throws(IOError) {
      var file = try File(path, .existing)
      try file.lockForWriting()
      return file
    } catch { throw CommandFailure("\(error)") }
  }

  private static func say(_ text: String) throws(CommandFailure) {
    do { _ = try StandardStream.output.write(text) } catch { throw CommandFailure("\(error)") }
  }

  private static func describe(_ path: String, _ it: RecordingInspection) -> String {
    var out = ""
    func row(_ name: String, _ value: String) {
      out += name + String(repeating: " ", count: max(1, 12 - name.count)) + value + "\n"
    }
    let s = it.statistics
    row("file", "\(path), \(Count.bytes(it.fileBytes))")
    row("format", "version \(it.header.major).\(it.header.minor)\(it.header.isCompressed ? ", zstd" : "")")
    row("created", time(it.header.created))
    row("state", state(it))
    row("entries", "\(s.entries): \(s.received) received, \(s.sent) sent, \(s.sessionStarts) session starts, "
      + "\(s.sessionEnds) session ends, \(s.gaps) gaps, \(s.unknown) of unknown kinds")
    row("payload", Count.bytes(Int(clamping: s.payloadBytes)))
    row("segments", "\(it.segments)\(it.hasOpenSegment ? " closed, one open" : "")")
    if let first = it.earliestWall, let last = it.latestWall {
      row("time", "\(time(first)) to \(time(last)) (\(Count.clock(Double(last.rawValue - first.rawValue) / 1e9)))")
    }
    for session in it.sessions.prefix(50) {
      let end = session.end.map { "; ended: \($0.reason)" } ?? "; no end mark"
      row("session", "\(session.start.session) of lane \(session.lane), \(session.start.url), "
        + "\(session.entries) entries\(end)")
    }
    if it.sessions.count > 50 { row("", "and \(it.sessions.count - 50) more sessions") }
    for gap in it.gaps.prefix(50) {
      row("gap", "lane \(gap.lane), \(time(gap.mark.from)) to \(time(gap.mark.to)): \(gap.mark.reason)")
    }
    if it.gaps.count > 50 { row("", "and \(it.gaps.count - 50) more gaps") }
    for damage in it.damage.prefix(50) {
      row("damage", "bytes \(damage.range.lowerBound) to \(damage.range.upperBound): \(damage.cause)")
    }
    return out
  }

  private static func state(_ it: RecordingInspection) -> String {
    switch it.verdict {
    case .clean: "clean"
    case .torn(let at, let bytes):
      bytes == 0
        ? "not closed (still being written, or a crash); every entry is whole"
        : "torn at byte \(at): the last \(bytes) bytes are no whole entry; --repair removes them"
    case .corrupt(let at):
      "damaged from byte \(at) on: \(it.damageCount) places, \(it.damagedBytes) bytes, "
        + "at least \(it.entriesLost) entries lost"
    }
  }

  private static func time(_ wall: WallNanos) -> String {
    var out = ByteWriter(capacity: 64)
    out.append(isoNanos: wall.rawValue)
    return out.string
  }
}
