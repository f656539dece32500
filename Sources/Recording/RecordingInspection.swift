package import Bytes

/// What `quotewire inspect` says about a recording: read from start to end once.
package struct RecordingInspection: Sendable {
  package struct Session: Hashable, Sendable {
    package var lane: UInt16
    package var start: SessionStart
    package var started: WallNanos
    /// Nil where the recording ends, or the lane begins another session, without an end mark.
    package var end: SessionEnd?
    package var ended: WallNanos?
    /// Entries of the lane between the two.
    package var entries: UInt64 = 0
  }

  package struct Gap: Hashable, Sendable {
    package var lane: UInt16
    package var mark: GapMark
  }

  /// How many sessions and gaps are listed; all are counted in `statistics`.
  package static var maximumListed: Int { 4096 }

  package let header: FileHeader
  package let fileBytes: Int
  package let statistics: RecordingStatistics
  package let verdict: RecordingVerdict
  /// Closed segments, and whether entries follow the last.
  package let segments: UInt64
  package let hasOpenSegment: Bool
  package private(set) var earliestWall: WallNanos?
  package private(set) var latestWall: WallNanos?
  package private(set) var sessions: [Session] = []
  package private(set) var gaps: [Gap] = []
  /// Marks whose payload is not what their kind says.
  package private(set) var malformedMarks = 0
  package let damage: [RecordingDamage]
  package let damageCount: Int
  package let damagedBytes: Int
  package let tornBytes: Int
  /// Entries that segment ends count and that could not be read: a lower bound.
  package let entriesLost: UInt64
  /// Where the recording can be gone on with.
  package let resumePoint: ResumePoint

  /// Reads the whole recording.
  package init(reading reader: inout RecordingReader) {
    var notes = Notes()
    reader.rewind()
    while let entry = reader.next() { notes.take(entry) }
    // Both are set at the end of a read that began at the start.
    guard let verdict = reader.verdict, let point = reader.resumePoint else { preconditionFailure() }
    header = reader.header
    fileBytes = reader.count
    statistics = reader.statistics
    self.verdict = verdict
    segments = point.segments
    hasOpenSegment = point.segment.entries > 0
    damage = reader.damage
    damageCount = reader.damageCount
    damagedBytes = reader.damagedBytes
    tornBytes = reader.tornBytes
    entriesLost = reader.entriesLost
    resumePoint = point
    earliestWall = notes.earliest
    latestWall = notes.latest
    sessions = notes.sessions
    gaps = notes.gaps
    malformedMarks = notes.malformed
    isClosed = reader.endsClosed
  }

  private let isClosed: Bool

  /// How to make the file end cleanly.
  package var repairPlan: RepairPlan {
    if isClosed {
      return RepairPlan(truncateTo: fileBytes, closing: [], leavesDamage: damageCount > 0, resumePoint: resumePoint)
    }
    var writer = RecordingWriter(resumingAt: resumePoint, header: header)
    let last = resumePoint.segment.entries > 0 ? resumePoint.segment.last : statistics.last
    writer.close(at: last ?? Arrival(wall: header.created, monotonic: MonotonicNanos(rawValue: 0)))
    let closing = unsafe writer.withPending { b in unsafe [UInt8](b) }
    return RepairPlan(
      truncateTo: resumePoint.offset, closing: closing, leavesDamage: damageCount > 0, resumePoint: resumePoint)
  }

  private struct Notes {
    var earliest: WallNanos?
    var latest: WallNanos?
    var sessions: [Session] = []
    var gaps: [Gap] = []
    var malformed = 0
    /// Index in `sessions` of each lane's open one.
    private var openByLane: [UInt16: Int] = [:]

    mutating func take(_ entry: Entry) {
      let wall = entry.arrival.wall
      earliest = min(earliest ?? wall, wall)
      latest = max(latest ?? wall, wall)
      switch entry.kind {
      case .sessionStart:
        openByLane[entry.lane] = nil
        guard let mark = unsafe SessionStart(parsing: entry.payload) else {
          malformed += 1
          return
        }
        guard sessions.count < maximumListed else { return }
        openByLane[entry.lane] = sessions.count
        sessions.append(Session(lane: entry.lane, start: mark, started: wall))
      case .sessionEnd:
        let open = openByLane.removeValue(forKey: entry.lane)
        guard let mark = unsafe SessionEnd(parsing: entry.payload) else {
          malformed += 1
          return
        }
        guard let open else { return }
        sessions[open].end = mark
        sessions[open].ended = wall
      case .gap:
        guard let mark = unsafe GapMark(parsing: entry.payload) else {
          malformed += 1
          return
        }
        if gaps.count < maximumListed { gaps.append(Gap(lane: entry.lane, mark: mark)) }
      default:
        if let open = openByLane[entry.lane] { sessions[open].entries += 1 }
      }
    }
  }
}

/// What to do to a file so that it ends cleanly: truncate it, then append `closing`.
package struct RepairPlan: Hashable, Sendable {
  package let truncateTo: Int
  package let closing: [UInt8]
  /// Damage before the end stays where it is, and with it the verdict `corrupt`: entries after it are still read. A
  /// copy made by `quotewire convert` has none.
  package let leavesDamage: Bool
  /// To go on recording instead of closing: truncate, then `RecordingWriter(resumingAt:header:)`.
  package let resumePoint: ResumePoint

  /// Whether there is anything to do.
  package var isNeeded: Bool { !closing.isEmpty }
}
