/// Says a sentence once, and what is repeated within `windowNanos` only as a count.
///
/// The first is given on at once. Equal ones (module, level and words) are held back and given on together when the
/// window is over, or at the end. Sentences that come too fast, whatever they say, are counted and told as a number.
package struct RepeatFold: Sendable {
  /// How long equal sentences are held back.
  package static let windowNanos: Int64 = 10_000_000_000
  /// Different sentences that are remembered.
  package static let maximumKept = 64
  /// Sentences that are given on within a second; the others are left out and counted.
  package static let maximumPerSecond = 200

  private struct Kept: Sendable {
    var record: LogRecord
    var since: Int64
    var held = 0
  }

  private var kept: [Kept] = []
  private var secondStart = Int64.min
  private var inSecond = 0
  private var leftOut = 0

  package init() {}

  /// What to write now that this record has come: nothing, the record, or others that were due as well.
  /// - Parameter nanos: a monotonic time.
  package mutating func take(_ record: LogRecord, nanos: Int64) -> [LogRecord] {
    var out = due(nanos, wallNanos: record.wallNanos)
    if let i = kept.firstIndex(where: { Self.isSame($0.record, record) }) {
      kept[i].held += record.times
      kept[i].record.wallNanos = record.wallNanos
      return out
    }
    guard inSecond < Self.maximumPerSecond else {
      leftOut += record.times
      return out
    }
    inSecond += 1
    if kept.count == Self.maximumKept { out += release(0) }
    kept.append(Kept(record: record, since: nanos))
    out.append(record)
    return out
  }

  /// What has been held back long enough.
  package mutating func due(_ nanos: Int64, wallNanos: Int64) -> [LogRecord] {
    var out: [LogRecord] = []
    if secondStart == .min || nanos - secondStart >= 1_000_000_000 {
      secondStart = nanos
      inSecond = 0
      if leftOut > 0 { out.append(Self.leftOut(leftOut, wallNanos)) }
      leftOut = 0
    }
    while let first = kept.first, nanos - first.since >= Self.windowNanos { out += release(0, nanos) }
    return out
  }

  /// Everything that is held back still, at the end.
  package mutating func end(wallNanos: Int64) -> [LogRecord] {
    var out: [LogRecord] = []
    while !kept.isEmpty { out += release(0) }
    if leftOut > 0 { out.append(Self.leftOut(leftOut, wallNanos)) }
    leftOut = 0
    return out
  }

  /// Lets go of one. What was repeated goes on being folded for another window when `nanos` says since when.
  private mutating func release(_ i: Int, _ nanos: Int64? = nil) -> [LogRecord] {
    var old = kept.remove(at: i)
    guard old.held > 0 else { return [] }
    var record = old.record
    record.times = old.held
    if let nanos {
      old.since = nanos
      old.held = 0
      kept.append(old)
    }
    return [record]
  }

  private static func isSame(_ a: LogRecord, _ b: LogRecord) -> Bool {
    a.module == b.module && a.level == b.level && a.sentence == b.sentence
  }

  private static func leftOut(_ count: Int, _ wallNanos: Int64) -> LogRecord {
    LogRecord(wallNanos, .warn, .run, "\(count) sentences came too fast and are left out")
  }
}
