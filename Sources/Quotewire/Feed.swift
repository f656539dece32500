import IO
import Ingest
import Market
import Synchronization

/// One run of a client or a recording for one loop, on threads of its own, from its start to its end.
final class Feed: Sendable {
  /// What runs.
  enum Source: Sendable {
    case live(IngestSettings)
    case replay(ReplaySettings)
  }

  private struct State {
    var isStopping = false
    var hasEnded = false
    var lanes: [LaneProgress] = []
    var waiters: [CheckedContinuation<Void, Never>] = []
    /// Sentences of a replay, which say what is wrong with a recording.
    var sentences: [String] = []
  }

  /// Sentences that are kept.
  private static let maximumSentences = 8

  let queue: EventQueue
  let types: [EventType]
  private let attention: Wakeup
  private let log: @Sendable (String) -> Void
  /// Whether it was the token that failed.
  private let tokenFailed: @Sendable () -> Bool
  private let state = Mutex(State())

  init(
    _ queue: EventQueue, types: [EventType], log: (@Sendable (String) -> Void)?,
    tokenFailed: @escaping @Sendable () -> Bool = { false }
  ) throws(QuotewireError) {
    self.queue = queue
    self.types = types
    self.log = log ?? { _ in }
    self.tokenFailed = tokenFailed
    do throws(IOError) { attention = try Wakeup() } catch { throw QuotewireError(.failed, "\(error)") }
  }

  /// Starts the thread that looks after the run. `ended` is called last, on that thread.
  func start(_ source: Source, ended: @escaping @Sendable (Feed) -> Void) throws(QuotewireError) {
    try RunThread.start { [self] in
      let failure = run(source)
      // Before the consumer learns of the end, so that whoever saw it finds no trace.
      ended(self)
      queue.finish(failure)
      let waiters = state.withLock { state in
        state.hasEnded = true
        defer { state.waiters = [] }
        return state.waiters
      }
      for waiter in waiters { waiter.resume() }
    }
  }

  private func run(_ source: Source) -> QuotewireError? {
    var hooks = RunHooks(attention: attention)
    hooks.request = { [self] in isStopping ? .drain : .none }
    hooks.tick = { [self] status in
      state.withLock { if $0.lanes.isEmpty { $0.lanes = status.lanes } }
    }
    hooks.say = { [self] sentence in say(sentence) }
    do throws(RunFailure) {
      switch source {
      case .live(let settings): return failure(of: try IngestRun.run(settings, hooks))
      case .replay(let settings): return failure(ofReplay: try ReplayRun.run(settings, hooks))
      }
    } catch {
      if case .replay = source, error.kind == .failed { return QuotewireError(.recording, error.description) }
      return QuotewireError(error)
    }
  }

  private func failure(of outcome: RunOutcome) -> QuotewireError? {
    guard let failure = outcome.failure else { return nil }
    if tokenFailed() { return QuotewireError(.token, failure.description) }
    // Without sinks it is the lanes that fail.
    return QuotewireError(failure.kind == .refused ? .refused : .unreachable, failure.description)
  }

  private func failure(ofReplay outcome: RunOutcome) -> QuotewireError? {
    if let failure = outcome.failure { return QuotewireError(.recording, failure.description) }
    guard outcome.report.damagedFiles > 0 else { return nil }
    return QuotewireError(.recording, state.withLock { $0.sentences }.joined(separator: "; "))
  }

  private func say(_ sentence: String) {
    state.withLock { state in
      if state.sentences.count == Self.maximumSentences { state.sentences.removeFirst() }
      state.sentences.append(sentence)
    }
    log(sentence)
  }

  private var isStopping: Bool { state.withLock { $0.isStopping } }

  /// Asks for an orderly end and lets go of what waits. Returns at once.
  func stop() {
    state.withLock { $0.isStopping = true }
    queue.close()
    attention.signal()
  }

  /// Returns when connections and threads have gone.
  func waitForEnd() async {
    await withCheckedContinuation { waiter in
      let hasEnded = state.withLock { state in
        if !state.hasEnded { state.waiters.append(waiter) }
        return state.hasEnded
      }
      if hasEnded { waiter.resume() }
    }
  }

  var status: FeedStatus {
    let figures = queue.figures
    return FeedStatus(types: types, lanes: state.withLock { $0.lanes }.enumerated().map { LaneStatus($0, $1) }, figures)
  }
}
