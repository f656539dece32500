import Market
import Rings
import Synchronization

/// What waits between the lanes of a feed and the one consumer, with the policy of its buffer.
///
/// Lanes put whole batches and the consumer takes blocks, so the lock is taken once for many events. The consumer
/// sleeps in a continuation, which whoever brings news takes and resumes.
final class EventQueue: Sendable {
  /// A loss, at its place among the events.
  enum Loss: Sendable {
    case gap(Market.Gap)
    case dropped(Int)
  }

  /// What the consumer took beside the events of its block.
  struct Taken {
    /// Each stands before the event of the block at its offset.
    var losses: [(offset: Int, loss: Loss)] = []
    /// Whether nothing comes any more.
    var isOver = false
    var failure: QuotewireError?
    /// The texts of all lanes; nil where the consumer has them.
    var stores: [TextStore]?
  }

  /// Figures of the queue.
  struct Figures: Sendable {
    var waiting = 0
    var taken = 0
    var dropped = 0
    var conflated = 0
  }

  /// Events that the consumer takes at once.
  static let takenEvents = 256
  /// The same where the policy is about fresh events: what was taken grows old.
  static let takenFreshEvents = 32
  /// Losses that wait. Later gaps lengthen the last one.
  static let maximumLosses = 1024

  let buffer: EventBuffer
  let wanted: TypeSet
  private let state: Mutex<QueueState>

  init(_ buffer: EventBuffer, types: [Market.EventType]) {
    self.buffer = buffer
    wanted = TypeSet(types)
    let stride = (types.map(\.recordCount).max() ?? 1) * EventRecord.byteCount
    state = Mutex(QueueState(buffer, stride: stride, types: types))
  }

  /// A block that fits what the queue gives at once.
  func makeBlock() -> EventBlock {
    let isFresh = buffer.policy == .conflate || buffer.policy == .dropOldest
    let most = isFresh ? Self.takenFreshEvents : Self.takenEvents
    return EventBlock(capacity: min(most, buffer.size), stride: state.withLock { $0.slots.stride })
  }

  // MARK: Lanes

  /// Makes a lane known before it puts anything.
  /// - Returns: its number here, and the bell that rings when there is room for it.
  func addLane(_ texts: TextStore) -> (number: UInt16, bell: Bell) {
    let bell = Bell()
    return state.withLock { state in
      state.stores.append(texts)
      state.bells.append(bell)
      return (UInt16(state.stores.count - 1), bell)
    }
  }

  /// Puts the wanted events among whole records.
  /// - Returns: the bytes that were dealt with. Fewer than there are only where the lane has to wait for room.
  func put(_ records: UnsafeRawBufferPointer, from start: Int, lane: UInt16, filter: SymbolFilter?) -> Int {
    let wanted = wanted
    let (done, waiter) = state.withLock { state in
      let done = unsafe state.put(records, from: start, lane: lane, wanted: wanted, filter: filter)
      return (done, state.newsWaiter())
    }
    waiter?.resume()
    return done
  }

  func put(_ gap: Market.Gap) {
    let waiter = state.withLock { state in
      state.put(gap)
      return state.newsWaiter()
    }
    waiter?.resume()
  }

  /// Whether a lane that waits may go on.
  var hasRoom: Bool { state.withLock { $0.mayGoOn } }

  /// Nothing comes any more.
  func finish(_ failure: QuotewireError?) {
    let waiter = state.withLock { state in
      state.isFinished = true
      state.failure = failure
      return state.newsWaiter()
    }
    waiter?.resume()
  }

  // MARK: The consumer

  /// Moves the oldest events into the block.
  func take(into block: EventBlock, knownLanes: Int) -> Taken {
    let (taken, bells) = state.withLock { state in
      let taken = state.take(into: block, knownLanes: knownLanes)
      return (taken, state.bellsToRing())
    }
    for bell in bells { bell.ring() }
    return taken
  }

  /// The consumer has gone: what waits is let go, and lanes put into nothing.
  func close() {
    let (waiter, bells) = state.withLock { state in
      state.close()
      return (state.newsWaiter(), state.bells)
    }
    waiter?.resume()
    for bell in bells { bell.ring() }
  }

  /// Returns when there is something to take, or the task is cancelled.
  func waitForNews() async {
    await withTaskCancellationHandler {
      await unsafe withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
        // Resumed once: whoever takes it out of the state does so.
        let waiter = unsafe Waiter(continuation)
        let isThere = state.withLock { state in
          if state.isThereNews || state.wasInterrupted { return true }
          state.waiter = waiter
          return false
        }
        if isThere { waiter.resume() }
      }
    } onCancel: {
      let waiter = state.withLock { state in
        state.wasInterrupted = true
        return state.takeWaiter()
      }
      waiter?.resume()
    }
  }

  var figures: Figures { state.withLock { $0.figures } }
}
