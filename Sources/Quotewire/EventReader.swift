import Market

/// The consumer's side of a loop: starts the feed, takes blocks of events and lends them one by one. When it goes away,
/// the feed is stopped.
final class EventReader {
  /// What comes next.
  enum Step {
    case event
    case loss(EventQueue.Loss)
    /// Nothing that was taken is left.
    case empty
    case over
  }

  private enum State {
    case idle
    case running(Feed, EventBlock)
    case over
  }

  private let start: @Sendable () throws(QuotewireError) -> Feed
  private var state = State.idle
  private var texts: [LaneTexts] = []
  private var losses: [(offset: Int, loss: EventQueue.Loss)] = []
  private var nextLoss = 0
  /// Events of the block that were lent.
  private var position = 0
  private var isLast = false
  private var failure: QuotewireError?

  init(_ start: @escaping @Sendable () throws(QuotewireError) -> Feed) { self.start = start }

  deinit {
    if case .running(let feed, _) = state { feed.stop() }
  }

  /// The run, while there is one.
  var feed: Feed? { if case .running(let feed, _) = state { feed } else { nil } }

  /// Looks at what was taken, without waiting.
  func step() -> Step {
    guard case .running(_, let block) = state else {
      if case .over = state { return .over }
      return .empty
    }
    if Task.isCancelled { return .empty }
    if nextLoss < losses.count, losses[nextLoss].offset <= position {
      nextLoss += 1
      return .loss(losses[nextLoss - 1].loss)
    }
    if position < block.count {
      position += 1
      return .event
    }
    return .empty
  }

  /// Makes an event of the row that the last step found.
  func read<E: Event>(_: E.Type) -> E {
    guard case .running(_, let block) = state else { preconditionFailure("nothing was found") }
    // The block stays as it is until the next `refill`.
    return unsafe E(from: EventRow(block.event(position - 1), texts[block.lane(position - 1)]))
  }

  /// Waits until there is something to take; `step` tells what.
  func refill(isolation actor: isolated (any Actor)?) async throws(QuotewireError) {
    if case .idle = state {
      state = .over
      if Task.isCancelled { return }
      let feed = try start()
      state = .running(feed, feed.queue.makeBlock())
    }
    guard case .running(let feed, let block) = state else { return }
    while true {
      if Task.isCancelled {
        state = .over
        feed.stop()
        return await feed.waitForEnd()
      }
      if isLast {
        state = .over
        if let failure { throw failure }
        return
      }
      let taken = feed.queue.take(into: block, knownLanes: texts.count)
      if let stores = taken.stores { texts += stores.dropFirst(texts.count).map { LaneTexts($0) } }
      (position, nextLoss, losses) = (0, 0, taken.losses)
      (isLast, failure) = (taken.isOver, taken.failure)
      if block.count > 0 || !losses.isEmpty { return }
      if !isLast { await feed.queue.waitForNews() }
    }
  }
}
