package import Market

/// Keeps what a time series has from going on twice, after a connection was lost and its history was asked for again
/// from the newest row on.
///
///     before the gap   10:00  10:05  10:10 (under way)          resume from 10:10
///     refill           4 10:20   0 10:15   0 10:10   10 marker
///     goes on          0 10:20   0 10:15   0 10:10, if it has changed
///
/// Of each series the rows of its newest time are remembered, as index and hash. While a refill is awaited nothing is
/// forgotten and the newest time stays, so that a second loss asks from the same time again.
///
/// Rows of a refill go on without flags, as updates: the reader keeps the rows that it has. A refill is what follows a
/// whole snapshot; a snapshot that was lost on its way comes again as a snapshot.
package struct RefillFilter: Sendable {
  /// What becomes of a row.
  package enum Verdict: Equatable, Sendable {
    /// It goes on as it is.
    case pass
    /// It goes on with these flags.
    case update(EventFlags)
    /// It went on before, or is the marker behind a refill.
    case duplicate
  }

  /// Where to ask for a series again.
  package struct ResumePoint: Equatable, Sendable {
    package let key: TopicKey
    /// Milliseconds since 1970 UTC.
    package let fromTime: Int64
  }

  fileprivate struct KnownRow {
    let index: Int64
    let time: Int64
    var hash: UInt64
  }

  fileprivate struct Series {
    var known: [KnownRow] = []
    var newestTime = Int64.min
    /// Nil where no refill is awaited.
    var resumeTime: Int64?
    /// A snapshot is awaited, after a loss.
    var isAwaited = false
  }

  /// Rows of one series that are remembered.
  package static let maximumKnown = 256

  private var series: [TopicKey: Series] = [:]
  /// Series whose history has to come again for a gap to be filled.
  package private(set) var awaited = 0
  /// Series whose history came again since the last `takeFilled`.
  private var filled = 0
  private var rowsLeft = 0
  private let fields = IndexedFields.all

  package init() {}

  /// Begins with a commit, whose events follow one by one.
  package mutating func begin(_ commit: Commit) { rowsLeft = commit.count }

  /// What becomes of the next event of a commit.
  package mutating func verdict(_ commit: Commit, _ event: EventRef) -> Verdict {
    guard commit.state != .absent, commit.key.type.isTimeSeries, let places = fields[commit.key.type.index],
      let timeOffset = places.time
    else { return .pass }
    rowsLeft -= 1
    let index = event.load(places.index, as: Int64.self)
    let time = event.load(timeOffset, as: Int64.self)
    let verdict = series[commit.key, default: Series()].take(event, index, time, commit.isSnapshot)
    if rowsLeft == 0, commit.isSnapshot { end(commit.key) }
    return verdict
  }

  private mutating func end(_ key: TopicKey) {
    guard var ended = series[key] else { return }
    if ended.isAwaited {
      awaited -= 1
      filled += 1
    }
    ended.isAwaited = false
    ended.resumeTime = nil
    ended.known.removeAll { $0.time < ended.newestTime }
    series[key] = ended
  }

  /// The connection is gone. Call before the stage is told.
  /// - Returns: for each series with a whole snapshot the time of its newest row.
  package mutating func interrupt(_ stage: borrowing SnapshotStage) -> [ResumePoint] {
    var points: [ResumePoint] = []
    stage.forEach { key, state in
      guard key.type.isTimeSeries, state != .absent else { return }
      var one = series[key, default: Series()]
      if state.isWhole, one.resumeTime == nil, one.newestTime != .min { one.resumeTime = one.newestTime }
      if !one.isAwaited { awaited += 1 }
      one.isAwaited = true
      series[key] = one
      if let from = one.resumeTime { points.append(ResumePoint(key: key, fromTime: from)) }
    }
    filled = 0
    return points
  }

  /// How many series are whole again, once, when no further one is awaited; nil before that and after.
  package mutating func takeFilled() -> Int? {
    guard awaited == 0, filled > 0 else { return nil }
    defer { filled = 0 }
    return filled
  }
}

extension RefillFilter.Series {
  fileprivate mutating func take(
    _ event: EventRef, _ index: Int64, _ time: Int64, _ isSnapshot: Bool
  ) -> RefillFilter.Verdict {
    let isRefill = isSnapshot && resumeTime != nil
    let at = known.firstIndex { $0.index == index }
    if event.flags.contains(.removeEvent) {
      if let at { known.remove(at: at) } else if isRefill { return .duplicate }
      return isRefill ? .update(.removeEvent) : .pass
    }
    let hash = event.contentHash
    if let at {
      if resumeTime != nil, known[at].hash == hash { return .duplicate }
      known[at].hash = hash
    } else {
      remember(index, time, hash)
    }
    return isRefill ? .update([]) : .pass
  }

  private mutating func remember(_ index: Int64, _ time: Int64, _ hash: UInt64) {
    if resumeTime == nil {
      if time < newestTime { return }
      if time > newestTime { known.removeAll(keepingCapacity: true) }
    }
    newestTime = max(newestTime, time)
    if known.count < RefillFilter.maximumKnown {
      known.append(RefillFilter.KnownRow(index: index, time: time, hash: hash))
    }
  }
}

extension EventRef {
  /// A hash of all bytes but receive time and flags. Long texts count by their ids: good among events of one table.
  fileprivate var contentHash: UInt64 {
    unsafe withBytes { bytes in
      let flags: UInt64 = 0xFF << UInt64(8 * EventHead.flagsOffset)
      var hash = unsafe Mix.fold(bytes.load(as: UInt64.self) & ~flags, 0x9E37_79B9_7F4A_7C15)
      for at in stride(from: EventHead.eventTimeOffset, to: bytes.count, by: 8) {
        let word = unsafe bytes.load(fromByteOffset: at, as: UInt64.self)
        hash = Mix.fold(hash &+ word, 0xD6E8_FEB8_6659_FD93)
      }
      return hash
    }
  }
}
