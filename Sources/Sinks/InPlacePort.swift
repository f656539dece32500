import Market
import Rings

/// A port that fills a sink on the lane's own thread: events are encoded where they were decoded, neither copied nor
/// handed over. That takes less CPU time, and no second core; where there is one, a ring is done sooner.
///
/// There is no room that could run out, so that nothing is dropped until the sink has failed.
final class InPlacePort<Body: SinkBody & ~Copyable>: SinkPort {
  private var worker: SinkWorker<Body>
  private let texts: TextStore
  private let counters: SinkCounters
  /// Nil while the sink works.
  private var outcome: SinkOutcome?
  private let ended: (SinkOutcome) -> Void

  /// - Parameter ended: called once, where nothing more can be written or all is.
  init(
    _ worker: consuming SinkWorker<Body>, _ texts: TextStore, _ counters: SinkCounters,
    ended: @escaping (SinkOutcome) -> Void
  ) {
    self.worker = worker
    self.texts = texts
    self.counters = counters
    self.ended = ended
  }

  func accept(_ batch: borrowing EventBatch, isStopping: () -> Bool) {
    if batch.isEmpty { return }
    if outcome != nil { return counters.drop(batch.eventCount) }
    counters.accept(batch.eventCount)
    if let outcome = worker.take(batch, texts) { end(outcome) }
  }

  func accept(_ gap: Gap, isStopping: () -> Bool) {
    if outcome == nil, let outcome = worker.take(gap) { end(outcome) }
  }

  private func end(_ outcome: SinkOutcome) {
    self.outcome = outcome
    ended(outcome)
  }

  var holdsBack: Bool { false }
  func settle() {}
  func finish(isStopping: () -> Bool) { if outcome == nil { end(worker.finish()) } }
}
