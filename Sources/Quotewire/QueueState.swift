import Market
import Rings
import Synchronization

/// What the lock of an `EventQueue` guards.
struct QueueState: ~Copyable, Sendable {
  var slots: EventSlots
  private let policy: EventBuffer.Policy
  private let replaceable: TypeSet
  /// Under conflation: the number of the newest event, by lane, type and symbol. It may have been taken since.
  private var newest: [UInt64: Int] = [:]
  private var losses: [(number: Int, loss: EventQueue.Loss)] = []
  /// Dropped before the oldest event that waits.
  private var droppedInFront = 0
  private var taken = 0
  private var dropped = 0
  private var conflated = 0
  var stores: [TextStore] = []
  var bells: [Bell] = []
  var waiter: Waiter?
  private var isProducerWaiting = false
  private var isClosed = false
  /// A task that waited was cancelled.
  var wasInterrupted = false
  var isFinished = false
  var failure: QuotewireError?

  init(_ buffer: EventBuffer, stride: Int, types: [Market.EventType]) {
    slots = EventSlots(capacity: buffer.size, stride: stride)
    policy = buffer.policy
    replaceable = TypeSet(types.filter { !$0.isIndexed })
  }

  var isThereNews: Bool { slots.count > 0 || !losses.isEmpty || droppedInFront > 0 || isFinished || isClosed }

  /// A producer that found no room goes on when a quarter is free, so that it does not wake up for each event.
  var mayGoOn: Bool { isClosed || slots.room >= max(1, slots.capacity / 4) }

  var figures: EventQueue.Figures {
    EventQueue.Figures(waiting: slots.count, taken: taken, dropped: dropped, conflated: conflated)
  }

  mutating func takeWaiter() -> Waiter? { waiter.take() }

  /// The waiter, where there is something for it.
  mutating func newsWaiter() -> Waiter? { isThereNews ? waiter.take() : nil }

  mutating func bellsToRing() -> [Bell] {
    guard isProducerWaiting, mayGoOn else { return [] }
    isProducerWaiting = false
    return bells
  }

  mutating func put(
    _ records: UnsafeRawBufferPointer, from start: Int, lane: UInt16, wanted: TypeSet, filter: SymbolFilter?
  ) -> Int {
    guard !isClosed, let base = records.baseAddress else { return records.count }
    var at = start
    // Whole events, by the batch's invariant.
    while at < records.count {
      let event = unsafe base + at
      let typeByte = unsafe event.load(fromByteOffset: EventHead.typeOffset, as: UInt8.self)
      let byteCount = (1 &+ Int(typeByte &>> 6 & 1)) &* EventRecord.byteCount
      if wanted.contains(typeByte), unsafe filter?.takes(event.load(as: UInt32.self)) != false {
        if slots.room == 0, policy == .wait {
          isProducerWaiting = true
          return at
        }
        unsafe put(event, typeByte, byteCount, lane)
      }
      at &+= byteCount
    }
    return at
  }

  private mutating func put(_ event: UnsafeRawPointer, _ typeByte: UInt8, _ byteCount: Int, _ lane: UInt16) {
    if policy == .conflate, replaceable.contains(typeByte) {
      let symbol = unsafe event.load(as: UInt32.self)
      let key = UInt64(lane) << 40 | UInt64(typeByte) << 32 | UInt64(symbol)
      if let number = newest[key], number >= slots.first {
        unsafe slots.replace(number, with: event, byteCount: byteCount, lane: lane)
        conflated &+= 1
        return
      }
      if slots.room > 0 { newest[key] = slots.end }
    }
    if slots.room == 0 {
      dropped &+= 1
      guard policy == .dropOldest else { return noteDropped() }
      slots.dropFirst()
      passLosses()
      droppedInFront &+= 1
    }
    unsafe slots.append(event, byteCount: byteCount, lane: lane)
  }

  /// A dropped event behind all that wait.
  private mutating func noteDropped() {
    if let last = losses.last, last.number == slots.end, case .dropped(let count) = last.loss {
      losses[losses.count - 1].loss = .dropped(count + 1)
    } else {
      losses.append((slots.end, .dropped(1)))
    }
  }

  /// Drops that were noted behind the event that was just dropped go with it.
  private mutating func passLosses() {
    while let next = losses.first, next.number < slots.first, case .dropped(let count) = next.loss {
      losses.removeFirst()
      droppedInFront += count
    }
  }

  mutating func put(_ gap: Market.Gap) {
    if isClosed { return }
    if losses.count >= EventQueue.maximumLosses, let i = losses.lastIndex(where: { $0.loss.isGap }),
      case .gap(var last) = losses[i].loss
    {
      last.toNanos = gap.toNanos
      last.lostMessages += gap.lostMessages
      losses[i].loss = .gap(last)
      return
    }
    losses.append((slots.end, .gap(gap)))
  }

  mutating func take(into block: EventBlock, knownLanes: Int) -> EventQueue.Taken {
    var result = EventQueue.Taken()
    if droppedInFront > 0 {
      result.losses.append((0, .dropped(droppedInFront)))
      droppedInFront = 0
    }
    let start = slots.first
    slots.take(block.capacity, into: block)
    taken &+= block.count
    let passed = losses.prefix { $0.number <= slots.first }
    result.losses += passed.map { (max(0, $0.number - start), $0.loss) }
    losses.removeFirst(passed.count)
    if stores.count > knownLanes { result.stores = stores }
    if isClosed || (isFinished && slots.count == 0 && losses.isEmpty) {
      result.isOver = true
      result.failure = failure
    }
    return result
  }

  mutating func close() {
    isClosed = true
    slots.removeAll()
    newest = [:]
    losses = []
    droppedInFront = 0
  }
}

extension EventQueue.Loss {
  var isGap: Bool { if case .gap = self { true } else { false } }
}

/// A task that sleeps until it is resumed, once.
@safe
struct Waiter: Sendable {
  private let continuation: UnsafeContinuation<Void, Never>
  init(_ continuation: UnsafeContinuation<Void, Never>) { unsafe self.continuation = continuation }
  func resume() { unsafe continuation.resume() }
}
