import Bytes
import DXLink
import IO
import Market

// What a lane does about its topics while it runs: changes from outside, refusals, snapshots under way, figures.

extension Lane {
  /// Does what was posted to the inbox since the last call.
  mutating func takeInbox() {
    guard let changes = inbox?.take() else { return }
    let now = MonotonicNanos.now()
    for change in changes {
      complain(of: session.changeSubscriptions(add: change.add, remove: change.remove, now: now))
    }
    showTopics()
  }

  /// After a wait that the wakeup ended: takes the signal back where it was the inbox's, whose changes come next.
  func clearWakeup() { if let inbox, !stop.isDraining { inbox.wakeup.clear() } }

  /// Lets the session do what is due, and judge refusals by the data that came.
  mutating func advanceSession(_ now: MonotonicNanos) {
    session.advance(now: now)
    if session.awaitsJudgement(now) {
      let seen = pipeline.seenSymbols
      session.judge(now: now) { type, symbol in (seen[symbol] ?? 0) & 1 << UInt32(type.index) != 0 }
    }
    showTopics()
  }

  /// Publishes where the topics stand, and watches symbols while it matters what comes of them.
  mutating func showTopics() {
    pipeline.watchSymbols(session.wantsEvidence || session.watchesSnapshots)
    let topics = session.topicCounts
    if topics == shownTopics { return }
    shownTopics = topics
    progress.update(topics: topics)
  }

  mutating func tellEndedSnapshots() {
    let ended = pipeline.takeEndedSnapshots()
    if ended.isEmpty { return }
    let now = MonotonicNanos.now()
    for symbol in ended { session.snapshotEnded(.candle, symbol, now: now) }
    showTopics()
  }

  mutating func tell(_ refusals: TopicRefusals) {
    let names = refusals.examples.map(\.text).joined(separator: ", ")
    let more = refusals.count > refusals.examples.count ? ", …" : ""
    complain(
      "the server refused \(refusals.count) topics (\(refusals.reason)): \(names)\(more); "
        + "trying again in \(Self.rounded(refusals.retrySeconds)) s")
  }
}
