import Bytes
import DXLink
import IO
import Ingest
import Market
import Rings
import Sinks
import Synchronization

/// One connection of a collection, on a thread of its own.
final class CollectionLane: Sendable {
  /// What a lane leaves behind.
  struct Result: Sendable {
    let end: LaneOutcome.End
    let snapshot: Handover<Snapshot>
  }

  private final class Box: Sendable { let result = Mutex<Result?>(nil) }

  let tally: Tally
  /// Ends this lane alone: the others have symbols of their own.
  let stop: StopFlag
  private let box = Box()
  private let thread: Handover<WorkerThread>

  init(_ number: Int, _ symbols: [String], _ settings: CollectionSettings, _ hooks: CollectionHooks)
    throws(CollectError)
  {
    do throws(IOError) { stop = try StopFlag() } catch { throw .io(error) }
    let tally = Tally(symbols: symbols.count, stop: stop)
    self.tally = tally
    var mine = settings.lane
    mine.backoff = settings.lane.backoff.reseeded(number)
    mine.session.contract = .ticker
    var window: SymbolWindow?
    if let outstanding = settings.outstanding {
      mine.session.pace = CollectionSettings.steps
      mine.subscriptions = []
      let size = max(1, outstanding / settings.lanes + (number < outstanding % settings.lanes ? 1 : 0))
      window = SymbolWindow(
        symbols: symbols, types: settings.types, size: size, answerNanos: Int64(settings.answerSeconds * 1e9),
        closed: { tally.close() })
    } else {
      mine.session.pace = CollectionSettings.burst
      mine.subscriptions = symbols.flatMap { symbol in settings.types.map { Subscription($0, symbol) } }
    }
    let pipeline = PayloadPipeline(stop: stop, wantsDigest: false)
    let plan = window
    let port = GatherPort(Snapshot(types: settings.types, symbols: symbols), texts: pipeline.textStore) { position in
      if let plan { plan.answered(position) } else { tally.close() }
    }
    let gathered = Handover(port)
    let lane = Handover(
      Lane(
        number: number, settings: mine, pipeline: pipeline, ports: ([port], nil), stop: stop, progress: LaneProgress(),
        plan: window, say: hooks.say))
    let (box, attention) = (box, hooks.attention)
    do throws(ThreadError) {
      thread = Handover(
        try WorkerThread("qw-lane-\(number)") {
          let outcome = lane.take().run().outcome
          let snapshot = Handover(gathered.take().takeSnapshot())
          box.result.withLock { $0 = Result(end: outcome.end, snapshot: snapshot) }
          attention.signal()
        })
    } catch { throw .noThread("\(error)") }
  }

  var hasEnded: Bool { box.result.withLock { $0 != nil } }

  var hasFailed: Bool {
    box.result.withLock { result in
      switch result?.end {
      case .refused, .failed: true
      case .drained, .endOfFeed, nil: false
      }
    }
  }

  func join() -> Result {
    thread.take().join()
    guard let result = box.result.withLock({ $0 }) else { preconditionFailure("a lane leaves its result") }
    return result
  }
}
