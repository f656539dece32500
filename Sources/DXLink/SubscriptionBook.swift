import Bytes
package import Market

/// What is wanted of a feed channel against what the server was told, and the messages that make the two equal.
///
/// Every change of a wish queues its topic; a chunk takes queued topics in their order and compares. So a wish that was
/// added and removed again costs nothing, and each topic stands at most once in a message.
///
///     wishes ─► queue ─► chunk ─► told ─► confirmed or refused
///                 ▲ │ snapshots that find no room in the window
///                 │ ▼
///                gated
///
/// Invariant: the table holds exactly the topics that are wanted, told or queued; a topic stands in one of `queue` and
/// `gated` at most, and once; `counts` has each wanted topic once.
package struct SubscriptionBook: ~Copyable {
  /// Bytes of a symbol or a source. Even with every byte escaped an item fits into a message of 8 KiB.
  package static let textLimit = 512

  package let contract: Contract
  package let maximumTopics: Int
  /// Snapshots that may be under way; nil for no limit.
  package private(set) var window: SnapshotWindow?
  package private(set) var counts = TopicCounts()
  var table = TopicTable()
  var queue = TopicQueue()
  private var gated = TopicQueue()
  /// Refused topics in the order in which they are tried again, and some that are refused no longer.
  private var refused = TopicQueue()
  var needsReset = false
  private var wantedByType = [Int](repeating: 0, count: EventType.count)
  var chunk = SubscriptionChunk()

  package init(contract: Contract = .auto, maximumTopics: Int = 100_000, window: SnapshotWindow? = nil) {
    self.contract = contract
    self.maximumTopics = maximumTopics
    self.window = window
  }

  package var wantedCount: Int { counts.wanted }
  /// Topics to look at: an upper bound of the changes still to tell.
  package var pendingCount: Int { queue.count + gated.count }
  /// Those of them that wait for nothing but the pace.
  var sendableCount: Int { queue.count }
  /// Bytes of memory that the book has asked for.
  package var byteCount: Int { table.byteCount + queue.byteCount + gated.byteCount + refused.byteCount }

  /// Symbols with a wish, as far as one type tells.
  package var wantedSymbols: Int { wantedByType.max() ?? 0 }

  /// Types with at least one wish.
  package var wantedTypes: [EventType] {
    (0..<EventType.count).compactMap { wantedByType[$0] > 0 ? EventType(index: $0) : nil }
  }

  // MARK: Wishes

  /// Adds a wish, or gives a known one another start time. Candle symbols are taken in canonical form. One that was
  /// refused is asked for again at once.
  package mutating func add(_ subscription: Subscription) throws(SubscriptionRefusal) {
    try check(subscription)
    let (symbol, source) = identity(subscription)
    if table.count >= maximumTopics, table.find(subscription.type, symbol, source) == nil {
      throw .bookFull(limit: maximumTopics)
    }
    let number = table.insert(subscription.type, symbol, source).number
    let fromTime = contract.takesHistory ? subscription.fromTime : nil
    var times = table.times(number)
    if times.wanted != fromTime {
      times.wanted = fromTime
      table.set(times, number)
    }
    var marks = table.marks(number)
    if !marks.contains(.wanted) { wantedByType[subscription.type.index] += 1 }
    if marks.contains(.refused) { marks.remove([.refused, .told]) }
    marks.insert(.wanted)
    set(marks, number)
    if !marks.contains(.told) || times.told != fromTime { enqueue(number) }
  }

  /// Takes a wish back, whatever its start time; one that is not there is no error. True where the server was told of
  /// it, so that it gets room for another.
  @discardableResult
  package mutating func remove(_ subscription: Subscription) -> Bool {
    let (symbol, source) = identity(subscription)
    guard let number = table.find(subscription.type, symbol, source) else { return false }
    var marks = table.marks(number)
    guard marks.contains(.wanted) else { return false }
    marks.remove([.wanted, .refused, .confirmed])
    set(marks, number)
    wantedByType[subscription.type.index] -= 1
    closeSnapshot(number)
    enqueue(number)
    return marks.contains(.told)
  }

  /// A new channel or connection, which knows of nothing.
  package mutating func forgetTold() {
    needsReset = true
    queue.removeAll()
    gated.removeAll()
    refused.removeAll()
    window?.removeAll()
    for number in table.indices where table.marks(number).contains(.taken) {
      var times = table.times(number)
      if times.told != nil {
        times.told = nil
        table.set(times, number)
      }
      let marks = table.marks(number).subtracting([.told, .queued, .confirmed, .refused])
      set(marks, number)
      if marks.contains(.wanted) { enqueue(number) } else { table.remove(number) }
    }
  }

  private func identity(_ s: Subscription) -> (symbol: String, source: String?) {
    (s.type == .candle ? CandleSymbol.canonical(s.symbol) : s.symbol, contract.takesHistory ? s.source : nil)
  }

  private func check(_ s: Subscription) throws(SubscriptionRefusal) {
    if s.symbol.isEmpty { throw .emptySymbol }
    let bytes = max(s.symbol.utf8.count, s.source?.utf8.count ?? 0)
    if bytes > Self.textLimit { throw .tooLong(bytes: bytes, limit: Self.textLimit) }
    if s.symbol == Subscription.wildcard, !contract.takesWildcard { throw .wildcard(contract) }
    if s.source != nil, s.fromTime != nil { throw .sourceAndTime }
  }

  // MARK: States

  private static func state(_ marks: TopicTable.Marks) -> TopicState? {
    guard marks.contains(.wanted) else { return nil }
    if marks.contains(.refused) { return .refused }
    if !marks.contains(.told) { return .pending }
    return marks.contains(.confirmed) ? .live : .sent
  }

  /// The only way in which marks change, so that the counts stay true.
  private mutating func set(_ marks: TopicTable.Marks, _ number: Int) {
    if let before = Self.state(table.marks(number)) { counts[before] -= 1 }
    if let after = Self.state(marks) { counts[after] += 1 }
    table.set(marks, number)
  }

  private mutating func enqueue(_ number: Int) {
    let marks = table.marks(number)
    if marks.contains(.queued) { return }
    set(marks.union(.queued), number)
    queue.append(number)
  }

  /// Takes the first out of the queue; `isAdd` says what the server was told of it, if anything.
  mutating func settle(_ isAdd: Bool?) {
    guard let number = queue.popFirst() else { return }
    if let isAdd {
      var times = table.times(number)
      times.told = isAdd ? times.wanted : nil
      table.set(times, number)
    }
    var marks = table.marks(number)
    marks.remove(.queued)
    if isAdd != nil { marks.remove([.told, .confirmed, .refused]) }
    if isAdd == true { marks.insert(.told) }
    set(marks, number)
    if !marks.contains(.wanted), !marks.contains(.told) { table.remove(number) }
  }

  /// The server did not refuse a topic in time, or sent data of it.
  mutating func confirm(_ number: Int) {
    let marks = table.marks(number)
    if marks.isSuperset(of: [.wanted, .told]), !marks.contains(.refused) { set(marks.union(.confirmed), number) }
  }

  /// The server refused a topic. False where nobody wants it, or it was not told.
  mutating func refuse(_ number: Int) -> Bool {
    let marks = table.marks(number)
    guard marks.isSuperset(of: [.wanted, .told]), !marks.contains(.refused) else { return false }
    set(marks.union(.refused).subtracting(.confirmed), number)
    closeSnapshot(number)
    refused.append(number)
    return true
  }

  /// The server takes no more: what was not told yet waits behind what was refused. Gives how many these are.
  mutating func refusePending() -> Int {
    var moved: [Int] = []
    queue.removeAll { number in
      let marks = table.marks(number)
      guard marks.contains(.wanted), !marks.contains(.told) else { return false }
      moved.append(number)
      return true
    }
    for number in moved {
      set(table.marks(number).union(.refused).subtracting(.queued), number)
      refused.append(number)
    }
    return moved.count
  }

  /// Queues refused topics again, the oldest first. Gives how many.
  mutating func retryRefused(atMost most: Int) -> Int {
    var count = 0
    while count < most, let number = refused.popFirst() {
      let marks = table.marks(number)
      guard marks.isSuperset(of: [.wanted, .refused]) else { continue }
      set(marks.subtracting([.refused, .told]), number)
      enqueue(number)
      count += 1
    }
    return count
  }

  /// Topics that the server refuses, at most so many.
  package func refusedTopics(atMost most: Int) -> [Subscription] {
    var found: [Subscription] = []
    if counts.refused == 0 { return found }
    for number in table.indices where found.count < most {
      if Self.state(table.marks(number)) == .refused { found.append(subscription(number)) }
    }
    return found
  }

  func subscription(_ number: Int) -> Subscription {
    Subscription(
      table.type(number), table.symbol(number), source: table.source(number), fromTime: table.times(number).wanted)
  }

  // MARK: Snapshots

  /// Limits the snapshots under way from now on, where they had no limit yet.
  mutating func limitSnapshots(_ limit: Int) { if window == nil { window = SnapshotWindow(limit: limit) } }

  /// Whether to add a topic makes the server send a snapshot.
  private func opensSnapshot(_ number: Int) -> Bool {
    table.type(number) == .candle && table.times(number).wanted != nil
  }

  /// Whether the first of the queue may be told now; else it waits for room in the window.
  mutating func admitsSnapshot(_ number: Int, _ now: MonotonicNanos) -> Bool {
    guard let window, opensSnapshot(number) else { return true }
    if !window.hasRoom {
      if let number = queue.popFirst() { gated.append(number) }
      return false
    }
    self.window?.begin(number, now)
    return true
  }

  /// END or SNIP of a snapshot came: others get its room.
  mutating func snapshotEnded(_ type: EventType, _ symbol: String) {
    if let number = table.find(type, type == .candle ? CandleSymbol.canonical(symbol) : symbol, nil) {
      closeSnapshot(number)
    }
  }

  mutating func expireSnapshots(_ now: MonotonicNanos) { if window?.expire(now) == true { openGate() } }

  private mutating func closeSnapshot(_ number: Int) { if window?.end(number) == true { openGate() } }

  private mutating func openGate() {
    guard let window else { return }
    for _ in 0..<window.limit - window.count {
      guard let number = gated.popFirst() else { return }
      queue.append(number)
    }
  }
}
