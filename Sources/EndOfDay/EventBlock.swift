import Market
import Rings
import Synchronization

/// Memory for the events of one row group.
@safe
final class EventBlock {
  let memory: UnsafeMutableRawPointer
  var byteCount = 0

  /// 131,072 events of one record, half as many of two.
  static let capacity = 16 << 20

  init() { unsafe memory = .allocate(byteCount: Self.capacity, alignment: EventRecord.byteCount) }
  deinit { unsafe memory.deallocate() }
}

/// A block on its way to a thread that encodes it.
struct BlockJob: Sendable {
  let type: EventType
  /// Of the blocks of its type, counted from 0: the order of the row groups.
  let number: Int
  let block: Handover<EventBlock>
}

/// Blocks that wait for a thread, first in, first out. One thread fills it, several empty it.
final class BlockQueue: Sendable {
  private struct State {
    var jobs: [BlockJob] = []
    var isClosed = false
    var spare: [Handover<EventBlock>] = []
  }

  private let state = Mutex(State())
  private let limit: Int
  private let filler = Bell()
  private let takers: [Bell]

  private static let waitNanos: Int64 = 100_000_000
  /// Blocks that are kept for reuse: new memory costs a fault a page.
  private static let maximumSpare = 4

  init(takers count: Int) {
    takers = (0..<count).map { _ in Bell() }
    limit = count
  }

  /// Waits for room. A closed queue takes nothing: nobody would empty it.
  func put(_ job: BlockJob) {
    while state.withLock({ !$0.isClosed && $0.jobs.count >= limit }) {
      filler.wait(timeoutNanos: Self.waitNanos) { state.withLock { $0.isClosed || $0.jobs.count < limit } }
    }
    state.withLock { if !$0.isClosed { $0.jobs.append(job) } }
    for bell in takers { bell.ring() }
  }

  func close() {
    state.withLock { $0.isClosed = true }
    for bell in takers { bell.ring() }
  }

  /// The next job; nil once the queue is closed and empty.
  func take(_ taker: Int) -> BlockJob? {
    while true {
      let (job, isOver) = state.withLock { state -> (BlockJob?, Bool) in
        state.jobs.isEmpty ? (nil, state.isClosed) : (state.jobs.removeFirst(), false)
      }
      if let job {
        filler.ring()
        return job
      }
      if isOver { return nil }
      takers[taker].wait(timeoutNanos: Self.waitNanos) { state.withLock { !$0.jobs.isEmpty || $0.isClosed } }
    }
  }

  /// An empty block, used or new.
  func emptyBlock() -> EventBlock { state.withLock { $0.spare.popLast() }?.take() ?? EventBlock() }

  func giveBack(_ block: EventBlock) {
    block.byteCount = 0
    let spare = Handover(block)
    state.withLock { if $0.spare.count < Self.maximumSpare { $0.spare.append(spare) } }
  }
}
