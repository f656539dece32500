import Bytes
import DXLink
import Market
import Rings

/// One client's way through the history: a snapshot for each topic with a start time, from new to old, and live rows
/// for every topic.
///
///     live 0?   4 newest   0 older …  live 0 …  0 oldest   10 marker       then live
///               4 …                             16 oldest                  older=snip, and more was asked for
///               14                                                         no row since the start time
///
/// Every third symbol has a live row before BEGIN. Snapshots of several topics go on in turns.
final class HistoryFeed {
  private struct Run {
    let topic: Subscriptions.Topic
    let series: HistorySeries
    let fromTime: Int64
    /// Next row of the snapshot; below `last` when all were sent.
    var place: Int64
    let last: Int64
    let isCut: Bool
    var isFirst = true
    var isInSnapshot: Bool
    /// The newest row that the client has seen.
    var seen: HistorySeries.Point
  }

  /// Rows of one topic before the next one has its turn.
  static let rowsPerTurn = 64
  /// Live rows come up in steps of this time.
  static let stepNanos: Int64 = 10_000_000

  private let spec: HistorySpec
  private var texts = TextTable()
  private var batch = EventBatch(capacity: 256)
  private var runs: [Run] = []
  private var turn = 0

  init(_ spec: HistorySpec) { self.spec = spec }

  /// Takes new topics; one that is known begins anew.
  func begin(_ fresh: [NewTopic], _ now: MonotonicNanos, _ session: inout ServerSession, _ out: inout MessageQueue) {
    let millis = spec.millis(at: now)
    for new in fresh {
      guard let channel = session.channels[new.topic.channel], let series = HistorySeries(new.topic, spec, &texts)
      else { continue }
      runs.removeAll { $0.topic == new.topic }
      let wantsSnapshot = new.fromTime != nil && channel.contract != .stream && channel.contract != .ticker
      let underWay = runs.count { $0.isInSnapshot && $0.topic.channel == new.topic.channel }
      if spec.inFlight > 0, wantsSnapshot, underWay >= spec.inFlight {
        let text = "Your subscription size for event type '\(new.topic.type.name)' is too big"
        session.fail(new.topic.channel, ErrorNotice.badAction, text, &out)
        continue
      }
      let newest = series.newest(at: millis)
      let fromTime = new.fromTime ?? 0
      let base = CandleSymbol(new.topic.symbol)?.base ?? new.topic.symbol
      let last = spec.empty.contains(base) ? newest.place + 1 : max(series.oldest, series.first(from: fromTime))
      let isCut = spec.isCutOff && series.oldest <= newest.place && fromTime < series.millis(of: series.oldest)
      runs.append(
        Run(
          topic: new.topic, series: series, fromTime: fromTime, place: newest.place, last: last, isCut: isCut,
          isInSnapshot: wantsSnapshot, seen: newest))
      if wantsSnapshot, last <= newest.place, texts.store.hash(series.symbol.rawValue) % 3 == 0 {
        series.make(newest.place, newest.state, [], into: &batch)
        give(runs[runs.count - 1], &session, &out)
      }
    }
  }

  /// Makes what is due, until `out` holds about `targetBytes`.
  func step(
    _ now: MonotonicNanos, _ session: inout ServerSession, _ out: inout MessageQueue, targetBytes: Int
  ) -> Playback.Outcome {
    runs.removeAll { !session.subscriptions.contains($0.topic) }
    let millis = spec.millis(at: now)
    for at in runs.indices { makeLive(at, millis, &session, &out) }
    var idle = 0
    while idle < runs.count, out.byteCount < targetBytes {
      turn = turn + 1 < runs.count ? turn + 1 : 0
      if runs[turn].isInSnapshot { idle = 0 } else {
        idle += 1
        continue
      }
      makeRows(turn)
      give(runs[turn], &session, &out)
      if targetBytes <= 1 { break }
    }
    session.flush(&out)
    return runs.contains(where: \.isInSnapshot) ? .more : .waiting(now.advanced(byNanos: Self.stepNanos))
  }

  private func makeLive(_ at: Int, _ millis: Int64, _ session: inout ServerSession, _ out: inout MessageQueue) {
    if spec.empty.contains(CandleSymbol(runs[at].topic.symbol)?.base ?? runs[at].topic.symbol) { return }
    let newest = runs[at].series.newest(at: millis)
    while let point = runs[at].series.next(after: runs[at].seen, until: newest) {
      runs[at].series.make(point.place, point.state, [], into: &batch)
      runs[at].seen = point
      if batch.recordCount + EventRecord.maximumPerEvent > batch.capacity { give(runs[at], &session, &out) }
    }
    give(runs[at], &session, &out)
  }

  private func makeRows(_ at: Int) {
    var run = runs[at]
    for _ in 0..<Self.rowsPerTurn where run.isInSnapshot {
      var flags: EventFlags = run.isFirst ? .snapshotBegin : []
      if run.place < run.last {
        // A row that came with the time of the snapshot's begin stands already.
        run.series.makeMarker(run.fromTime, flags.union([.removeEvent, .snapshotEnd]), into: &batch)
        run.isInSnapshot = false
      } else {
        if run.isCut && run.place == run.last {
          flags.insert(.snapshotSnip)
          run.isInSnapshot = false
        }
        // The row under way as the client is to know it: live rows may have gone on meanwhile.
        let state = run.place == run.seen.place ? run.seen.state : nil
        run.series.make(run.place, state, flags, into: &batch)
        run.place -= 1
      }
      run.isFirst = false
    }
    runs[at] = run
  }

  private func give(_ run: Run, _ session: inout ServerSession, _ out: inout MessageQueue) {
    if batch.isEmpty { return }
    if let channel = session.channels[run.topic.channel] {
      batch.forEach { session.gather($0, run.topic.type, channel, texts.store, &out) }
    }
    batch.removeAll()
  }
}
