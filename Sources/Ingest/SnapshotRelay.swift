import DXLink
import Market
import Rings
package import Snapshots

/// How events of snapshots and transactions reach the sinks.
package enum SnapshotMode: String, CaseIterable, Sendable {
  /// Each event as it comes, with its flags: readers do with them what they need.
  case raw
  /// Events of a snapshot or a transaction together when it is whole, never a part of one. After a gap time series are
  /// asked for again from their newest row on, and what has been there goes on no second time.
  case committed
}

/// Holds a lane's indexed events back until they are whole (`--snapshots committed`). Used by the lane's thread.
///
/// Invariant: each event that came in was sent, or is counted as void, held or duplicate; the order of a symbol's
/// events of one type and source stays.
package final class SnapshotRelay {
  private var stage: SnapshotStage
  private var filter = RefillFilter()
  private var out = EventBatch(capacity: 4096)
  private(set) var duplicates = 0
  /// The gaps that wait to be filled, as one; nil for none.
  private var openGap: Gap?

  package init(limits: SnapshotLimits = SnapshotLimits()) { stage = SnapshotStage(limits: limits) }

  package var counts: SnapshotCounts { stage.counts }

  /// Takes a batch and gives what goes on, in batches.
  func pass(_ batch: borrowing EventBatch, _ send: (inout EventBatch) -> Void) {
    batch.forEach { event in
      let isIndexed = stage.take(
        event, commit: { filter.begin($0) },
        each: { commit, row in
          switch filter.verdict(commit, row) {
          case .pass: append(row, nil, send)
          case .update(let flags): append(row, flags, send)
          case .duplicate: duplicates += 1
          }
        })
      if !isIndexed { append(event, nil, send) }
    }
    flush(send)
  }

  private func append(_ event: EventRef, _ flags: EventFlags?, _ send: (inout EventBatch) -> Void) {
    if out.recordCount + event.recordCount > out.capacity { flush(send) }
    guard let type = event.type, let to = unsafe out.append(type) else { return }
    unsafe event.withBytes { bytes in
      if let from = bytes.baseAddress { unsafe to.copyMemory(from: from, byteCount: bytes.count) }
    }
    if let flags { unsafe to.storeBytes(of: flags, toByteOffset: EventHead.flagsOffset, as: EventFlags.self) }
  }

  private func flush(_ send: (inout EventBatch) -> Void) {
    if out.isEmpty { return }
    send(&out)
    out.removeAll()
  }

  /// The connection is gone: what is held is void.
  /// - Returns: the time series to ask for again, each from its newest row on.
  func interrupt(_ texts: TextStore) -> [Subscription] {
    let points = filter.interrupt(stage)
    stage.interrupt()
    return points.map { point in
      let symbol = unsafe texts.withText(point.key.symbol.rawValue) { unsafe String(decoding: $0, as: UTF8.self) }
      return Subscription(point.key.type, symbol, fromTime: point.fromTime)
    }
  }

  /// A gap is over, and its rows may come from now on. Gaps that meet before they are filled are filled as one.
  func note(_ gap: Gap) {
    guard gap.isLoss, filter.awaited > 0 else { return }
    var whole = Gap(
      reason: .filled, lane: Int(gap.lane), fromNanos: openGap?.fromNanos ?? gap.fromNanos, toNanos: gap.toNanos)
    whole.attempts = gap.attempts
    openGap = whole
  }

  /// The gap whose every time series is whole again, once; `batch` is what came last.
  func takeFilled(now batch: borrowing EventBatch) -> Gap? {
    guard openGap != nil, let topics = filter.takeFilled(), var filled = openGap.take() else { return nil }
    filled.topics = UInt32(clamping: topics)
    batch.forEach { filled.receivedNanos = $0.receivedNanos }
    return filled
  }

  func add(to totals: inout PipelineTotals) {
    totals.snapshots += stage.counts
    totals.duplicates += duplicates
  }
}
