import Bytes
import IO
import Rings
import Synchronization

/// How fresh an answer has to be.
package enum Freshness: Sendable, Equatable {
  /// From the cache if its collection ended at most so many seconds ago.
  case maximumAge(seconds: Double)
  /// From a collection that began after the question.
  case refresh
  /// From the cache alone, of any age or at most this one.
  case offline(maximumSeconds: Double?)
}

/// An answer, and where it is from.
package struct Answer: ~Copyable {
  package let snapshot: Snapshot
  /// Age in seconds of a cached one; nil for one that was just collected.
  package let ageSeconds: Double?
  /// Seconds that the collection took; nil for a cached one.
  package let collectedSeconds: Double?
  package let wasInterrupted: Bool
  let persisting: Persisting?

  /// Waits until the cache has the answer, and says what went wrong.
  package func finish() -> String? { persisting?.finish() }
}

/// Answers from the cache or from the feed. At most one process collects an entry at a time; the others wait for its
/// answer.
///
///     look ── fresh ─► answer
///       └─ stale, absent, damaged ─► lock ─┬─ mine ─► look again ─► collect ─► answer ┬─► caller
///                                          │                                          └─► entry, then unlock
///                                          └─ another's ─► wait for its entry or its end, and lock again
package struct CachedCollection: Sendable {
  package let cache: SnapshotCache?
  package let key: SnapshotKey
  package let freshness: Freshness
  /// What a collection may take, 0 for no limit: an incomplete entry serves those who would not wait longer.
  package let limitMillis: UInt32
  package let say: @Sendable (String) -> Void

  /// Longest wait for another process's collection; then we collect as well.
  package static let lockWaitSeconds = 60.0
  /// Between looks at a lock that another process holds.
  private static let firstPauseNanos: Int64 = 2_000_000
  private static let longestPauseNanos: Int64 = 20_000_000
  /// Clocks of one machine's processes may differ by this much.
  private static let clockToleranceNanos: Int64 = 1_000_000_000

  package init(
    cache: SnapshotCache?, key: SnapshotKey, freshness: Freshness, limitMillis: UInt32,
    say: @escaping @Sendable (String) -> Void
  ) {
    self.cache = cache
    self.key = key
    self.freshness = freshness
    self.limitMillis = limitMillis
    self.say = say
  }

  /// - Parameter collect: asks the feed.
  package func answer(_ collect: () throws(CollectError) -> Collected) throws(CollectError) -> Answer {
    let asked = WallNanos.now()
    guard let cache else {
      if case .offline = freshness { throw .notCached("there is no folder for a cache (set XDG_CACHE_HOME or HOME)") }
      return try fresh(collect(), nil)
    }
    let before = cache.status(key)
    if freshness != .refresh {
      switch look(cache, asked) {
      case .answer(let answer): return answer
      case .no(let reason):
        if case .offline = freshness { throw .notCached(reason ?? "this collection is not in the cache") }
        if let reason { say("\(reason); collecting anew") }
      }
    }
    switch wait(cache, before, asked) {
    case .answer(let answer): return answer
    case .lock(let lock): return try fresh(collect(), lock)
    case .nothing: return try fresh(collect(), nil)
    }
  }

  private enum Looked: ~Copyable {
    case answer(Answer)
    /// Why not; nil where there is nothing to say.
    case no(String?)
  }

  private func look(_ cache: SnapshotCache, _ asked: WallNanos) -> Looked {
    switch cache.look(key) {
    case .absent: return .no(nil)
    case .foreign: return .no(nil)
    case .damaged(let reason): return .no(reason)
    case .whole(let kept):
      let age = Double(WallNanos.now().rawValue - kept.file.ended.rawValue) / 1e9
      if let reason = staleness(kept.file, isComplete: kept.snapshot.isComplete, asked) { return .no(reason) }
      return .answer(
        Answer(
          snapshot: kept.intoSnapshot(), ageSeconds: max(0, age), collectedSeconds: nil, wasInterrupted: false,
          persisting: nil))
    }
  }

  /// Why an entry does not serve; nil where it does.
  private func staleness(_ file: SnapshotFile, isComplete: Bool, _ asked: WallNanos) -> String? {
    let (started, ended) = (file.started.rawValue, file.ended.rawValue)
    let now = WallNanos.now().rawValue
    if max(started, ended) > now + Self.clockToleranceNanos {
      return "the cached snapshot is from the future: the clock was set back"
    }
    let age = Int64((Double(asked.rawValue - ended) / 1e9).rounded(.up))
    switch freshness {
    case .refresh: return started >= asked.rawValue ? nil : "the cached snapshot is not of now"
    case .maximumAge(let seconds), .offline(.some(let seconds)):
      if Double(asked.rawValue - ended) > seconds * 1e9 {
        return "the cached snapshot is \(age) s old, the most is \(Self.text(seconds)) s"
      }
    case .offline(nil): return nil
    }
    if case .offline = freshness { return nil }
    if !isComplete, file.limitMillis != 0, limitMillis == 0 || limitMillis > file.limitMillis {
      return "the cached snapshot lacks answers, and was not waited for as long"
    }
    return nil
  }

  private static func text(_ seconds: Double) -> String {
    seconds == seconds.rounded() && seconds < 1e15 ? "\(Int(seconds))" : "\(seconds)"
  }

  private enum Waited: ~Copyable {
    case answer(Answer)
    case lock(EntryLock)
    /// No lock is to be had: we collect beside whoever does.
    case nothing
  }

  /// Waits for the right to collect, or for the answer of who has it.
  private func wait(_ cache: SnapshotCache, _ before: FileStatus?, _ asked: WallNanos) -> Waited {
    let deadline = MonotonicNanos.now().advanced(bySeconds: Self.lockWaitSeconds)
    var seen = before
    var pause = Self.firstPauseNanos
    while true {
      let lock: EntryLock?
      do throws(IOError) { lock = try cache.lock(key) } catch {
        say("the cache is not used: \(error)")
        return .nothing
      }
      // Who held the lock may have written since we looked.
      let status = cache.status(key)
      if let status, status != seen {
        seen = status
        if case .answer(let answer) = look(cache, asked) { return .answer(answer) }
      }
      if let lock { return .lock(lock) }
      if MonotonicNanos.now() >= deadline {
        say("another process has been collecting the same for \(Int(Self.lockWaitSeconds)) s; collecting beside it")
        return .nothing
      }
      Pause.sleep(nanos: pause)
      pause = min(pause * 2, Self.longestPauseNanos)
    }
  }

  /// The answer of a collection, on its way into the cache.
  private func fresh(_ collected: consuming Collected, _ lock: consuming EntryLock?) -> Answer {
    let seconds = collected.seconds
    let wasInterrupted = collected.wasInterrupted
    var persisting: Persisting?
    if let cache, !wasInterrupted, collected.snapshot.count > 0 {
      let file = SnapshotFile(
        source: key.source, started: collected.started, ended: collected.ended, limitMillis: limitMillis)
      persisting = Persisting(cache, key, file.encode(collected.snapshot), lock)
    }
    return Answer(
      snapshot: collected.intoSnapshot(), ageSeconds: nil, collectedSeconds: seconds, wasInterrupted: wasInterrupted,
      persisting: persisting)
  }
}

/// Writes an entry while the answer is used already. Holds the entry's lock until it is written.
final class Persisting: Sendable {
  private let trouble = Trouble()
  private let thread: Handover<WorkerThread>?

  private final class Trouble: Sendable { let text = Mutex<String?>(nil) }

  init(_ cache: SnapshotCache, _ key: SnapshotKey, _ bytes: consuming ByteWriter, _ lock: consuming EntryLock?) {
    let contents = Handover(bytes)
    let held = Handover(lock)
    let trouble = trouble
    do throws(ThreadError) {
      thread = Handover(
        try WorkerThread("qw-cache") {
          let lock = held.take()
          let bytes = contents.take()
          do { try unsafe bytes.withBytes { b throws(IOError) in try unsafe cache.store(b.bytes, key) } } catch {
            trouble.text.withLock { $0 = "the answer is not in the cache: \(error)" }
          }
          _ = consume lock
        })
    } catch {
      thread = nil
      trouble.text.withLock { $0 = "the answer is not in the cache: \(error)" }
    }
  }

  /// Waits for the end; what went wrong, nil for nothing.
  func finish() -> String? {
    thread?.take().join()
    return trouble.text.withLock { $0 }
  }
}
